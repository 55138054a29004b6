"""`/settings/tokens`."""

import reflex as rx

from quantum_app.web.react.tokens import api_tokens
from quantum_app.web.shell import page
from quantum_app.web.tokens.state import Tokens
from quantum_app.web.ui.parts import failure, skeleton


def tokens() -> rx.Component:
    """How programs use the API."""
    return page(
        rx.cond(
            Tokens.loaded,
            api_tokens(roles=Tokens.roles, second_factor=Tokens.second_factor, has_password=Tokens.has_password),
            rx.fragment(
                rx.el.header(rx.el.h1("API tokens"), class_name="qv-head"),
                rx.cond(Tokens.failure != "", failure(Tokens.failure, Tokens.load), skeleton(4)),
            ),
        ),
        section="tokens",
    )
