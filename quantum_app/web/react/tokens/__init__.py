"""API tokens: listed, created, revoked. A token's text goes from the API to the page, and through no page's state."""

import reflex as rx

from quantum_app.web.react import clock as clock
from quantum_app.web.react import copy as copy
from quantum_app.web.react import dialog as dialog
from quantum_app.web.react import forms as forms
from quantum_app.web.react import frame as frame  # its mark stands where there are no tokens
from quantum_app.web.react import security as security  # who one is, proven again

rx.asset("CreateToken.jsx", shared=True)


class ApiTokens(rx.NoSSRComponent):
    """The page's content. roles: those that a token can be given: value, name, text."""

    library = rx.asset("ApiTokens.jsx", shared=True).importable_path
    tag = "ApiTokens"
    lib_dependencies: list[str] = ["lucide-react@1.26.0"]
    roles: rx.Var[list[dict[str, str]]]
    second_factor: rx.Var[bool]
    has_password: rx.Var[bool]


api_tokens = ApiTokens.create
