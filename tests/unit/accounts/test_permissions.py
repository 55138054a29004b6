"""Who may do what. The table is written down twice on purpose: a change of it has to be meant."""

import pytest

from quantum_app.domain.accounts.permissions import (
    DESCRIPTIONS,
    PERMISSIONS,
    Permission,
    Role,
    allows,
    may_grant,
    token_roles,
)

pytestmark = pytest.mark.unit

LOOKING = {"self", "calls.read", "campaigns.read", "knowledge.read"}
EXPECTED = {
    "viewer": LOOKING,
    "builder": LOOKING | {"campaigns.write", "knowledge.write", "calls.values"},
    "developer": LOOKING | {"api_tokens"},
    "operator": {"self", "workspace"},
    "admin": {str(permission) for permission in Permission} - {"ownership"},
    "owner": {str(permission) for permission in Permission},
}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_this_and_nothing_else(role: Role) -> None:
    assert set(PERMISSIONS[role]) == EXPECTED[role]
    assert DESCRIPTIONS[role]


def test_an_unknown_role_may_nothing() -> None:
    assert not any(allows("root", permission) for permission in Permission)


def test_a_token_gets_no_role_above_ones_own() -> None:
    every = (Role.VIEWER, Role.BUILDER, Role.ADMIN)
    roles = {role: token_roles(role) for role in Role}
    assert roles == {
        Role.OWNER: every,
        Role.ADMIN: every,
        Role.BUILDER: (),
        Role.OPERATOR: (),
        Role.DEVELOPER: (Role.VIEWER,),
        Role.VIEWER: (),
    }


def test_who_gives_which_role() -> None:
    for own in Role:
        for granted in Role:
            assert may_grant(own, granted) == (own in {Role.OWNER, Role.ADMIN} and granted is not Role.OWNER)
