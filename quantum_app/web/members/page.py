"""`/settings/members`."""

import reflex as rx

from quantum_app.web.members import components as parts
from quantum_app.web.members.state import MembersState
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import failure, icon, skeleton


def members() -> rx.Component:
    """Members and invitations of the account."""
    return page(
        rx.el.header(
            rx.el.h1("Members"),
            rx.el.div(
                rx.el.button(
                    icon("user-round-plus"),
                    "Invite",
                    type="button",
                    on_click=MembersState.ask_to_invite,
                    class_name="ui-button solid",
                ),
                class_name="tools",
            ),
            class_name="ui-head",
        ),
        rx.cond(MembersState.failure != "", failure(MembersState.failure, MembersState.load)),
        rx.cond(
            MembersState.loaded,
            rx.el.div(
                rx.el.div(
                    parts.member_list(),
                    rx.cond(
                        (MembersState.rows.length() == 1) & (MembersState.invitations.length() == 0),
                        rx.el.p(
                            "It's just you so far. Invite people to build campaigns and review calls.",
                            class_name="ui-muted",
                        ),
                    ),
                    parts.pending_invitations(),
                    class_name="ui-stack",
                ),
                parts.roles(),
                class_name="members-beside",
            ),
            rx.cond(MembersState.failure == "", skeleton(4)),
        ),
        parts.dialogs(),
        section="members",
    )
