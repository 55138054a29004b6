"""Shared components. Their styles are in assets/styles/parts.css."""

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from quantum_app.web.react.frame import mark as mark


def icon(name: str, size: int = 16) -> rx.Component:
    """A decorative Lucide icon. Its meaning must be in the text next to it."""
    return rx.icon(name, size=size, aria_hidden=True)


def link(*content: Any, href: Any, **props: Any) -> rx.Component:
    """A link to a page of the app, opened without loading the app again.

    `rx.link` looks the same, but brings the style sheet of Radix Themes, 90 kB, to every page.
    """
    return ReactRouterLink.create(*content, to=href, **props)


def badge(word: Any, tone: Any) -> rx.Component:
    """A status: a word and a color. tone: green, amber, red, iris or empty."""
    return rx.el.span(word, class_name=f"ui-badge {tone}")


def card(title: str, *content: rx.Component, aside: Any = None) -> rx.Component:
    header: list[rx.Component] = [rx.el.h2(title)]
    if aside is not None:
        header.append(rx.el.span(aside, class_name="ui-aside"))
    return rx.el.section(rx.el.header(*header), *content, class_name="ui-card")


def empty(title: str, text: Any, *action: rx.Component, whole_page: bool = False) -> rx.Component:
    """An empty state: what to do next, with a button."""
    heading = rx.el.h1(title) if whole_page else rx.el.h2(title)
    return rx.el.div(mark(40), heading, rx.el.p(text), *action, class_name="ui-empty")


def failure(text: Any, retry: Any) -> rx.Component:
    """An error with a button to try again."""
    return rx.el.div(
        icon("circle-alert"),
        rx.el.div(
            rx.el.p(text), rx.el.button("Try again", on_click=retry, type="button", class_name="ui-button surface")
        ),
        class_name="ui-callout red ui-failure",
        role="alert",
    )


def skeleton(rows: int) -> rx.Component:
    """A loading placeholder."""
    line = rx.el.div(
        rx.el.div(class_name="ui-skeleton", width="28%"),
        rx.el.div(class_name="ui-skeleton", width="16%"),
        rx.el.div(class_name="ui-skeleton", width="12%"),
        class_name="ui-skeleton-row",
    )
    return rx.el.div(
        *[line] * rows,
        rx.el.span("Loading", class_name="ui-screen-reader", role="status"),
        class_name="ui-card",
        aria_busy=True,
    )
