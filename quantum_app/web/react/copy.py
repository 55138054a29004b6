"""A button that copies the address of a page."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source


class Copy(ReactComponent):
    """text: an address, whole or without its host. label: what is copied, for whoever does not see.

    plain: the text is no address, and copied as it is.
    """

    library = source("components/Copy.tsx")
    tag = "Copy"
    text: rx.Var[str]
    label: rx.Var[str]
    plain: rx.Var[bool]


copy = Copy.create
