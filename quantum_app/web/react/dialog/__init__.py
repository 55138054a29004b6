"""A dialog above the page, and a menu behind a button: by keyboard as by mouse."""

import reflex as rx


class Dialog(rx.NoSSRComponent):
    """Its children are there while it is open, so a form in it begins anew each time. title: what is asked."""

    library = rx.asset("Dialog.jsx", shared=True).importable_path
    tag = "Dialog"
    open: rx.Var[bool]
    title: rx.Var[str]
    on_dismiss: rx.EventHandler[rx.event.no_args_event_spec]


class Menu(rx.NoSSRComponent):
    """Three dots and what is behind them; its children are `menu_item`s. label: of what, for whoever does not see."""

    library = rx.asset("Menu.jsx", shared=True).importable_path
    tag = "Menu"
    lib_dependencies: list[str] = ["lucide-react@1.26.0"]
    label: rx.Var[str]


dialog = Dialog.create
menu = Menu.create


def menu_item(*content: rx.Component | str, tone: str = "", **props: object) -> rx.Component:
    return rx.el.button(*content, type="button", role="menuitem", tab_index=-1, class_name=f"qv-item {tone}", **props)
