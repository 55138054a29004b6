"""The `stack` fixture: the product itself, started by the code of `make run`, on ports and data of the test run.

async def test_x(stack):
    stack.need("web", "worker")       # starts them and what they need, once a session
    stack.children["worker"].kill()   # as a crash would
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ops.home import free_block
from ops.parts import NAMES, Instance
from ops.run import start, supervised
from ops.supervisor import Child, Supervisor
from quantum_app.settings import Settings, settings


class Stack:
    """The running product. Parts are started when a test first needs them."""

    def __init__(self, instance: Instance, supervisor: Supervisor) -> None:
        self.instance = instance
        self._supervisor = supervisor

    @property
    def children(self) -> dict[str, Child]:
        return self._supervisor.children

    @property
    def url(self) -> str:
        """Where the pages and the API are."""
        return f"http://localhost:{self.instance.port}"

    @property
    def settings(self) -> Settings:
        return settings()

    @property
    def demo_password(self) -> str:
        return self.instance.secrets.demo_password

    @property
    def instance_key(self) -> str:
        """Opens the mailbox and the details of health; `make run` prints it."""
        return self.instance.secrets.instance_key

    @property
    def superuser_url(self) -> str:
        """Postgres as its superuser, for looking at the catalog."""
        return self.instance.postgres_url("postgres", self.instance.secrets.postgres)

    def need(self, *names: str) -> None:
        """Start these parts (all of them, when none is named) and what they need; wait until each is healthy."""
        wanted = names or NAMES
        if any(not self.children[name].ready.is_set() for name in self._supervisor.closure(wanted)):
            # In a thread of its own: seeding runs an event loop, and so may the test that asks.
            with ThreadPoolExecutor(1) as other:
                other.submit(start, self.instance, self._supervisor, wanted).result()

    def without(self, *names: str) -> None:
        """Stop these parts, until a test needs them again: what they do would meet what the test does."""
        for name in names:
            if self.children[name].ready.is_set():
                self.children[name].stop()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    home = Path(os.environ["QUANTUM_HOME"])
    given = {
        "LOCAL_PROVIDERS_FAULT_INJECTION": "true",
        "QUANTUM_LOG_FORMAT": "json",
        # Most tests call the same campaign, one after the other, from one address.
        "QUANTUM_CAPACITY_ADDRESS_SHARE": "1",
        "QUANTUM_CAPACITY_CAMPAIGN_SHARE": "1",
        "QUANTUM_CAPACITY_ACCOUNT_SHARE": "1",
        "QUANTUM_CAPACITY_STARTS_PER_MINUTE": "120",
    }
    with supervised(home, free_block(), given, lambda name, text: None) as (instance, supervisor):
        settings.cache_clear()
        # A machine that loses its power is no test: nothing here waits for the disk.
        postgres = supervisor.children["postgres"]
        postgres.part = replace(postgres.part, command=[*postgres.part.command, "-c", "fsync=off"])
        yield Stack(instance, supervisor)
