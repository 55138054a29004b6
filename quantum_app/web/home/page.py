"""`/`."""

import reflex as rx

from quantum_app.web.home.state import HomeState
from quantum_app.web.ui.parts import failure


def home() -> rx.Component:
    """Empty, unless the redirect fails."""
    return rx.el.main(
        rx.cond(HomeState.failure != "", failure(HomeState.failure, HomeState.load)), class_name="ui ui-centered"
    )
