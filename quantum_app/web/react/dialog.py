"""A dialog above the page, and a menu behind a button: by keyboard as by mouse."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source


class Dialog(ReactComponent):
    """Its children are there while it is open, so a form in it begins anew each time. title: what is asked."""

    library = source("components/Dialog.tsx")
    tag = "Dialog"
    open: rx.Var[bool]
    title: rx.Var[str]
    on_dismiss: rx.EventHandler[rx.event.no_args_event_spec]


class Menu(ReactComponent):
    """Three dots and what is behind them; its children are `menu_item`s. label: of what, for whoever does not see."""

    library = source("components/Menu.tsx")
    tag = "Menu"
    label: rx.Var[str]


class MenuItem(rx.Component):
    """Not loaded by itself as other parts are: a menu has to have its items when it opens. tone: `red` or nothing."""

    library = source("components/Menu.tsx")
    tag = "MenuItem"
    tone: rx.Var[str]


dialog = Dialog.create
menu = Menu.create
menu_item = MenuItem.create
