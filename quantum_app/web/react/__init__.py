"""The components of `frontend/` as Reflex components; a plugin in rxconfig.py hands their sources to Reflex."""

import json
from pathlib import Path

import reflex as rx

_PACKAGE = json.loads((Path(__file__).parents[3] / "frontend" / "package.json").read_text())


def source(path: str) -> str:
    """The library to import from. path: of a module below frontend/src."""
    return f"$/frontend/src/{path}"


class ReactComponent(rx.NoSSRComponent):
    """A component of `frontend/`, whose package.json pins what it is made of."""

    lib_dependencies: list[str] = [f"{name}@{version}" for name, version in _PACKAGE["dependencies"].items()]
