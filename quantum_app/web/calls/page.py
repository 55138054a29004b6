"""`/calls` and `/calls/[call]`."""

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.web.calls import components as parts
from quantum_app.web.calls.state import PATH, CallsState, CallState
from quantum_app.web.react.clock import ago, lasting
from quantum_app.web.react.save_case import save_case
from quantum_app.web.session import Session
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import empty, failure, icon, link, skeleton
from quantum_app.web.ui.search import pages


def calls() -> rx.Component:
    """The live list of calls."""
    nothing = rx.cond(
        CallsState.filtered,
        empty(
            "No calls found",
            "Try a shorter search, a longer period, or another status.",
            link("Show all calls", href=PATH, class_name="ui-button surface"),
        ),
        empty(
            "No calls yet",
            rx.cond(
                CallsState.places.length() > 0,
                "Place a test call and talk to your assistant. Calls appear here as you speak.",
                "Publish a campaign, and its call page takes calls.",
            ),
            rx.cond(
                CallsState.places.length() > 0,
                parts.place_test_call(CallsState.places),
                link("Go to campaigns", href="/campaigns", class_name="ui-button solid"),
            ),
        ),
    )
    return page(
        rx.el.header(
            rx.el.h1("Calls"),
            rx.cond(
                (CallsState.rows.length() > 0) | CallsState.filtered,
                rx.el.div(parts.place_test_call(CallsState.places), class_name="tools"),
            ),
            class_name="ui-head",
        ),
        rx.cond(CallsState.loaded, parts.filters()),
        rx.cond(CallsState.failure != "", failure(CallsState.failure, CallsState.load)),
        rx.cond(
            CallsState.loaded,
            rx.cond(
                CallsState.rows.length() > 0,
                rx.fragment(parts.table(), parts.cards(), pages(CallsState.newest, CallsState.older, "Older calls")),
                rx.el.div(nothing, class_name="ui-card"),
            ),
            rx.cond(CallsState.failure == "", skeleton(6)),
        ),
        section="calls",
    )


def call() -> rx.Component:
    """One call, live while it lasts."""
    content = rx.el.div(
        parts.result(),
        rx.el.div(
            parts.transcript(),
            rx.el.div(parts.waterfall(), parts.path(), parts.events(), class_name="ui-stack"),
            rx.el.div(parts.score(), parts.costs(), _rating(), class_name="ui-stack"),
            class_name="calls-detail",
        ),
        class_name="ui-stack",
    )
    return page(
        rx.el.nav(
            link("Calls", href="/calls"),
            icon("chevron-right", 14),
            rx.el.span(
                rx.cond(CallState.loaded, CallState.summary.id, rx.cond(CallState.erased, "Erased", "Not found")),
                class_name="ui-clip",
            ),
            class_name="ui-crumb",
            aria_label="Breadcrumb",
        ),
        rx.cond(CallState.loaded, _head()),
        rx.cond(CallState.failure != "", failure(CallState.failure, CallState.load)),
        rx.cond(
            CallState.missing,
            rx.el.div(
                rx.cond(
                    CallState.erased,
                    _not_found("This call was erased", "Who called and what was said were removed for good."),
                    _not_found("Call not found", "It may be deleted, or belong to another account. Check the address."),
                ),
                class_name="ui-card",
            ),
            rx.cond(CallState.loaded, content, rx.cond(CallState.failure == "", skeleton(8))),
        ),
        section="calls",
    )


def _not_found(title: str, text: str) -> rx.Component:
    return empty(title, text, link("Show all calls", href="/calls", class_name="ui-button solid"), whole_page=True)


def _head() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            rx.el.div(
                rx.el.h1(CallState.summary.caller), parts.status(CallState.summary), class_name="ui-row calls-title"
            ),
            rx.el.div(
                rx.el.span(ago(at=CallState.summary.start)),
                rx.el.span(lasting(since=CallState.summary.since, seconds=CallState.summary.seconds)),
                rx.cond(CallState.summary.email != "", rx.el.span(CallState.summary.email)),
                rx.foreach(CallState.facts, rx.el.span),
                rx.cond(CallState.summary.reason != "", rx.el.span(CallState.summary.reason)),
                rx.cond(
                    CallState.interruptions > 0,
                    rx.el.span(
                        rx.cond(
                            CallState.interruptions == 1,
                            "Interrupted once",
                            f"Interrupted {CallState.interruptions} times",
                        )
                    ),
                ),
                class_name="ui-sub",
            ),
        ),
        rx.cond(
            ~CallState.summary.live,
            save_case(
                rx.cond(
                    Session.permissions.contains(Permission.CALLS_DELETE.value),
                    rx.el.button(
                        icon("trash-2"),
                        "Delete",
                        type="button",
                        on_click=CallState.delete,
                        class_name="ui-button ghost",
                    ),
                ),
                key=CallState.summary.id,
                call=CallState.summary.id,
                campaign=CallState.campaign,
                designer=CallState.designer,
                offered=Session.permissions.contains(Permission.CAMPAIGNS_WRITE.value),
            ),
        ),
        class_name="ui-head",
    )


def _rating() -> rx.Component:
    return rx.cond(
        CallState.summary.rating != "",
        rx.el.section(
            rx.el.header(rx.el.h2("Rating"), rx.el.span(CallState.summary.rating, class_name="ui-aside")),
            rx.cond(CallState.comment != "", rx.el.p(CallState.comment, class_name="ui-pad")),
            class_name="ui-card",
        ),
    )
