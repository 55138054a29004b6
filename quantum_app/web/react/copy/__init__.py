"""Buttons that copy: the address of a page, or a secret."""

import reflex as rx

rx.asset("CopyButton.jsx", shared=True)  # for what is secret and stays in the page


class Copy(rx.NoSSRComponent):
    """text: an address, whole or without its host. label: what is copied, for whoever does not see."""

    library = rx.asset("Copy.jsx", shared=True).importable_path
    tag = "Copy"
    lib_dependencies: list[str] = ["lucide-react@1.26.0"]
    text: rx.Var[str]
    label: rx.Var[str]


copy = Copy.create
