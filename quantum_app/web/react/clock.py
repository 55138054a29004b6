"""Times that stay true while the page is open."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source

_LIBRARY = source("components/time.tsx")


class Ago(ReactComponent):
    """A moment, relative; the absolute on hover. at: ISO 8601."""

    library = _LIBRARY
    tag = "Ago"
    at: rx.Var[str]


class Lasting(ReactComponent):
    """A length. seconds of what is over, or since when (ISO 8601) for what still lasts."""

    library = _LIBRARY
    tag = "Lasting"
    since: rx.Var[str]
    seconds: rx.Var[int]


class Moment(ReactComponent):
    """A moment, absolute, in the time of whoever looks. at: ISO 8601; short: the day alone."""

    library = _LIBRARY
    tag = "Moment"
    at: rx.Var[str]
    short: rx.Var[bool]


class Day(ReactComponent):
    """A day of the calendar with its weekday. iso: ISO 8601."""

    library = _LIBRARY
    tag = "Day"
    iso: rx.Var[str]


class Every(ReactComponent):
    """Asks again every so often, while it is on the page and somebody looks at it."""

    library = _LIBRARY
    tag = "Every"
    seconds: rx.Var[int]
    on_tick: rx.EventHandler[rx.event.no_args_event_spec]


ago = Ago.create
day = Day.create
every = Every.create
lasting = Lasting.create
moment = Moment.create
