"""`/calls` and `/calls/[call]`."""

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.web.calls import components as parts
from quantum_app.web.calls.state import Call, Calls
from quantum_app.web.react.clock import ago, lasting
from quantum_app.web.react.save_case import save_case
from quantum_app.web.session import Session
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure, icon, skeleton


def calls() -> rx.Component:
    """The live list of calls."""
    nothing = rx.cond(
        Calls.status == "",
        empty(
            "No calls yet",
            "Open the call page and speak with your assistant; the call appears here while you speak.",
            _test_call(),
        ),
        empty(
            "No calls with this status",
            "Choose another status to see other calls.",
            rx.link("Show all calls", href="/calls", underline="none", class_name="qv-btn surface"),
        ),
    )
    return page(
        rx.el.header(
            rx.el.h1("Calls"),
            rx.cond(Calls.rows.length() > 0, rx.el.div(_test_call(), class_name="tools")),
            class_name="qv-head",
        ),
        parts.filters(),
        rx.cond(Calls.undo != "", _undo()),
        rx.cond(Calls.failure != "", failure(Calls.failure, Calls.load)),
        rx.cond(
            Calls.loaded,
            rx.cond(
                Calls.rows.length() > 0,
                rx.fragment(parts.table(), parts.cards(), _pages()),
                rx.el.div(nothing, class_name="qv-card"),
            ),
            rx.cond(Calls.failure == "", skeleton(6)),
        ),
        section="calls",
    )


def _undo() -> rx.Component:
    return rx.el.div(
        icon("trash-2"),
        rx.el.span("The call is deleted. It can be brought back for 30 days.", class_name="qv-grow"),
        rx.el.button("Undo", type="button", on_click=Calls.restore, class_name="qv-btn surface"),
        class_name="qv-callout qv-said",
        role="status",
    )


def _test_call() -> rx.Component:
    return rx.cond(
        Calls.call_page != "",
        rx.el.a(icon("phone"), "Place a test call", href=Calls.call_page, target="_blank", class_name="qv-btn solid"),
    )


def _pages() -> rx.Component:
    def link(word: str, after: rx.Var[str]) -> rx.Component:
        href = "/calls?status=" + Calls.status.to(str) + "&after=" + after.to(str)
        return rx.link(word, href=href, underline="none", class_name="qv-btn surface")

    return rx.el.nav(
        rx.cond(Calls.after != "", link("Newest", rx.Var.create(""))),
        rx.cond(Calls.following != "", link("Older calls", Calls.following)),
        class_name="qv-pages",
        aria_label="Pages",
    )


def call() -> rx.Component:
    """One call, live while it lasts."""
    shown = rx.fragment(
        rx.el.div(
            parts.transcript(),
            rx.el.div(parts.waterfall(), parts.way(), parts.events(), class_name="qv-stack"),
            rx.el.div(parts.score(), parts.noted(), parts.costs(), _rating(), class_name="qv-stack"),
            class_name="qv-detail",
        ),
    )
    return page(
        rx.el.nav(
            rx.link("Calls", href="/calls", underline="none"),
            icon("chevron-right", 14),
            rx.el.span(rx.cond(Call.loaded, Call.summary.id, "Not found"), class_name="qv-clip"),
            class_name="qv-crumb",
            aria_label="Where you are",
        ),
        rx.cond(Call.loaded, _head()),
        rx.cond(Call.failure != "", failure(Call.failure, Call.load)),
        rx.cond(
            Call.missing,
            rx.el.div(
                empty(
                    "There is no such call",
                    "It may belong to another account, or the address has a typing mistake.",
                    rx.link("Show all calls", href="/calls", underline="none", class_name="qv-btn solid"),
                    whole_page=True,
                ),
                class_name="qv-card",
            ),
            rx.cond(Call.loaded, shown, rx.cond(Call.failure == "", skeleton(8))),
        ),
        section="calls",
    )


def _head() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.div(rx.el.h1(Call.summary.caller), parts.status(Call.summary), class_name="qv-row qv-title"),
            rx.el.div(
                rx.el.span(ago(at=Call.summary.started)),
                rx.el.span(lasting(since=Call.summary.since, seconds=Call.summary.seconds)),
                rx.cond(Call.summary.email != "", rx.el.span(Call.summary.email)),
                rx.foreach(Call.facts, rx.el.span),
                rx.cond(Call.summary.reason != "", rx.el.span(Call.summary.reason)),
                rx.cond(
                    Call.interruptions > 0,
                    rx.el.span(
                        rx.cond(Call.interruptions == 1, "Interrupted once", f"Interrupted {Call.interruptions} times")
                    ),
                ),
                class_name="qv-sub",
            ),
        ),
        rx.cond(
            ~Call.summary.live,
            save_case(
                rx.cond(
                    Session.permissions.contains(Permission.CALLS_DELETE.value),
                    rx.el.button(
                        icon("trash-2"), "Delete", type="button", on_click=Call.delete, class_name="qv-btn ghost"
                    ),
                ),
                key=Call.summary.id,
                call=Call.summary.id,
                campaign=Call.campaign,
                designer=Call.designer,
                offered=Session.permissions.contains(Permission.CAMPAIGNS_WRITE.value),
            ),
        ),
        class_name="qv-head",
    )


def _rating() -> rx.Component:
    return rx.cond(
        Call.summary.rating != "",
        rx.el.section(
            rx.el.header(rx.el.h2("Rating"), rx.el.span(Call.summary.rating, class_name="qv-aside")),
            rx.cond(Call.comment != "", rx.el.p(Call.comment, class_name="qv-pad")),
            class_name="qv-card",
        ),
    )
