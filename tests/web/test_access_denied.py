"""A page that the role has no access to says who has."""

from types import SimpleNamespace
from typing import Any

import pytest

from quantum_app.domain.accounts.permissions import Permission, Role, allows
from quantum_app.web.session import show_access

pytestmark = pytest.mark.unit


def open_page(role: Role, permission: Permission) -> Any:
    """The state of the frame after somebody with the role opened a page that asks for the permission."""
    session: Any = SimpleNamespace()
    identity: Any = SimpleNamespace(may=lambda permission: allows(role, permission))
    show_access(session, identity, permission)
    return session


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.OWNERSHIP, "owners"),
        (Permission.ACCOUNT_MANAGE, "owners and admins"),
        (Permission.CAMPAIGNS_WRITE, "owners, admins and builders"),
    ],
)
def test_it_names_every_role_that_has_access(permission: Permission, roles: str) -> None:
    session = open_page(Role.VIEWER, permission)
    assert (session.access_denied, session.allowed_roles) == (True, roles)


def test_who_has_access_is_not_refused() -> None:
    assert open_page(Role.OWNER, Permission.ACCOUNT_MANAGE).access_denied is False
