"""Setting up an assistant. What is chosen stays in the tab, and goes from there to the API."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source


class SetUp(ReactComponent):
    """account_id: as the API knows it; keeps the choices of accounts apart."""

    library = source("setup/SetUp.tsx")
    tag = "SetUp"
    account_id: rx.Var[str]


set_up = SetUp.create
