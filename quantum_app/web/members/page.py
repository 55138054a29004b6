"""`/settings/members`."""

import reflex as rx

from quantum_app.web.members import components as parts
from quantum_app.web.members.state import Members
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import failure, icon, skeleton


def members() -> rx.Component:
    """Who belongs to the account. It is never empty: whoever looks is in it."""
    return page(
        rx.el.header(
            rx.el.h1("Members"),
            rx.el.div(
                rx.el.button(
                    icon("user-round-plus"),
                    "Invite",
                    type="button",
                    on_click=Members.ask_to_invite,
                    class_name="qv-btn solid",
                ),
                class_name="tools",
            ),
            class_name="qv-head",
        ),
        rx.cond(Members.failure != "", failure(Members.failure, Members.load)),
        rx.cond(
            Members.loaded,
            rx.el.div(
                rx.el.div(
                    parts.people(),
                    rx.cond(
                        (Members.rows.length() == 1) & (Members.invitations.length() == 0),
                        rx.el.p(
                            "You are alone here. Invite whoever builds campaigns, takes over calls or reads them.",
                            class_name="qv-mute",
                        ),
                    ),
                    parts.asked(),
                    class_name="qv-stack",
                ),
                parts.roles(),
                class_name="qv-beside",
            ),
            rx.cond(Members.failure == "", skeleton(4)),
        ),
        parts.dialogs(),
        section="members",
    )
