"""What protects a login: address, password, second factor. Secrets go from here to the API and to no page's state."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source

_SECOND_FACTOR = source("security/SecondFactor.tsx")
_LOGIN = source("security/Login.tsx")


class EmailForm(ReactComponent):
    library = _LOGIN
    tag = "EmailForm"
    email: rx.Var[str]
    second_factor: rx.Var[bool]
    has_password: rx.Var[bool]


class PasswordForm(ReactComponent):
    """Loads the page anew when it is changed: the browser has a new token then."""

    library = _LOGIN
    tag = "PasswordForm"
    email: rx.Var[str]
    second_factor: rx.Var[bool]
    has_password: rx.Var[bool]


class Provider(ReactComponent):
    """Another identity provider. provider: its id; on_changed: it was disconnected."""

    library = _LOGIN
    tag = "Provider"
    provider: rx.Var[str]
    name: rx.Var[str]
    connected: rx.Var[bool]
    second_factor: rx.Var[bool]
    has_password: rx.Var[bool]
    on_changed: rx.EventHandler[rx.event.no_args_event_spec]


class Connected(ReactComponent):
    """What the page before has to say: a sign-in at another provider came back, or the password is changed."""

    library = _LOGIN
    tag = "Connected"


class SecondFactor(ReactComponent):
    """on_changed: it was turned on or off."""

    library = _SECOND_FACTOR
    tag = "SecondFactor"
    second_factor: rx.Var[bool]
    has_password: rx.Var[bool]
    on_changed: rx.EventHandler[rx.event.no_args_event_spec]


email_form = EmailForm.create
password_form = PasswordForm.create
provider = Provider.create
connected = Connected.create
second_factor = SecondFactor.create
