"""What doctor can only see on a call: all is well, or one of the three that speak and listen refuses."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ops.doctor.findings import ORDER
from quantum_app.errors import Component
from tests.bench.diagnosis import doctor, names_just
from tests.stack import Stack

pytestmark = pytest.mark.long


@contextmanager
def faulty(stack: Stack, endpoint: str) -> Iterator[None]:
    local = stack.settings.local_providers
    url = f"http://127.0.0.1:{local.port}/admin/faults/{endpoint}"
    headers = {"Authorization": f"Bearer {local.key.get_secret_value()}"}

    def ask(method: str, body: bytes | None = None) -> None:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method), timeout=5):
            pass

    ask("PUT", b'{"status": 503}')
    try:
        yield
    finally:
        ask("DELETE")


def test_all_is_well(stack: Stack) -> None:
    stack.need()
    status, lines, printed = doctor(stack)
    assert status == 0, printed
    assert list(lines) == list(ORDER), printed
    assert all(line.startswith("OK") for line in lines.values()), printed


@pytest.mark.parametrize(
    ("endpoint", "component"), [("listen", Component.STT), ("chat", Component.LLM), ("speak", Component.TTS)]
)
def test_names_the_one_that_refuses_and_no_other(stack: Stack, endpoint: str, component: Component) -> None:
    stack.need()
    names_just(stack, component, faulty(stack, endpoint))
