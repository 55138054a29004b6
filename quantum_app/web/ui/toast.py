"""One short message at the edge of the page, kept in a state: it needs no script from the server."""

import reflex as rx

from quantum_app.web.ui.parts import icon


class Toast(rx.State):
    """What is shown; empty for nothing."""

    text: str = ""

    @rx.event
    async def show(self, text: str):
        self.text = text

    @rx.event
    async def close(self):
        self.text = ""


def toast() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Toast.text != "",
            rx.el.div(
                icon("circle-alert"),
                rx.el.span(Toast.text, class_name="qv-grow"),
                rx.el.button("Close", type="button", on_click=Toast.close, class_name="qv-btn soft"),
                class_name="qv-toast",
            ),
        ),
        role="status",
    )
