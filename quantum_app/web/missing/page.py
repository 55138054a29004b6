"""The page for addresses that lead nowhere."""

import reflex as rx

from quantum_app.web.ui.parts import empty


def missing() -> rx.Component:
    return rx.el.main(
        empty(
            "There is no such page",
            "The address may have a typing mistake.",
            rx.link("Show all calls", href="/calls", underline="none", class_name="qv-btn solid"),
            whole_page=True,
        ),
        class_name="qv qv-login",
    )
