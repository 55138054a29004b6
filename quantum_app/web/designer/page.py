"""`/flows/designer/[campaignId]`."""

import reflex as rx

from quantum_app.web.designer.state import Designing
from quantum_app.web.react.designer import designer as canvas
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure


def designer() -> rx.Component:
    """The campaign's flow, or why it is not there."""
    missing = empty(
        "There is no such campaign",
        "It may have been deleted, or the address is of another account.",
        rx.link("Show all campaigns", href="/campaigns", underline="none", class_name="qv-btn surface"),
        whole_page=True,
    )
    return page(
        rx.cond(
            Designing.missing,
            rx.el.div(missing, class_name="qv-card"),
            rx.cond(
                Designing.failure != "",
                failure(Designing.failure, Designing.load),
                rx.cond(
                    Designing.campaign != "",
                    canvas(
                        key=Designing.campaign,
                        campaign_id=Designing.campaign,
                        name=Designing.name,
                        can_write=Designing.can_write,
                    ),
                ),
            ),
        ),
        section="campaigns",
    )
