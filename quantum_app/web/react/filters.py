"""The filters beside a search, behind a button on phones."""

import reflex as rx

from quantum_app.web.react import source


class Filters(rx.Component):
    """Its children are the fields. count: how many are set."""

    library = source("components/Filters.tsx")
    tag = "Filters"
    count: rx.Var[int]


filters = Filters.create
