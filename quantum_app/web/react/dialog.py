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
    """A button and what is behind it; its children are `menu_item`s and `menu_link`s.

    label: of what, for whoever does not see. face: what the button shows; three dots otherwise.
    """

    library = source("components/Menu.tsx")
    tag = "Menu"
    label: rx.Var[str]
    face: rx.Component


class MenuItem(rx.Component):
    """Not loaded by itself as other parts are: a menu has to have its items when it opens. tone: `red` or nothing."""

    library = source("components/Menu.tsx")
    tag = "MenuItem"
    tone: rx.Var[str]


class MenuLink(rx.Component):
    """Like `MenuItem`, but leads somewhere."""

    library = source("components/Menu.tsx")
    tag = "MenuLink"
    href: rx.Var[str]
    target: rx.Var[str]


dialog = Dialog.create
menu = Menu.create
menu_item = MenuItem.create
menu_link = MenuLink.create
