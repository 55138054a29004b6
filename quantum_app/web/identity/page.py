"""The pages without a login: signing up, logging in, and the targets of links in emails."""

import reflex as rx

from quantum_app.domain.accounts.permissions import DESCRIPTIONS
from quantum_app.web.react import identity as forms


def _page(form: rx.Component) -> rx.Component:
    return rx.el.main(form, class_name="qv qv-login")


def signup() -> rx.Component:
    return _page(forms.sign_up_form())


def login() -> rx.Component:
    return _page(forms.log_in_form())


def verify() -> rx.Component:
    return _page(forms.verify_link())


def forgot() -> rx.Component:
    return _page(forms.forgot_form())


def reset() -> rx.Component:
    return _page(forms.reset_form())


def invite() -> rx.Component:
    return _page(forms.invitation_form(roles={role.value: text for role, text in DESCRIPTIONS.items()}))


def confirm_email() -> rx.Component:
    return _page(forms.confirm_email_link())
