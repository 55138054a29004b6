"""What every page of the dashboard stands in."""

import hashlib
from typing import cast

import reflex as rx
from reflex_components_core.base.error_boundary import error_boundary
from reflex_components_core.core.banner import has_connection_errors

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.errors import QuantumError
from quantum_app.kit.log import logger
from quantum_app.web.guard import RESTORE_PAGE, SECURITY_PAGE
from quantum_app.web.react.frame import frame
from quantum_app.web.session import Session
from quantum_app.web.ui.parts import empty, icon
from quantum_app.web.ui.toast import Toast, toast

# What JavaScript and React call their errors.
_KINDS = ("ChunkLoadError", "TypeError", "ReferenceError", "RangeError", "SyntaxError", "SecurityError", "AbortError")

_log = logger(__name__)


def page(*content: rx.Component, section: str) -> rx.Component:
    """The app frame around a page's content. section: the navigation's current entry."""
    return frame(
        rx.cond(
            has_connection_errors,
            rx.el.div(
                icon("wifi-off"),
                rx.el.span("The server cannot be reached. This page goes on by itself when it is back."),
                class_name="qv-callout amber qv-failure",
                role="status",
            ),
        ),
        rx.cond(Session.deleted, _deleted(restores=section != "restore")),
        rx.cond(Session.refused, _refused(), rx.fragment(*content)),
        toast(),
        account=Session.account,
        account_id=Session.account_id,
        person=Session.person,
        email=Session.email,
        role=Session.role,
        permissions=Session.permissions,
        places=Session.places,
        deleted=Session.deleted,
        section=section,
    )


def _deleted(*, restores: bool) -> rx.Component:
    """What stands above every page of a deleted account. restores: whether to show the way to restore it."""
    way = rx.cond(
        rx.Var.create(Session.permissions).contains(Permission.OWNERSHIP.value),
        rx.fragment(" ", rx.link("Restore it", href=RESTORE_PAGE)),
        rx.fragment(" Its owner can restore it."),
    )
    return rx.el.div(
        icon("triangle-alert"),
        rx.el.span("This account is deleted: it takes no calls, and nobody works in it.", way if restores else None),
        class_name="qv-callout red qv-failure",
        role="status",
    )


def _refused() -> rx.Component:
    """In the place of a page that the role does not include."""
    reason = rx.cond(
        Session.deleted,
        "While the account is deleted, there is nothing to see here.",
        f"Your role in this account is {Session.role}. Ask an administrator when you need more.",
    )
    return rx.el.div(
        empty(
            "This page is not for your role",
            reason,
            rx.link("Go to Security", href=SECURITY_PAGE, underline="none", class_name="qv-btn solid"),
            whole_page=True,
        ),
        class_name="qv-card",
    )


def boundary(stateful: bool) -> rx.Component:
    """What stands in the place of a page whose script failed; Reflex sends the error to the server's log.

    It is made of plain elements: here Reflex would not import components of our own.
    """
    sorry = rx.el.main(
        rx.el.title("This page stopped working"),
        rx.el.div(
            rx.el.img(src="/qv/mark.svg", alt="", width="40px", height="40px"),
            rx.el.h1("This page stopped working"),
            rx.el.p("The error was written down on our side. Loading the page again may help."),
            rx.el.a("Load it again", href="", class_name="qv-btn solid", custom_attrs={"reloadDocument": True}),
            class_name="qv-empty",
        ),
        class_name="qv qv-login",
    )
    return error_boundary(fallback_render=rx.Var.create(sorry))


def report(exception: Exception) -> None:
    """A page failed in somebody's browser, which says why.

    Anybody can send such a report, and a real one may quote what the page shows: of its text, the log has the kind of
    error, and a fingerprint to tell reports apart.
    """
    text = str(exception)
    kind = next((kind for kind in _KINDS if kind in text), "other")
    fingerprint = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
    _log.error("page failed", kind=kind, fingerprint=fingerprint, letters=len(text))


def explain(exception: Exception) -> rx.event.EventSpec:
    """An event handler failed: log why, and tell the person what to do."""
    text = "That did not work. Please try again."
    if isinstance(exception, QuantumError):
        text = exception.message
    else:
        _log.error("event failed", error=type(exception).__name__, exc_info=exception)
    return cast(rx.event.EventSpec, Toast.show(text))
