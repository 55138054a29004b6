"""Components of the members page."""

from typing import Any

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.web.members.state import MembersState
from quantum_app.web.members.view import CHOICES, InvitationRow, MemberRow
from quantum_app.web.react.clock import ago
from quantum_app.web.react.dialog import menu, menu_item
from quantum_app.web.session import Session
from quantum_app.web.ui.forms import actions, field, form_dialog, form_error
from quantum_app.web.ui.parts import badge, card, icon


def member_list() -> rx.Component:
    """The members with their actions."""

    def row_item(row: rx.Var[MemberRow]) -> rx.Component:
        return rx.el.li(
            rx.el.span(row.initials, class_name="ui-avatar", aria_hidden=True),
            rx.el.div(
                rx.el.div(
                    rx.el.b(row.name, class_name="ui-clip"), rx.cond(row.is_self, badge("You", "")), class_name="ui-row"
                ),
                rx.el.span(row.email, class_name="ui-note ui-clip"),
                class_name="ui-column who",
            ),
            rx.el.div(badge(row.role_name, row.tone), class_name="role"),
            rx.el.span(
                rx.cond(
                    row.second_factor,
                    rx.fragment(icon("shield-check", 14), "2FA on"),
                    rx.fragment(icon("shield-off", 14), "No 2FA"),
                ),
                class_name="ui-note ui-row factor",
            ),
            rx.el.span(
                rx.cond(row.last_seen != "", rx.fragment("Active ", ago(at=row.last_seen)), "Not logged in"),
                class_name="ui-note seen",
            ),
            rx.cond(
                row.owner | row.is_self,
                rx.el.span(class_name="more"),
                rx.el.span(_menu(row), class_name="more"),
            ),
            class_name="members-item",
        )

    return card(
        "Members",
        rx.el.ul(rx.foreach(MembersState.rows, row_item), class_name="ui-list"),
        aside=MembersState.rows.length().to_string(),
    )


def _menu(row: rx.Var[MemberRow]) -> rx.Component:
    return menu(
        menu_item(icon("user-round-cog"), "Change role", on_click=MembersState.ask("role", row.id)),
        rx.cond(
            Session.permissions.contains(Permission.OWNERSHIP.value),
            menu_item(icon("key-round"), "Make owner", on_click=MembersState.ask("hand_over", row.id)),
        ),
        menu_item(
            icon("user-round-minus"), "Remove from account", on_click=MembersState.ask("remove", row.id), tone="red"
        ),
        label="Actions for " + row.name.to(str),
    )


def pending_invitations() -> rx.Component:
    """Invitations that nobody has accepted yet."""

    def row_item(row: rx.Var[InvitationRow]) -> rx.Component:
        return rx.el.li(
            rx.el.span(icon("mail"), class_name="ui-avatar gray", aria_hidden=True),
            rx.el.div(
                rx.el.b(row.email, class_name="ui-clip"),
                rx.el.span("Invited by ", row.by, ", ", ago(at=row.sent_at), class_name="ui-note ui-clip"),
                class_name="ui-column who",
            ),
            rx.el.div(
                badge(row.role_name, ""), rx.cond(row.expired, badge("Expired", "amber")), class_name="role ui-row"
            ),
            rx.el.div(
                rx.el.button(
                    "Resend",
                    rx.el.span(" to ", row.email, class_name="ui-screen-reader"),
                    type="button",
                    on_click=MembersState.invite_again(row.id),
                    class_name="ui-button surface",
                ),
                rx.el.button(
                    "Revoke",
                    rx.el.span(" the invitation for ", row.email, class_name="ui-screen-reader"),
                    type="button",
                    on_click=MembersState.ask_to_revoke(row.id),
                    class_name="ui-button ghost",
                ),
                class_name="ui-row acts",
            ),
            class_name="members-item invited",
        )

    return rx.cond(
        MembersState.invitations.length() > 0,
        card("Pending invitations", rx.el.ul(rx.foreach(MembersState.invitations, row_item), class_name="ui-list")),
    )


def roles() -> rx.Component:
    """The roles and what each allows."""
    lines = [rx.el.div(rx.el.dt(choice.name), rx.el.dd(choice.text)) for choice in CHOICES]
    return card("Roles", rx.el.dl(*lines, class_name="members-roles"))


def dialogs() -> rx.Component:
    """The page's dialogs."""
    name, email = MembersState.selection.name, MembersState.invited.email
    return rx.fragment(
        _form(
            "invite",
            "Invite someone",
            field(
                "email",
                "Email",
                error=_error("email"),
                hint="The invitation expires in a week.",
                type="email",
                auto_complete="off",
                first=True,
            ),
            _choices("viewer"),
            submit=MembersState.invite,
            word="Send invitation",
        ),
        _form(
            "role",
            "Change " + name.to(str) + "’s role",
            _hidden(MembersState.selection.id),
            _choices(MembersState.selection.role),
            submit=MembersState.change_role,
            word="Change role",
        ),
        _form(
            "remove",
            "Remove " + name.to(str) + "?",
            _hidden(MembersState.selection.id),
            rx.el.p(
                rx.el.b(MembersState.selection.email),
                " will be logged out of this account and lose access. Their work stays, and we'll email them. You can "
                "invite them again.",
            ),
            submit=MembersState.remove,
            word="Remove",
            tone="danger",
        ),
        _form(
            "hand_over",
            "Make " + name.to(str) + " the owner?",
            _hidden(MembersState.selection.id),
            rx.el.p(
                "An account has one owner. You'll become an admin, and you can't delete the account or take ownership "
                "back. We'll email ",
                rx.el.b(MembersState.selection.email),
                ".",
            ),
            submit=MembersState.hand_over,
            word="Transfer ownership",
            tone="danger",
        ),
        _form(
            "revoke",
            "Revoke invitation?",
            _hidden(MembersState.invited.id),
            rx.el.p("The link we sent to ", rx.el.b(email), " will stop working."),
            submit=MembersState.revoke,
            word="Revoke",
            tone="danger",
        ),
    )


def _error(name: str) -> rx.Var[str]:
    return MembersState.errors.get(name, "").to(str)


def _hidden(value: rx.Var[str]) -> rx.Component:
    return rx.el.input(type="hidden", name="id", value=value, read_only=True)


def _form(key: str, title: Any, *content: rx.Component, submit: Any, word: str, tone: str = "solid") -> rx.Component:
    return form_dialog(
        rx.el.form(
            form_error(_error("form")),
            *content,
            actions(word, MembersState.dismiss, tone=tone),
            on_submit=submit,
            no_validate=True,
            class_name="ui-fields",
        ),
        open=MembersState.dialog == key,
        title=title,
        dismiss=MembersState.dismiss,
    )


def _choices(present: Any) -> rx.Component:
    """The roles that can be granted."""
    return rx.el.fieldset(
        rx.el.legend("Role"),
        *(
            rx.el.label(
                rx.el.input(type="radio", name="role", value=choice.value, default_checked=present == choice.value),
                rx.el.span(rx.el.b(choice.name), rx.el.span(choice.text, class_name="ui-note"), class_name="ui-column"),
                class_name="ui-choice",
            )
            for choice in CHOICES
        ),
        rx.cond(_error("role") != "", rx.el.div(_error("role"), class_name="ui-error", role="alert")),
        class_name="ui-choices",
    )
