"""The filters beside a search: behind a button on phones, or as links."""

import reflex as rx

from quantum_app.web.react import source


class Filters(rx.Component):
    """Its children are the fields. count: how many are set."""

    library = source("components/Filters.tsx")
    tag = "Filters"
    count: rx.Var[int]


class FilterLink(rx.Component):
    """A filter as a link that keeps what is typed in the page's search form. to: its URL."""

    library = source("components/FilterLink.tsx")
    tag = "FilterLink"
    to: rx.Var[str]


filters = Filters.create
filter_link = FilterLink.create
