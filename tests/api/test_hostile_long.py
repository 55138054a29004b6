"""Whatever bytes come in at whichever place of a request, nothing fails inside: each value at each place."""

import pytest

from tests.api.test_hostile import (
    everywhere,
    patient,
    target,
    test_no_address_breaks_it,
    test_no_body_breaks_it,
    test_no_header_breaks_it,
    web,
)

pytestmark = pytest.mark.long

EVERYWHERE = True
__all__ = [
    "everywhere",
    "patient",
    "target",
    "test_no_address_breaks_it",
    "test_no_body_breaks_it",
    "test_no_header_breaks_it",
    "web",
]
