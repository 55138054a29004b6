"""One short message at the edge of the page, kept in a state: it needs no script from the server."""

from time import monotonic

import reflex as rx

from quantum_app.web.ui.parts import icon

_LEADS = 2  # seconds
_LONGEST = 300  # characters


class Toast(rx.State):
    """What is shown; empty for nothing. good: something was done; it goes by itself. count: of all that were shown."""

    text: str = ""
    good: bool = False
    count: int = 0
    _told: float = 0.0

    @rx.event
    async def show(self, text: str):
        self.text, self.good = str(text)[:_LONGEST], False

    @rx.event
    async def close(self):
        self.text = ""


async def tell(state: rx.State, text: str) -> None:
    """Say what was done."""
    shown = await state.get_state(Toast)
    shown.text, shown.good, shown.count, shown._told = text, True, shown.count + 1, monotonic()


async def turn_page(state: rx.State) -> None:
    """What was done on the page before is no news on the next one, unless it led there."""
    shown = await state.get_state(Toast)
    if shown.good and monotonic() - shown._told > _LEADS:
        shown.text = ""


def toast() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Toast.text != "",
            rx.el.div(
                rx.cond(Toast.good, icon("circle-check"), icon("circle-alert")),
                rx.el.span(Toast.text, class_name="qv-grow"),
                rx.el.button("Close", type="button", on_click=Toast.close, class_name="qv-btn soft"),
                class_name=rx.cond(Toast.good, "qv-toast good", "qv-toast"),
                key=rx.Var.create(Toast.count).to_string(),
            ),
        ),
        role="status",
    )
