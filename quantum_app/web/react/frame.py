"""The app frame: navigation, account, theme, log out. A rail below 1100 px, a drawer below 768 px."""

import reflex as rx

from quantum_app.web.react import ReactComponent, source

_MARK = source("components/Mark.tsx")


class Mark(ReactComponent):
    """The voice ring, small. size in pixels; state: rest, listening, thinking or speaking."""

    library = _MARK
    tag = "Mark"
    size: rx.Var[int]
    state: rx.Var[str]


class Frame(ReactComponent):
    """What the frame shows of person and account.

    active_calls: how many are in progress. section: the navigation's current entry. disconnected: whether the page's
    socket is lost.
    """

    library = source("frame/Frame.tsx")
    tag = "Frame"
    account: rx.Var[str]
    account_id: rx.Var[str]
    person: rx.Var[str]
    email: rx.Var[str]
    role: rx.Var[str]
    permissions: rx.Var[list[str]]
    places: rx.Var[list[dict[str, str]]]
    deleted: rx.Var[bool]
    disconnected: rx.Var[bool]
    active_calls: rx.Var[int]
    section: rx.Var[str]


frame = Frame.create


def mark(size: int, state: str | rx.Var[str] = "rest") -> rx.Component:
    return Mark.create(size=size, state=state)
