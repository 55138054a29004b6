"""A button that keeps a call as a case, by the REST API that the designer asks too."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source


class SaveCase(ReactComponent):
    """call, campaign: as the API knows them. designer: the campaign's address. offered: whether the person may.

    The API decides who may; its children stand beside the button.
    """

    library = source("calls/SaveCase.tsx")
    tag = "SaveCase"
    call: rx.Var[str]
    campaign: rx.Var[str]
    designer: rx.Var[str]
    offered: rx.Var[bool]


save_case = SaveCase.create
