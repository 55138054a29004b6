"""Parts of the page of members."""

from typing import Any

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.web.members.state import Members
from quantum_app.web.members.view import CHOICES, InvitationRow, MemberRow
from quantum_app.web.react.clock import ago
from quantum_app.web.react.dialog import menu, menu_item
from quantum_app.web.session import Session
from quantum_app.web.ui.forms import actions, ask, field, problem
from quantum_app.web.ui.parts import badge, card, icon


def people() -> rx.Component:
    """The members, and what can be done about each."""

    def one(row: rx.Var[MemberRow]) -> rx.Component:
        return rx.el.li(
            rx.el.span(row.initials, class_name="qv-ava", aria_hidden=True),
            rx.el.div(
                rx.el.div(
                    rx.el.b(row.name, class_name="qv-clip"), rx.cond(row.own, badge("You", "")), class_name="qv-row"
                ),
                rx.el.span(row.email, class_name="qv-note qv-clip"),
                class_name="qv-col who",
            ),
            rx.el.div(badge(row.role_name, row.tone), class_name="role"),
            rx.el.span(
                rx.cond(
                    row.second_factor,
                    rx.fragment(icon("shield-check", 14), "Second factor"),
                    rx.fragment(icon("shield-off", 14), "No second factor"),
                ),
                class_name="qv-note qv-row factor",
            ),
            rx.el.span(
                rx.cond(row.seen != "", rx.fragment("Here ", ago(at=row.seen)), "Not logged in"),
                class_name="qv-note seen",
            ),
            rx.cond(
                row.owner | row.own,
                rx.el.span(class_name="more"),
                rx.el.span(_menu(row), class_name="more"),
            ),
            class_name="qv-member",
        )

    return card(
        "Members",
        rx.el.ul(rx.foreach(Members.rows, one), class_name="qv-list"),
        aside=Members.rows.length().to_string(),
    )


def _menu(row: rx.Var[MemberRow]) -> rx.Component:
    return menu(
        menu_item(icon("user-round-cog"), "Change role", on_click=Members.ask("role", row.id)),
        rx.cond(
            Session.permissions.contains(Permission.OWNERSHIP.value),
            menu_item(icon("key-round"), "Make owner", on_click=Members.ask("hand_over", row.id)),
        ),
        menu_item(
            icon("user-round-minus"), "Remove from the account", on_click=Members.ask("remove", row.id), tone="red"
        ),
        label="What to do about " + row.name.to(str),
    )


def asked() -> rx.Component:
    """Who was invited and has not answered."""

    def one(row: rx.Var[InvitationRow]) -> rx.Component:
        return rx.el.li(
            rx.el.span(icon("mail"), class_name="qv-ava gray", aria_hidden=True),
            rx.el.div(
                rx.el.b(row.email, class_name="qv-clip"),
                rx.el.span("Invited by ", row.by, ", ", ago(at=row.sent), class_name="qv-note qv-clip"),
                class_name="qv-col who",
            ),
            rx.el.div(badge(row.role_name, ""), rx.cond(row.over, badge("Too old", "amber")), class_name="role qv-row"),
            rx.el.div(
                rx.el.button(
                    "Send again",
                    rx.el.span(" to ", row.email, class_name="qv-sr"),
                    type="button",
                    on_click=Members.invite_again(row.id),
                    class_name="qv-btn surface",
                ),
                rx.el.button(
                    "Take back",
                    rx.el.span(" the invitation of ", row.email, class_name="qv-sr"),
                    type="button",
                    on_click=Members.ask_to_revoke(row.id),
                    class_name="qv-btn ghost",
                ),
                class_name="qv-row acts",
            ),
            class_name="qv-member invited",
        )

    return rx.cond(
        Members.invitations.length() > 0,
        card("Invited", rx.el.ul(rx.foreach(Members.invitations, one), class_name="qv-list")),
    )


def roles() -> rx.Component:
    """What each role may do."""
    lines = [rx.el.div(rx.el.dt(choice.name), rx.el.dd(choice.text)) for choice in CHOICES]
    return card("What the roles may do", rx.el.dl(*lines, class_name="qv-roles"))


def dialogs() -> rx.Component:
    """The questions that are asked before something is done."""
    name, email = Members.chosen.name, Members.invited.email
    return rx.fragment(
        _form(
            "invite",
            "Invite somebody",
            field(
                "email",
                "E-mail",
                error=_error("email"),
                hint="The invitation is good for a week.",
                type="email",
                auto_complete="off",
                first=True,
            ),
            _choices("viewer"),
            submit=Members.invite,
            word="Send the invitation",
        ),
        _form(
            "role",
            "Which role is " + name.to(str) + " to have?",
            _hidden(Members.chosen.id),
            _choices(Members.chosen.role),
            submit=Members.change_role,
            word="Change the role",
        ),
        _form(
            "remove",
            "Remove " + name.to(str) + "?",
            _hidden(Members.chosen.id),
            rx.el.p(
                rx.el.b(Members.chosen.email),
                " is logged out of this account at once and cannot enter it any more. What they did stays, and a mail "
                "tells them. You can invite them again.",
            ),
            submit=Members.remove,
            word="Remove",
            tone="danger",
        ),
        _form(
            "hand_over",
            "Make " + name.to(str) + " the owner?",
            _hidden(Members.chosen.id),
            rx.el.p(
                "An account has one owner. You become an admin: you keep your work, but you cannot delete the account "
                "or take it back. A mail tells ",
                rx.el.b(Members.chosen.email),
                ".",
            ),
            submit=Members.hand_over,
            word="Hand the account over",
            tone="danger",
        ),
        _form(
            "revoke",
            "Take the invitation back?",
            _hidden(Members.invited.id),
            rx.el.p("The link that ", rx.el.b(email), " got counts no more."),
            submit=Members.revoke,
            word="Take it back",
            tone="danger",
        ),
    )


def _error(name: str) -> rx.Var[str]:
    return Members.errors.get(name, "").to(str)


def _hidden(value: rx.Var[str]) -> rx.Component:
    return rx.el.input(type="hidden", name="id", value=value, read_only=True)


def _form(key: str, title: Any, *content: rx.Component, submit: Any, word: str, tone: str = "solid") -> rx.Component:
    return ask(
        rx.el.form(
            problem(_error("form")),
            *content,
            actions(word, Members.dismiss, tone=tone),
            on_submit=submit,
            no_validate=True,
            class_name="qv-fields",
        ),
        open=Members.dialog == key,
        title=title,
        dismiss=Members.dismiss,
    )


def _choices(present: Any) -> rx.Component:
    """The roles that can be given, each with what it may do."""
    return rx.el.fieldset(
        rx.el.legend("Role"),
        *(
            rx.el.label(
                rx.el.input(type="radio", name="role", value=choice.value, default_checked=present == choice.value),
                rx.el.span(rx.el.b(choice.name), rx.el.span(choice.text, class_name="qv-note"), class_name="qv-col"),
                class_name="qv-choice",
            )
            for choice in CHOICES
        ),
        rx.cond(_error("role") != "", rx.el.div(_error("role"), class_name="qv-error", role="alert")),
        class_name="qv-choices",
    )
