"""Form components that submit to an event handler. Errors show below their field.

Secrets never go through an event handler: see `frontend/src/components/Form.tsx`.
"""

from typing import Any

import reflex as rx

from quantum_app.web.react.dialog import dialog


def text_of(form: Any, name: str) -> str:
    """A text field of a submitted form, stripped. Empty if the browser sent anything else."""
    value = form.get(name) if isinstance(form, dict) else None
    return value.encode(errors="ignore").decode().replace("\0", "").strip() if isinstance(value, str) else ""


def field(name: Any, label: Any, *, error: Any, hint: str = "", first: bool = False, **props: Any) -> rx.Component:
    """A text input.

    error: Message, or empty.
    first: Whether it gets the focus in a dialog.
    """
    first_one = {"data-first": "true"} if first else {}
    control = rx.el.input(**_control(name, error), custom_attrs=first_one, **props)
    return _labeled(name, label, control, error, hint)


def text_area(name: Any, label: Any, *, error: Any, hint: str = "", first: bool = False, **props: Any) -> rx.Component:
    """A text input of several lines. The parameters are those of `field`."""
    first_one = {"data-first": "true"} if first else {}
    control = rx.el.textarea(**_control(name, error), custom_attrs=first_one, **props)
    return _labeled(name, label, control, error, hint, style="ui-input area")


def switch(label: Any, *, checked: Any, on_change: Any) -> rx.Component:
    """Turns something on or off at once. label: For whoever doesn't see."""
    return rx.el.input(
        type="checkbox",
        role="switch",
        checked=checked,
        on_change=on_change,
        class_name="ui-switch",
        custom_attrs={"aria-label": label},
    )


def _control(name: Any, error: Any) -> dict[str, Any]:
    return {"id": f"field-{name}", "name": name, "aria_invalid": error != "", "aria_describedby": f"field-{name}-more"}


def _labeled(
    name: Any, label: Any, control: rx.Component, error: Any, hint: str, *, style: str = "ui-input"
) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=f"field-{name}"),
        rx.el.div(control, class_name=rx.cond(error != "", f"{style} bad", style)),
        rx.el.div(
            rx.cond(error != "", error, hint),
            id=f"field-{name}-more",
            class_name=rx.cond(error != "", "ui-error", "ui-note"),
            role=rx.cond(error != "", "alert", "note"),
        ),
        class_name="ui-field",
    )


def checkbox(name: str, label: str, hint: Any = "", **props: Any) -> rx.Component:
    """A checkbox."""
    return rx.el.label(
        rx.el.input(type="checkbox", name=name, **props),
        rx.el.span(rx.el.b(label), rx.el.span(hint, class_name="ui-muted"), class_name="ui-column"),
        class_name="ui-agree",
    )


def form_error(text: Any) -> rx.Component:
    """An error of the whole form."""
    return rx.cond(
        text != "",
        rx.el.div(rx.icon("circle-alert", size=16), rx.el.span(text), class_name="ui-callout red", role="alert"),
    )


def form_dialog(*content: rx.Component, open: Any, title: Any, dismiss: Any) -> rx.Component:
    """A modal dialog."""
    return dialog(*content, open=open, title=title, on_dismiss=dismiss)


def actions(word: Any, dismiss: Any, *, tone: str = "solid") -> rx.Component:
    """The footer of a dialog's form: Cancel, and a submit button with this label.

    Cancel gets the focus in a dialog without fields.
    """
    return rx.el.div(
        rx.el.button(
            "Cancel",
            type="button",
            on_click=dismiss,
            class_name="ui-button ghost mid",
            custom_attrs={"data-first": "true"},
        ),
        rx.el.button(word, type="submit", class_name=f"ui-button mid {tone}"),
        class_name="ui-actions end",
    )
