"""The 404 page."""

import reflex as rx

from quantum_app.web.ui.parts import empty, link


def missing() -> rx.Component:
    return rx.el.main(
        empty(
            "Page not found",
            "Check the address.",
            link("Go to calls", href="/calls", class_name="ui-button solid"),
            whole_page=True,
        ),
        class_name="ui ui-centered",
    )
