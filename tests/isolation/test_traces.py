"""What is left outside of the tables: keys in Redis, arguments of jobs, files in the data folder."""

import inspect
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis

from quantum_app.domain.accounts.permissions import Role
from quantum_app.jobs.app import app as jobs
from tests.isolation.handlers import handlers
from tests.isolation.tenant_pair import TenantPair
from tests.isolation.test_handlers import act, open_pages, settle
from tests.stack import Stack
from tests.web.socket import connect

pytestmark = pytest.mark.isolation

_ID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HASH = r"[0-9a-f]{32}"
# Every family of keys there is. Ids and hashes only: a key stands in logs, in slow-query lists and in dumps.
KEYS = (
    rf"qv:call:{_ID}",
    rf"qv:dispatch:{_ID}",
    r"qv:capacity:(workers|calls)",
    rf"qv:guess:{_HASH}(:pause)?",
    rf"qv:tokens:{_HASH}:\d{{4}}-\d\d-\d\d",
    rf"LIMITS:LIMITER/[a-z-]+/{_HASH}/\d+/\d+/[a-z]+",
    rf"(token_manager_[a-z_]+_)?{_ID}(_[\w.]+|_lock)*",  # a tab's state, by the name that the browser made
    rf"{_ID}_reflex[\w.]*",
    r"token_manager_[\w-]+",
)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]+|%40", re.IGNORECASE)
# What a task may be given: ids, and the time by which the clock started it.
ARGUMENTS = re.compile(r"[a-z_]+_ids?|timestamp|context")
# Files that only a data folder's own database may have texts of callers in.
_DATABASES = {"postgres", "spool"}


@pytest.fixture(scope="module")
def store(tenants: TenantPair, web: Stack) -> Iterator[redis.Redis]:
    """Redis after people and strangers have used everything that counts, caches or remembers."""
    tenants.mend()
    with httpx.Client(base_url=web.url, timeout=20, headers={"x-forwarded-for": "198.51.100.7"}) as client:
        for path, body in (
            ("/api/auth/login", {"email": tenants.email, "password": "no"}),
            ("/api/auth/forgot", {"email": tenants.email}),
            (
                "/api/auth/signup",
                {"account": "A", "name": "N", "email": tenants.email, "password": "words of the tests"},
            ),
            (f"/api/public/campaigns/{tenants.b.tenant.campaign.public_id}/calls", {"email": "caller@b.example"}),
        ):
            assert client.post(path, json=body).status_code < 500
    with redis.Redis.from_url(web.settings.redis.url.get_secret_value()) as client:
        yield client


async def test_keys_are_of_named_families_and_name_nobody(tenants: TenantPair, web: Stack, store: redis.Redis) -> None:
    async with connect(web.url, tenants.stranger.cookie) as socket:
        await open_pages(socket, tenants)
        await settle(socket)
        with redis.Redis.from_url(web.settings.redis.page_states) as states:
            keys = [key.decode() for server in (store, states) for key in server.scan_iter(count=1000)]
    assert [key for key in keys if key.startswith("LIMITS")]
    assert [key for key in keys if key.startswith("qv:guess")]
    unknown_keys = [key for key in keys if not any(re.fullmatch(family, key) for family in KEYS)]
    assert unknown_keys == []
    texts = {canary for canary, column in tenants.canaries.items() if column != "an id"}
    assert [key for key in keys if _ADDRESS.search(key) or any(text in key for text in texts)] == []


async def test_values_of_ours_hold_no_text_of_callers(tenants: TenantPair, web: Stack, store: redis.Redis) -> None:
    """Reflex's own states hold what a tab is shown, and expire; ours hold counts and stages."""
    for key in store.scan_iter("qv:*", count=1000):
        kind = store.type(key)
        value = str(store.hgetall(key) if kind == b"hash" else store.get(key))
        assert not _ADDRESS.search(value), key
        assert not any(canary in value for canary in tenants.canaries), key


def _tasks() -> list[str]:
    jobs.perform_import_paths()
    return sorted(name for name, task in jobs.tasks.items() if not task.func.__module__.startswith("procrastinate"))


@pytest.mark.parametrize("name", _tasks())
def test_a_job_is_given_ids_alone(name: str) -> None:
    """The queue belongs to no account: what is in it can be read by whatever runs jobs."""
    parameters = inspect.signature(jobs.tasks[name].func).parameters
    unknown_names = [name_ for name_ in parameters if not ARGUMENTS.fullmatch(name_)]
    assert unknown_names == [], "a job is given ids, and reads the rest from the account's rows"


