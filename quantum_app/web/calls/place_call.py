"""The button that calls a campaign to try it."""

import reflex as rx

from quantum_app.web.calls.view import Link
from quantum_app.web.react.dialog import menu, menu_link
from quantum_app.web.ui.parts import icon


def place_test_call(places: rx.Var[list[Link]]) -> rx.Component:
    """A link to the call page, or a menu of call pages. places: Campaigns that can be called."""
    face = (icon("phone"), "Place a test call")

    def choice(place: rx.Var[Link]) -> rx.Component:
        return menu_link(place.word, href=place.href, target="_blank")

    return rx.cond(
        places.length() > 1,
        menu(
            rx.foreach(places, choice),
            face=rx.el.span(*face, class_name="ui-row"),
            class_name="ui-button solid",
            label="Place a test call",
        ),
        rx.cond(
            places.length() == 1,
            rx.el.a(*face, href=places[0].href, target="_blank", class_name="ui-button solid"),
        ),
    )
