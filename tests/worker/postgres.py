"""A Postgres of the tests' own, which they may stop and freeze without disturbing anybody, and calls to write to."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from ops.home import free_block
from ops.run import start, supervised
from ops.supervisor import Child
from quantum_app.db.session import account_session
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallBriefing
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.demo import flow
from quantum_app.domain.campaigns.schemas import NewCampaign
from quantum_app.domain.identity import signup
from quantum_app.kit.ids import new_id, random_id
from quantum_app.settings import settings


class Postgres:
    """A running server with the product's schema, in the environment and in `settings()`."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self.environment = {name: os.environ[name] for name in os.environ if name.startswith(("DATABASE_", "QUANTUM_"))}

    def stop(self) -> None:
        """Stop, whoever is connected. Committed work stays."""
        self._child.stop()

    def start(self) -> None:
        """Start and wait until it answers."""
        self._child.start()
        self._child.wait()

    def freeze(self) -> None:
        """Answer nobody, and refuse nobody, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        pid = self._child.pid
        assert pid is not None
        children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
        for process in [pid, *map(int, children)]:
            os.kill(process, number)


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """Postgres as `make run` starts it, in a data folder of its own; not inside a running event loop."""
    before = dict(os.environ)
    try:
        with (
            tempfile.TemporaryDirectory() as home,
            supervised(Path(home), free_block(), {}, lambda name, text: None) as (instance, supervisor),
        ):
            settings.cache_clear()
            start(instance, supervisor, ("postgres",))
            yield Postgres(supervisor.children["postgres"])
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


async def new_call() -> CallBriefing:
    """A call that has begun, in an account of its own, as its worker gets to know it."""
    account_id, user_id = new_id(), new_id()
    async with account_session(account_id, user_id=user_id) as session:
        await signup.create_owner(
            session, account_id, user_id, account="Test", email=f"{user_id}@test.example", name="Test", password="test"
        )
        campaign_id = await campaigns.create_published(
            session,
            account_id,
            NewCampaign(
                random_id("cmp"), "Test", "Mira", "en", "I agree.", "1", False, 600, flow().model_dump(mode="json")
            ),
        )
    return await another_call(account_id, campaign_id)


async def another_call(account_id: UUID, campaign_id: UUID) -> CallBriefing:
    """One more call of a campaign."""
    async with account_session(account_id) as session:
        campaign = await campaigns.get_snapshot(session, campaign_id)
        call = await calls.start(session, campaign, email=None, name=None, consent=True, consent_version="1")
    async with account_session(account_id) as session:
        return await calls.get_briefing(session, call.call_id)