def test_the_queue_holds_ids_alone(tenants: TenantPair, store: redis.Redis) -> None:
    rows = tenants.connection.execute(
        "select task_name, args, lock, queueing_lock from jobs.procrastinate_jobs"
    ).fetchall()
    assert rows
    for task, arguments, lock, queueing in rows:
        for name, value in arguments.items():
            ids = rf"{_ID}(,{_ID}){{0,99}}" if name.endswith("_ids") else _ID
            assert value is None or isinstance(value, int) or re.fullmatch(ids, value), f"{task}: {name} is no id"
        assert lock is None or re.fullmatch(_ID, lock), f"{task}: its lock is no id"
        assert queueing is None or queueing == task


def test_files_are_closed_to_others_and_hold_nothing(tenants: TenantPair, web: Stack, store: redis.Redis) -> None:
    """Everything below the data folder: for its owner alone, and without a word of B but in the databases."""
    home = web.instance.home
    secrets = {"secrets.json", "run.env", "valkey.conf", "valkey-pages.conf", "livekit.yaml"}
    texts = [canary.encode() for canary, column in tenants.canaries.items() if column != "an id"]
    for path in sorted(home.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        assert path.name not in secrets or mode == 0o600, f"{path} can be read by others ({mode:o})"
        empty = path.stat().st_size == 0
        assert empty or _is_private(path, home) or not mode & 0o077, f"{path} can be read by others ({mode:o})"
    for path in sorted(home.rglob("*")):
        if path.is_file() and path.relative_to(home).parts[0] not in _DATABASES:
            content = path.read_bytes()
            assert not [text for text in texts if text in content], f"{path} holds what is in B's rows"


def _is_private(path: Path, home: Path) -> bool:
    """Whether a folder above it, up to the data folder itself, lets nobody else in."""
    folders = [folder for folder in path.parents if folder == home or home in folder.parents]
    return any(not stat.S_IMODE(folder.stat().st_mode) & 0o077 for folder in folders)


async def test_a_refused_event_leaves_no_text_in_the_log(tenants: TenantPair, web: Stack) -> None:
    """What somebody sends comes into no log, whoever they are."""
    marker = "qvplanted-words-of-a-caller"
    async with connect(web.url, tenants.logins[Role.VIEWER].cookie) as socket:
        for handler in handlers():
            if handler.own:
                await act(socket, handler.name, f"/calls/{marker}", text=marker)
        await settle(socket)
    assert marker not in web.logs["web"].read_text()


async def test_events_that_are_no_events_leave_nothing_in_the_log(tenants: TenantPair, web: Stack) -> None:
    """Refused before they are in a queue, and told of without a word that was sent."""
    marker, place = "qvplanted-in-an-event", {"pathname": "/"}
    show = next(handler.name for handler in handlers() if handler.label == "toast.show")
    handler_name = next(handler.name for handler in handlers() if handler.name.endswith(".update_vars_internal"))
    log = web.logs["web"]
    before = log.stat().st_size
    async with connect(web.url, tenants.logins[Role.VIEWER].cookie) as socket:
        for event in (
            marker,
            [marker],
            {"name": marker, "router_data": place},
            {"name": f"{marker}.show", "payload": {"form": {"whom": marker}}, "router_data": place},
            {"name": show, "payload": {"text": "x", "more": marker}, "router_data": place},
            {
                "name": show,
                "payload": {"text": marker},
                "router_data": {"pathname": "/", "asPath": f"/{marker}" * 999},
            },
            {"name": show, "payload": {"text": marker}, "router_data": {"query": {"q": marker * 999}}},
            {"name": handler_name, "payload": {"vars": {marker: marker}}, "router_data": place},
        ):
            for _ in range(20):
                await socket.send_raw(event)
        await settle(socket)
        assert marker not in socket.updates
    new_lines = log.read_bytes()[before:]
    assert marker.encode() not in new_lines
    assert len(new_lines) < 10_000


async def test_reports_of_failed_pages_are_few_and_short(tenants: TenantPair, web: Stack) -> None:
    report = next(handler.name for handler in handlers() if handler.name.endswith(".handle_frontend_exception"))
    log = web.logs["web"]
    before = log.stat().st_size
    async with connect(web.url) as socket:
        for _ in range(20):
            await act(socket, report, "/", info="x" * 15_000, component_stack="y" * 15_000)
        await settle(socket)
    assert 0 < len(log.read_bytes()[before:]) < 20_000


async def test_a_long_toast_is_cut(tenants: TenantPair, web: Stack) -> None:
    show = next(handler.name for handler in handlers() if handler.label == "toast.show")
    async with connect(web.url) as socket:
        await act(socket, show, "/", text="x" * 60_000)
        await settle(socket)
        assert 0 < socket.updates.count("x" * 300) == socket.updates.count("x" * 299)
