"""The pages without a login: signing up, logging in, and the targets of links in emails."""

from typing import Any

import reflex as rx

from quantum_app.domain.accounts.permissions import DESCRIPTIONS
from quantum_app.web.react.identity import identity_page


def _page(name: str, **props: Any) -> rx.Component:
    return rx.el.main(identity_page(name, **props), class_name="ui ui-centered")


def signup() -> rx.Component:
    return _page("SignUp")


def login() -> rx.Component:
    return _page("LogIn")


def verify() -> rx.Component:
    return _page("Verify")


def forgot() -> rx.Component:
    return _page("Forgot")


def reset() -> rx.Component:
    return _page("Reset")


def invite() -> rx.Component:
    return _page("Invitation", roles={role.value: text for role, text in DESCRIPTIONS.items()})


def confirm_email() -> rx.Component:
    return _page("ConfirmEmail")
