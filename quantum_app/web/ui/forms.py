"""Forms whose values go to an event handler. A field keeps what was typed; its error stands below it.

Secrets do not go this way: see `frontend/src/components/Form.tsx`.
"""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from quantum_app.web.react.dialog import dialog


def text_of(form: Any, name: str) -> str:
    """A field of what a browser sent, whatever it sent."""
    value = form.get(name) if isinstance(form, dict) else None
    return value.encode(errors="ignore").decode().replace("\0", "").strip() if isinstance(value, str) else ""


def field(name: str, label: str, *, error: Any, hint: str = "", first: bool = False, **props: Any) -> rx.Component:
    """A field of one line. error: what is wrong with it, or nothing. first: has the focus in a dialog."""
    first_one = {"data-first": "true"} if first else {}
    control = rx.el.input(**_control(name, error), custom_attrs=first_one, **props)
    return _labelled(name, label, control, error, hint)


def choose(
    name: str, label: str, options: Mapping[str, str], *, error: Any, hint: str = "", **props: Any
) -> rx.Component:
    """One of many. options: value → what it is called."""
    listed = (rx.el.option(word, value=value) for value, word in options.items())
    return _labelled(name, label, rx.el.select(*listed, **_control(name, error), **props), error, hint)


def _control(name: str, error: Any) -> dict[str, Any]:
    return {"id": f"qv-{name}", "name": name, "aria_invalid": error != "", "aria_describedby": f"qv-{name}-more"}


def _labelled(name: str, label: str, control: rx.Component, error: Any, hint: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"qv-{name}"),
        rx.el.div(control, class_name=rx.cond(error != "", "qv-input bad", "qv-input")),
        rx.el.div(
            rx.cond(error != "", error, hint),
            id=f"qv-{name}-more",
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
