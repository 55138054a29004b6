"""`/welcome`: sets up an assistant, after sign-up and at any time later."""

import reflex as rx

from quantum_app.web.react.setup import set_up
from quantum_app.web.session import Session
from quantum_app.web.ui.parts import failure
from quantum_app.web.welcome.state import WelcomeState


def welcome() -> rx.Component:
    return rx.el.main(
        rx.cond(
            WelcomeState.failure != "",
            failure(WelcomeState.failure, WelcomeState.load),
            rx.cond(WelcomeState.loaded, set_up(account_id=Session.account_id)),
        ),
        class_name="ui ui-centered",
    )
