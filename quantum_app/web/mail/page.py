"""`/settings/mail`."""

import reflex as rx

from quantum_app.web.mail.state import PATH, MailRow, SentMailState
from quantum_app.web.react.clock import ago
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import badge, empty, failure, icon, link, skeleton


def mail() -> rx.Component:
    """Emails the account has sent, newest first."""
    return page(
        rx.el.header(rx.el.h1("Sent mail"), class_name="ui-head"),
        rx.cond(SentMailState.failure != "", failure(SentMailState.failure, SentMailState.load)),
        rx.cond(
            SentMailState.loaded,
            rx.cond(
                SentMailState.rows.length() > 0,
                rx.fragment(
                    rx.el.ul(rx.foreach(SentMailState.rows, _row_item), class_name="ui-card ui-list"),
                    _pages(),
                ),
                rx.el.div(
                    empty(
                        "No emails yet",
                        "Invitations and other emails this account sends appear here with their delivery status.",
                        link("Invite someone", href="/settings/members", class_name="ui-button solid"),
                    ),
                    class_name="ui-card",
                ),
            ),
            rx.cond(SentMailState.failure == "", skeleton(6)),
        ),
        section="mail",
    )


def _row_item(row: rx.Var[MailRow]) -> rx.Component:
    return rx.el.li(
        rx.el.span(icon("mail"), class_name="ui-avatar gray", aria_hidden=True),
        rx.el.div(
            rx.el.b(row.about, class_name="ui-clip"),
            rx.el.span("To ", row.recipient, ", ", ago(at=row.written_at), class_name="ui-note ui-clip"),
            rx.cond(row.error != "", rx.el.span(row.error, class_name="ui-error")),
            class_name="ui-column ui-grow",
        ),
        rx.cond(row.attempts != "", rx.el.span(row.attempts, class_name="ui-note ui-number")),
        badge(row.status, row.tone),
        class_name="ui-export",
    )


def _pages() -> rx.Component:
    older = link("Older emails", href=SentMailState.older, class_name="ui-button surface")
    return rx.el.nav(
        rx.cond(SentMailState.after != "", link("Newest", href=PATH, class_name="ui-button surface")),
        rx.cond(SentMailState.older != "", older),
        class_name="ui-pages",
        aria_label="Pages",
    )
