"""What protects a login: address, password, second factor. Secrets go from here to the API and to no page's state."""

import reflex as rx

from quantum_app.web.react import dialog as dialog
from quantum_app.web.react import forms as forms
from quantum_app.web.react import identity as identity  # what a sign-in elsewhere came back with

rx.asset("Proof.jsx", shared=True)
_SECOND_FACTOR = rx.asset("SecondFactor.jsx", shared=True).importable_path
_LOGIN = rx.asset("Login.jsx", shared=True).importable_path


class EmailForm(rx.NoSSRComponent):
    library = _LOGIN
    tag = "EmailForm"
    email: rx.Var[str]
    second_factor: rx.Var[bool]


class PasswordForm(rx.NoSSRComponent):
    """on_changed: the person's other logins have ended."""

    library = _LOGIN
    tag = "PasswordForm"
    email: rx.Var[str]
    second_factor: rx.Var[bool]
    on_changed: rx.EventHandler[rx.event.no_args_event_spec]


class Connected(rx.NoSSRComponent):
    """What a sign-in at another identity provider came back with, if one did."""

    library = _LOGIN
    tag = "Connected"


class SecondFactor(rx.NoSSRComponent):
    """on_changed: it was turned on or off."""

    library = _SECOND_FACTOR
    tag = "SecondFactor"
    second_factor: rx.Var[bool]
    on_changed: rx.EventHandler[rx.event.no_args_event_spec]


email_form = EmailForm.create
password_form = PasswordForm.create
connected = Connected.create
second_factor = SecondFactor.create
