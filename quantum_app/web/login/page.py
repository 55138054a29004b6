"""`/login`."""

import reflex as rx

from quantum_app.web.react.login import login_form
from quantum_app.web.ui.parts import mark


def login() -> rx.Component:
    return rx.el.main(
        rx.el.div(
            rx.el.div(mark(28), rx.el.b("Quantum Voice"), class_name="qv-row qv-login-brand"),
            rx.el.h1("Log in"),
            login_form(),
            class_name="qv-card qv-login-card",
        ),
        class_name="qv qv-login",
    )
