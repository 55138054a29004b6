"""`/flows/designer/[campaignId]`."""

import reflex as rx

from quantum_app.web.designer.state import DesignerState
from quantum_app.web.react.designer import designer as canvas
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure, link


def designer() -> rx.Component:
    """The flow designer of a campaign."""
    missing = empty(
        "Campaign not found",
        "It may have been deleted, or it belongs to another account.",
        link("View all campaigns", href="/campaigns", class_name="ui-button surface"),
        whole_page=True,
    )
    return page(
        rx.cond(
            DesignerState.missing,
            rx.el.div(missing, class_name="ui-card"),
            rx.cond(
                DesignerState.failure != "",
                failure(DesignerState.failure, DesignerState.load),
                rx.cond(
                    DesignerState.campaign != "",
                    canvas(
                        key=DesignerState.campaign,
                        campaign_id=DesignerState.campaign,
                        name=DesignerState.name,
                        can_write=DesignerState.can_write,
                    ),
                ),
            ),
        ),
        section="campaigns",
    )
