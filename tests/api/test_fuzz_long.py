"""Whatever is sent to any route, nothing fails inside: with many more requests than in each run of all tests."""

import pytest

from tests.api.test_fuzz import credentials, test_nothing_fails_inside
from tests.examples import examples

pytestmark = pytest.mark.long

EXAMPLES = examples(5)
__all__ = ["credentials", "test_nothing_fails_inside"]
