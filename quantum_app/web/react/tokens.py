"""API tokens: listed, created, revoked. A token's text goes from the API to the page, and through no page's state."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source


class ApiTokens(ReactComponent):
    """The page's content. roles: those that a token can be given: value, name, text."""

    library = source("tokens/ApiTokens.tsx")
    tag = "ApiTokens"
    roles: rx.Var[list[dict[str, str]]]
    second_factor: rx.Var[bool]
    has_password: rx.Var[bool]


api_tokens = ApiTokens.create
