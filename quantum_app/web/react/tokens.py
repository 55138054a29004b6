"""API tokens: listed, created, revoked. A token's text goes from the API to the page, and through no page's state."""

import reflex as rx

from quantum_app.web.react import source


class ApiTokens(rx.Component):
    """The page's content. roles: those that a token can be given: value, name, text.

    Not loaded by itself as other parts are: the page would have no heading meanwhile.
    """

    library = source("tokens/ApiTokens.tsx")
    tag = "ApiTokens"
    roles: rx.Var[list[dict[str, str]]]
    second_factor: rx.Var[bool]
    has_password: rx.Var[bool]


api_tokens = ApiTokens.create
