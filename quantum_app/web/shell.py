"""What every page of the dashboard stands in."""

import reflex as rx

from quantum_app.web.react.frame import frame
from quantum_app.web.session import Session


def page(*content: rx.Component, section: str) -> rx.Component:
    """The app frame around a page's content. section: the navigation's current entry."""
    return frame(*content, account=Session.account, person=Session.person, email=Session.email, section=section)
