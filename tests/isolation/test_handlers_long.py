"""Every event handler over the pages' own socket as nobody and as every role, with whatever is B's."""

import pytest

from quantum_app.domain.accounts.permissions import Role
from tests.isolation import test_handlers as required
from tests.isolation.handlers import Handler, handlers
from tests.isolation.test_handlers import pytest_generate_tests, test_handler

pytestmark = pytest.mark.long

__all__ = ["pytest_generate_tests", "test_handler"]


def cases(handler: Handler) -> list[str]:
    return ["nobody", *Role]


def test_the_required_cases_are_among_them() -> None:
    for handler in handlers():
        assert set(required.cases(handler)) <= set(cases(handler))
