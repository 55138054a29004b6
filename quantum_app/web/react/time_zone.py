"""A time zone in a form: searched by city, region and offset."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source


class TimeZoneField(ReactComponent):
    """value: IANA name. The form has the chosen one under `name`. error: message, or empty."""

    library = source("components/TimeZoneField.tsx")
    tag = "TimeZoneField"
    name: rx.Var[str]
    label: rx.Var[str]
    hint: rx.Var[str]
    error: rx.Var[str]
    value: rx.Var[str]


time_zone_field = TimeZoneField.create
