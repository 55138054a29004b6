"""Every route over the wire as nobody and as every role, by cookie and by API token, with whatever is B's in it."""

import pytest

from quantum_app.domain.accounts.permissions import Role
from tests.isolation import test_routes as required
from tests.isolation.routes import Route, routes
from tests.isolation.test_routes import most, pytest_generate_tests, test_route

pytestmark = pytest.mark.long

MOST = 40
__all__ = ["most", "pytest_generate_tests", "test_route"]


def cases(route: Route) -> list[str]:
    return ["nobody", *(f"{role} by {credential}" for role in Role for credential in ("cookie", "token"))]


def test_the_required_cases_are_among_them() -> None:
    for route in routes():
        assert set(required.cases(route)) <= set(cases(route))
