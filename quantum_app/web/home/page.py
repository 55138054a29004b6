"""`/`."""

import reflex as rx

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns.demo import PUBLIC_ID
from quantum_app.web.calls.components import place_test_call
from quantum_app.web.calls.view import CallRow
from quantum_app.web.home.state import HomeState
from quantum_app.web.home.view import Figure, Step
from quantum_app.web.react.clock import ago, day
from quantum_app.web.session import Session
from quantum_app.web.shell import page
from quantum_app.web.ui.parts import badge, empty, failure, icon, link, mark, skeleton


def home() -> rx.Component:
    """The way to the first published campaign, then an overview."""
    return page(
        rx.el.header(
            rx.el.div(
                rx.el.h1(rx.cond(HomeState.loaded & ~HomeState.published, "Get started", "Overview")),
                rx.cond(HomeState.published, rx.el.div(day(iso=HomeState.today), class_name="ui-sub")),
            ),
            rx.cond(HomeState.published, rx.el.div(place_test_call(HomeState.places), class_name="tools")),
            class_name="ui-head",
        ),
        rx.cond(HomeState.failure != "", failure(HomeState.failure, HomeState.load)),
        rx.cond(
            HomeState.loaded,
            rx.cond(HomeState.published, _overview(), _start()),
            rx.cond(HomeState.failure == "", skeleton(4)),
        ),
        section="home",
    )


def _start() -> rx.Component:
    can_write = Session.permissions.contains(Permission.CAMPAIGNS_WRITE.value)
    return rx.cond(
        can_write,
        rx.el.div(
            rx.el.ol(rx.foreach(HomeState.steps, _step), class_name="ui-card ui-list", aria_label="Get started"),
            rx.el.section(
                rx.el.div(
                    rx.el.h2("Hear one first"),
                    rx.el.p("Call our demo, Northquay Living, in your browser.", class_name="ui-muted"),
                    class_name="ui-column ui-grow",
                ),
                rx.el.a(
                    icon("phone"),
                    "Call the demo",
                    rx.el.span(" (opens in a new tab)", class_name="ui-screen-reader"),
                    href=f"/call/{PUBLIC_ID}",
                    target="_blank",
                    class_name="ui-button surface",
                ),
                class_name="ui-card home-step",
            ),
            class_name="ui-stack ui-narrow",
        ),
        rx.el.div(
            empty("Nothing is published yet", "Once a campaign is published, its calls show up here."),
            class_name="ui-card",
        ),
    )


def _step(step: rx.Var[Step], number: rx.Var[int]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.cond(step.done, icon("check"), (number + 1).to_string()),
            class_name=rx.cond(step.done, "home-number done", "home-number"),
            aria_hidden=True,
        ),
        rx.el.div(
            rx.el.h2(step.title, rx.cond(step.done, rx.el.span(" (done)", class_name="ui-screen-reader"))),
            rx.el.p(step.text, class_name="ui-muted"),
            class_name="ui-column ui-grow",
        ),
        rx.cond(
            step.href != "",
            link(
                step.action,
                href=step.href,
                class_name=rx.cond(step.done, "ui-button surface", "ui-button solid"),
            ),
        ),
        class_name="home-step",
    )


def _overview() -> rx.Component:
    return rx.el.div(
        rx.el.ul(rx.foreach(HomeState.figures, _figure), class_name="ui-card home-figures", aria_label="Figures"),
        rx.el.section(
            rx.el.header(rx.el.h2("Recent calls"), link("All calls", href="/calls", class_name="ui-aside")),
            rx.cond(
                HomeState.rows.length() > 0,
                rx.el.ul(rx.foreach(HomeState.rows, _call), class_name="ui-list", aria_label="Recent calls"),
                empty(
                    "No calls yet",
                    "Share the address of your call page, or place a test call.",
                    link("Go to campaigns", href="/campaigns", class_name="ui-button surface"),
                ),
            ),
            class_name="ui-card",
        ),
        class_name="ui-stack",
    )


def _figure(figure: rx.Var[Figure]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(rx.cond(figure.live, mark(16, "speaking")), figure.name, class_name="ui-row"),
            rx.el.b(figure.value, class_name="ui-number"),
            rx.el.span(figure.note, class_name="ui-note"),
            href=figure.href,
            class_name="home-figure",
        )
    )


def _call(row: rx.Var[CallRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            link(row.title, href=row.href, class_name="home-link"),
            rx.el.span(
                rx.cond(row.result.length() > 0, row.result.join(" · "), row.campaign),
                class_name="ui-note ui-clip",
            ),
            class_name="ui-column ui-grow",
        ),
        rx.el.span(
            rx.cond(row.live, mark(14, "speaking")),
            badge(row.status, row.tone),
            rx.cond(row.origin != "", badge(row.origin, "")),
            class_name="ui-row",
        ),
        rx.el.span(ago(at=row.start), class_name="ui-note home-when"),
        class_name="home-call",
    )
