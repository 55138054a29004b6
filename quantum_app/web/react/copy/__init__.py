"""A button that copies the address of a page."""

import reflex as rx


class Copy(rx.NoSSRComponent):
    """text: an address, whole or without its host. label: what is copied, for whoever does not see."""

    library = rx.asset("Copy.jsx", shared=True).importable_path
    tag = "Copy"
    lib_dependencies: list[str] = ["lucide-react@1.26.0"]
    text: rx.Var[str]
    label: rx.Var[str]


copy = Copy.create
