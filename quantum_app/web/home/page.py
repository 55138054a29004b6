"""`/`."""

import reflex as rx

from quantum_app.web.home.state import Home
from quantum_app.web.ui.parts import failure


def home() -> rx.Component:
    """Nothing, unless the way on is not found."""
    return rx.el.main(rx.cond(Home.failure != "", failure(Home.failure, Home.load)), class_name="qv qv-login")
