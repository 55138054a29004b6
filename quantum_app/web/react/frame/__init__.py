"""The app frame: navigation, account, theme, log out. A rail below 1100 px, a drawer below 768 px."""

import reflex as rx

_MARK = rx.asset("Mark.jsx", shared=True).importable_path


class Mark(rx.NoSSRComponent):
    """The voice ring, small. size in pixels; state: rest, listening, thinking or speaking."""

    library = _MARK
    tag = "Mark"
    size: rx.Var[int]
    state: rx.Var[str]


class Frame(rx.NoSSRComponent):
    """account, person, email: what the frame shows. section: the navigation's current entry."""

    library = rx.asset("Frame.jsx", shared=True).importable_path
    tag = "Frame"
    lib_dependencies: list[str] = ["lucide-react@1.26.0"]
    account: rx.Var[str]
    person: rx.Var[str]
    email: rx.Var[str]
    section: rx.Var[str]


frame = Frame.create


def mark(size: int, state: str | rx.Var[str] = "rest") -> rx.Component:
    return Mark.create(size=size, state=state)
