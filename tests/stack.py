"""The product itself, started by the code of `make run` on ports and data of the test run.

    async def test_x(stack):
        stack.need("web", "worker")    # starts them and what they need, once a session

Three fixtures, each a product of its own that starts when a test first needs it:

- `stack`: the whole product, shared. Its parts only ever start.
- `quiet_stack`: shared too, without the jobs: rows change by what a test does, and by nothing else.
- `disposable_stack`: its parts may be stopped, killed, frozen, and started with other settings.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ops.home import free_block
from ops.parts import NAMES, Instance
from ops.run import start, supervised
from ops.supervisor import Child, Supervisor
from quantum_app.settings import Settings, settings

_HOME = Path(os.environ["QUANTUM_HOME"])
_FIXTURES = ("stack", "quiet_stack", "disposable_stack")
_ENVIRONMENT = {
    "LOCAL_PROVIDERS_FAULT_INJECTION": "true",
    "QUANTUM_LOG_FORMAT": "json",
    # Most tests call the same campaign, one after the other, from one address.
    "QUANTUM_CAPACITY_ADDRESS_SHARE": "1",
    "QUANTUM_CAPACITY_CAMPAIGN_SHARE": "1",
    "QUANTUM_CAPACITY_ACCOUNT_SHARE": "1",
    "QUANTUM_CAPACITY_STARTS_PER_MINUTE": "120",
}


class Stack:
    """A running product that tests share: there is no way to stop a part of it."""

    def __init__(self, instance: Instance, supervisor: Supervisor) -> None:
        self.instance = instance
        self._supervisor = supervisor

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

    @property
    def pids(self) -> dict[str, int]:
        """The process id of each part that runs."""
        return {name: child.pid for name, child in self._supervisor.children.items() if child.pid is not None}

    @property
    def logs(self) -> dict[str, Path]:
        """The log file of each part; it exists once the part has started."""
        return {name: child.log for name, child in self._supervisor.children.items()}

    def need(self, *names: str) -> None:
        """Start these parts (all of them, when none is named) and what they need; wait until each is healthy."""
        children = self._supervisor.children
        parts = names or tuple(name for name in NAMES if name in children)
        if any(not children[name].ready.is_set() for name in self._supervisor.closure(parts)):
            # In a thread of its own: seeding runs an event loop, and so may the test that asks.
            with ThreadPoolExecutor(1) as other:
                other.submit(start, self.instance, self._supervisor, parts).result()

    def before_start(self, name: str) -> Child:
        """A part that no test has needed yet, to change how it starts. Raises RuntimeError once it has started."""
        child = self._supervisor.children[name]
        if child.starts:
            raise RuntimeError(f"{name} has started, and other tests rely on it as it is: use `disposable_stack`.")
        return child

    def activate(self) -> None:
        """Make `settings()` and the environment of this process those of this stack."""
        home = str(self.instance.home)
        if os.environ["QUANTUM_HOME"] != home:
            os.environ.update(self.instance.environment() | {"QUANTUM_HOME": home})
            settings.cache_clear()


class DisposableStack(Stack):
    """A running product whose parts a test may stop; `need` starts what an earlier test left stopped."""

    @property
    def children(self) -> dict[str, Child]:
        return self._supervisor.children


_stacks: dict[str, Stack] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Point this process at the stack of the test. Raises UsageError for a test that asks for two."""
    names = [name for name in _FIXTURES if name in getattr(item, "fixturenames", ())]
    if len(names) > 1:
        raise pytest.UsageError(f"{item.nodeid} uses {' and '.join(names)}: `settings()` can only be those of one.")
    if names and names[0] in _stacks:
        _stacks[names[0]].activate()


@contextmanager
def _running(name: str, *, of: type[Stack] = Stack, without: tuple[str, ...] = ()) -> Iterator[Stack]:
    home = _HOME / name
    home.mkdir()
    # A block is free as long as nothing of it has started, so one that another stack has may look free.
    used_ports = {one.instance.port for one in _stacks.values()}
    while (port := free_block()) in used_ports:
        pass
    with supervised(home, port, _ENVIRONMENT, lambda name, text: None) as (instance, supervisor):
        settings.cache_clear()
        for part in without:
            del supervisor.children[part]
        # A machine that loses its power is no test: nothing here waits for the disk.
        postgres = supervisor.children["postgres"]
        postgres.part = replace(postgres.part, command=[*postgres.part.command, "-c", "fsync=off"])
        _stacks[name] = of(instance, supervisor)
        yield _stacks[name]


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with _running("stack") as running:
        yield running


@pytest.fixture(scope="session")
def quiet_stack() -> Iterator[Stack]:
    with _running("quiet_stack", without=("jobs",)) as running:
        yield running


@pytest.fixture(scope="session")
def disposable_stack() -> Iterator[DisposableStack]:
    with _running("disposable_stack", of=DisposableStack) as running:
        assert isinstance(running, DisposableStack)
        yield running
