"""The pages without a login: forms that post to the API, which sets the HttpOnly cookie, then a page is loaded anew."""

from typing import Any

import reflex as rx

from quantum_app.web.react import ReactComponent, source


class IdentityPage(ReactComponent):
    """roles: what each role may do, where a page is about one."""

    roles: rx.Var[dict[str, str]]


def identity_page(name: str, **props: Any) -> rx.Component:
    """A page of `frontend/src/identity/`, by the name of its component and module."""
    return IdentityPage.create(library=source(f"identity/{name}.tsx"), tag=name, **props)
