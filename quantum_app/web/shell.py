"""The frame around every dashboard page, and what shows when a page or event fails."""

import hashlib
from typing import Any, cast

import reflex as rx
from reflex_components_core.base.error_boundary import error_boundary
from reflex_components_core.core.banner import has_connection_errors

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.errors import QuantumError
from quantum_app.kit.log import logger
from quantum_app.web.active_calls import ActiveCallsState
from quantum_app.web.campaigns.state import CampaignsState
from quantum_app.web.deleted.state import DeletedState
from quantum_app.web.guard import RESTORE_PAGE, SECURITY_PAGE
from quantum_app.web.react.frame import frame
from quantum_app.web.session import Session
from quantum_app.web.ui.parts import empty, icon, link
from quantum_app.web.ui.toast import Toast, toast
from quantum_app.web.ui.undo import Undo

# What JavaScript and React call their errors.
_KINDS = ("ChunkLoadError", "TypeError", "ReferenceError", "RangeError", "SyntaxError", "SecurityError", "AbortError")

_log = logger(__name__)


def page(*content: rx.Component, section: str) -> rx.Component:
    """A page's content inside the app frame. section: The current entry of the navigation."""
    return frame(
        rx.cond(
            has_connection_errors,
            rx.el.div(
                icon("wifi-off"),
                rx.el.span("Can't reach the server. Reconnecting…"),
                class_name="ui-callout amber ui-failure",
                role="status",
            ),
        ),
        rx.cond(Session.deleted, _deleted(restores=section != "restore")),
        rx.cond(Session.access_denied, _no_access(), rx.fragment(*content)),
        rx.el.div(_undo(), toast(), class_name="ui-toasts"),
        account=Session.account,
        account_id=Session.account_id,
        person=Session.person,
        email=Session.email,
        role=Session.role,
        permissions=Session.permissions,
        places=Session.places,
        deleted=Session.deleted,
        disconnected=has_connection_errors,
        active_calls=ActiveCallsState.count,
        section=section,
    )


def _undo() -> rx.Component:
    """What was just deleted or archived, on every page."""

    def button(restore: Any) -> rx.Component:
        return rx.el.button("Undo", type="button", on_click=restore, class_name="ui-button surface")

    return rx.el.div(
        rx.cond(
            Undo.text != "",
            rx.el.div(
                rx.cond(Undo.kind == "archive", icon("archive"), icon("trash-2")),
                rx.el.span(Undo.text, class_name="ui-grow"),
                rx.match(
                    Undo.kind,
                    ("archive", button(CampaignsState.unarchive(Undo.item))),
                    ("campaign", button(DeletedState.undo_campaign)),
                    button(DeletedState.undo_call),
                ),
                rx.el.button("Close", type="button", on_click=Undo.close, class_name="ui-button soft"),
                class_name="ui-toast undo",
                key=rx.Var.create(Undo.count).to_string(),
            ),
        ),
        role="status",
    )


def _deleted(*, restores: bool) -> rx.Component:
    """The banner on every page of a deleted account. restores: Whether to say how to restore it."""
    restore_hint = rx.cond(
        rx.Var.create(Session.permissions).contains(Permission.OWNERSHIP.value),
        rx.fragment(" ", link("Restore it", href=RESTORE_PAGE)),
        rx.fragment(" Its owner can restore it."),
    )
    return rx.el.div(
        icon("triangle-alert"),
        rx.el.span("This account was deleted and doesn't take calls.", restore_hint if restores else None),
        class_name="ui-callout red ui-failure",
        role="status",
    )


def _no_access() -> rx.Component:
    """Shown instead of a page that the role has no access to."""
    reason = rx.cond(
        Session.deleted,
        "This page isn't available while the account is deleted.",
        f"It's for {Session.allowed_roles}, and your role is {Session.role}. An owner or admin can change your role.",
    )
    return rx.el.div(
        empty(
            "You don't have access to this page",
            reason,
            link("Go to Security", href=SECURITY_PAGE, class_name="ui-button solid"),
            whole_page=True,
        ),
        class_name="ui-card",
    )


def boundary(stateful: bool) -> rx.Component:
    """Shown when a page's script fails. Reflex sends the error to the server.

    Made of plain elements, because Reflex doesn't import our own components here.
    """
    sorry = rx.el.main(
        rx.el.title("This page stopped working"),
        rx.el.div(
            rx.el.img(src="/mark.svg", alt="", width="40px", height="40px"),
            rx.el.h1("This page stopped working"),
            rx.el.p("We've logged the error. Reloading the page may help."),
            rx.el.a("Reload", href="", class_name="ui-button solid", custom_attrs={"reloadDocument": True}),
            class_name="ui-empty",
        ),
        class_name="ui ui-centered",
    )
    return error_boundary(fallback_render=rx.Var.create(sorry))


def report(exception: Exception) -> None:
    """Log that a page failed in a browser.

    Anybody can send such a report, and a real one may quote what the page shows, so only the kind of error and a
    fingerprint are logged.
    """
    text = str(exception)
    kind = next((kind for kind in _KINDS if kind in text), "other")
    fingerprint = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
    _log.error(
        "page.failed",
        message="A page's script failed in a browser",
        kind=kind,
        fingerprint=fingerprint,
        letters=len(text),
    )


def explain(exception: Exception) -> rx.event.EventSpec:
    """Log why an event handler failed, and tell the user what to do."""
    text = "Something went wrong. Try again."
    if isinstance(exception, QuantumError):
        text = exception.message
    else:
        _log.error(
            "page.event_failed", message="An event handler failed", error=type(exception).__name__, exc_info=exception
        )
    return cast(rx.event.EventSpec, Toast.show(text))
