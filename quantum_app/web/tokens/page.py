"""`/settings/tokens`."""

import reflex as rx

from quantum_app.web.react.tokens import api_tokens
from quantum_app.web.shell import page
from quantum_app.web.tokens.state import TokensState
from quantum_app.web.ui.parts import failure, skeleton


def tokens() -> rx.Component:
    """API tokens of the user, or of the account."""
    return page(
        rx.cond(
            TokensState.loaded,
            api_tokens(
                roles=TokensState.roles, second_factor=TokensState.second_factor, has_password=TokensState.has_password
            ),
            rx.fragment(
                rx.el.header(rx.el.h1("API tokens"), class_name="ui-head"),
                rx.cond(TokensState.failure != "", failure(TokensState.failure, TokensState.load), skeleton(4)),
            ),
        ),
        section="tokens",
    )
