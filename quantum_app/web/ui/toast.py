"""Toasts. Kept in a state, because Reflex's own need inline scripts, which the CSP forbids."""

from time import monotonic

import reflex as rx

from quantum_app.web.ui.parts import icon

_REDIRECT_SECONDS = 2  # seconds
_MAX_LENGTH = 300  # characters


class Toast(rx.State):
    """The current toast.

    text: Empty if there is none.
    good: Whether it reports a success, which disappears by itself.
    count: Toasts shown so far, so that the same text twice is shown again.
    """

    text: str = ""
    good: bool = False
    count: int = 0
    _shown_at: float = 0.0

    @rx.event
    async def show(self, text: str):
        self.text, self.good = str(text)[:_MAX_LENGTH], False

    @rx.event
    async def close(self):
        self.text = ""


async def show_success(state: rx.State, text: str) -> None:
    """Show a success toast."""
    message = await state.get_state(Toast)
    message.text, message.good, message.count, message._shown_at = text, True, message.count + 1, monotonic()


async def hide_success(state: rx.State, text: str) -> None:
    """Hide this success once it's no longer true."""
    message = await state.get_state(Toast)
    if message.good and message.text == text:
        message.text = ""


async def clear_on_navigation(state: rx.State) -> None:
    """Hide the previous page's success, unless it's the one that led to this page."""
    message = await state.get_state(Toast)
    if message.good and monotonic() - message._shown_at > _REDIRECT_SECONDS:
        message.text = ""


def toast() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Toast.text != "",
            rx.el.div(
                rx.cond(Toast.good, icon("circle-check"), icon("circle-alert")),
                rx.el.span(Toast.text, class_name="ui-grow"),
                rx.el.button("Close", type="button", on_click=Toast.close, class_name="ui-button soft"),
                class_name=rx.cond(Toast.good, "ui-toast good", "ui-toast"),
                key=rx.Var.create(Toast.count).to_string(),
            ),
        ),
        role="status",
    )
