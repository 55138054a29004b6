"""Forms whose values go to an event handler. A field keeps what was typed; its error stands below it.

Secrets do not go this way: see `web/react/forms`.
"""

from typing import Any

import reflex as rx

from quantum_app.web.react.dialog import dialog


def text_of(form: Any, name: str) -> str:
    """A field of what a browser sent, whatever it sent."""
    value = form.get(name) if isinstance(form, dict) else None
    return value.encode(errors="ignore").decode().replace("\0", "").strip() if isinstance(value, str) else ""


def field(name: str, label: str, *, error: Any, hint: str = "", first: bool = False, **props: Any) -> rx.Component:
    """A field of one line. error: what is wrong with it, or nothing. first: has the focus in a dialog."""
    more = f"qv-{name}-more"
    given = props.pop("custom_attrs", {}) | ({"data-first": "true"} if first else {})
    return rx.el.div(
        rx.el.label(label, html_for=f"qv-{name}"),
        rx.el.div(
            rx.el.input(
                id=f"qv-{name}",
                name=name,
                aria_invalid=error != "",
                aria_describedby=more,
                custom_attrs=given,
                **props,
            ),
            class_name=rx.cond(error != "", "qv-input bad", "qv-input"),
        ),
        rx.el.div(
            rx.cond(error != "", error, hint),
            id=more,
            class_name=rx.cond(error != "", "qv-error", "qv-note"),
            role=rx.cond(error != "", "alert", "note"),
        ),
        class_name="qv-field",
    )


def tick(name: str, label: str, hint: Any = "", **props: Any) -> rx.Component:
    """Yes or no."""
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, **props),
        rx.el.span(rx.el.b(label), rx.el.span(hint, class_name="qv-mute"), class_name="qv-col"),
        class_name="qv-agree",
    )


def problem(text: Any) -> rx.Component:
    """What is wrong with the whole form."""
    return rx.cond(
        text != "",
        rx.el.div(rx.icon("circle-alert", size=16), rx.el.span(text), class_name="qv-callout red", role="alert"),
    )


def ask(*content: rx.Component, open: Any, title: Any, dismiss: Any) -> rx.Component:
    """A dialog over the page."""
    return dialog(*content, open=open, title=title, on_dismiss=dismiss)


def actions(word: Any, dismiss: Any, *, tone: str = "solid") -> rx.Component:
    """The buttons at the foot of a dialog's form: what it does, and not to."""
    return rx.el.div(
        rx.el.button("Cancel", type="button", on_click=dismiss, class_name="qv-btn ghost mid"),
        rx.el.button(word, type="submit", class_name=f"qv-btn mid {tone}"),
        class_name="qv-actions end",
    )
