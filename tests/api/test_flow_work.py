"""What people send to be checked and tried is worked on beside the web process, in limits, and by turns."""

import asyncio
import os
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import httpx
import pytest

from quantum_app.api import flow_work, rate_limits, simulation_jobs
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.nlu import entity_extraction
from quantum_app.domain.flows.testing import case_from_call, test_case
from quantum_app.domain.flows.validation import validator
from quantum_app.kit import ids
from quantum_app.kit.ids import new_id
from tests.api import flow_jobs
from tests.api.conftest import Configure
from tests.api.test_flows import get_flow, owner, path, put, small_flow, tenant
from tests.api.test_simulator import CALL_START, recent_call
from tests.db.tenants import Tenant, as_program, create_tenant

pytestmark = pytest.mark.api

__all__ = ["owner", "tenant"]  # fixtures

Json = dict[str, Any]

WARNED = ["no_next_steps"]  # what is to be said about `small`


def codes(answer: Json) -> list[str]:
    return [problem["code"] for problem in answer["problems"]]


@pytest.fixture
def one_process(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A pool of one process, which checks flows as `flow_jobs` does."""
    flow_work.close()
    configure("QUANTUM_WORK_PROCESSES", "1")
    configure("QUANTUM_WORK_WAITING", "1")
    configure("QUANTUM_WORK_CPU_SECONDS", "0.5")
    monkeypatch.setattr(flow_work, "_check", flow_jobs.check)
    monkeypatch.setattr(flow_work, "_checked_answer", flow_jobs.checked_answer)
    yield
    flow_work.close()


async def check(client: httpx.AsyncClient, tenant: Tenant, definition: Json) -> httpx.Response:
    return await client.post(path(tenant, "/check"), json={"definition": definition})


def slow_flow(pipe: Path) -> Json:
    """A flow whose check takes until the pipe is opened."""
    os.mkfifo(pipe)
    return small_flow() | {"persona": str(pipe)}


def release(pipe: Path) -> None:
    with pipe.open("w"):
        pass


async def jobs(count: int) -> None:
    """Return when so many jobs run or wait."""
    pool = flow_work.pool()
    while pool._running.total() + sum(map(len, pool._queues.values())) < count:  # noqa: ASYNC110  # pyright: ignore[reportPrivateUsage]
        await asyncio.sleep(0)


async def test_nothing_of_a_flow_is_computed_in_the_web_process(
    owner: httpx.AsyncClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_here(*_: Any, **__: Any) -> None:
        raise AssertionError("this runs in the web process")

    for module, name in (
        (validator, "_place"),
        (validator, "check"),
        (engine, "step"),
        (entity_extraction, "extract"),
        (test_case, "run"),
        (case_from_call, "case"),
    ):
        monkeypatch.setattr(module, name, fail_here)
    refusal = await put(owner, tenant, {"nodes": [0]})
    assert (refusal.status_code, refusal.json()["code"]) == (400, "flow_invalid")
    assert codes((await check(owner, tenant, small_flow())).json()) == WARNED
    case = {"name": "One", "turns": ["How much is a studio?"], "expected": {"phrases": ["980 euros"]}}
    revision = (await put(owner, tenant, small_flow())).json()["revision"]
    for suffix, body, status in (
        ("/simulate", {"event": CALL_START}, 200),
        ("/cases", case, 201),
        ("/test", {}, 200),
        ("/cases/from-call", {"call_id": await recent_call(tenant)}, 201),
        ("/publish", {"revision": revision}, 200),
    ):
        answer = await owner.post(path(tenant, suffix), json=body)
        assert answer.status_code == status, answer.text
        assert all(item["ok"] for item in answer.json().get("cases", []))
    assert codes((await get_flow(owner, tenant))["draft"]) == WARNED

    # Changing a draft reads it under its lock. Whoever only looks has nothing read here.
    for persona in ("Before.", "Later."):
        assert (await put(owner, tenant, small_flow() | {"persona": persona})).status_code == 200
    [earlier_draft] = (await owner.get(path(tenant, "/earlier"))).json()["drafts"]
    first, before, draft = (drafts.read(small_flow() | {"persona": persona}) for persona in ("", "Before.", "Later."))
    plain, earlier, later = (drafts.plain(flow) for flow in (first, before, draft))
    file = drafts.exported(draft)
    for name in ("read", "read_change", "plain", "exported"):
        # By its name, a job still finds the function in the pool's process.
        monkeypatch.setattr(drafts, name, wraps(getattr(drafts, name))(lambda *_: fail_here()))
    assert (await get_flow(owner, tenant))["draft"]["definition"] == later
    assert (await owner.get(path(tenant, "/versions/2"))).json() == {"version": 2, "definition": plain}
    assert (await owner.get(path(tenant, "/export"))).text == file
    assert (await owner.get(path(tenant, "/export"), params={"version": 2})).json() == plain
    conflict = await owner.post(path(tenant, "/publish"), json={"revision": 0})
    assert (conflict.status_code, conflict.json()["definition"]) == (409, later)
    for method, suffix, body in (
        ("GET", "/cases", None),
        ("POST", "/test", {}),
        ("POST", "/simulate", {"event": CALL_START}),
        ("POST", "/cases/from-call", {"call_id": await recent_call(tenant)}),
    ):
        answer = await owner.request(method, path(tenant, suffix), json=body)
        assert answer.is_success, (suffix, answer.text)
    assert (await owner.get("/api/flows/templates")).status_code == 200
    shown_earlier = await owner.get(path(tenant, f"/earlier/{earlier_draft['id']}"))
    assert shown_earlier.json() == {"id": earlier_draft["id"], "definition": earlier}


async def test_everybody_is_answered_while_a_flow_is_checked(
    owner: httpx.AsyncClient, tenant: Tenant, tmp_path: Path, one_process: None
) -> None:
    slow = asyncio.create_task(check(owner, tenant, slow_flow(tmp_path / "slow")))
    # One more may wait. Which of the two requests came first does not matter.
    next_check = asyncio.create_task(check(owner, tenant, slow_flow(tmp_path / "next")))
    while not flow_work.pool()._queues:  # pyright: ignore[reportPrivateUsage]
        assert (await owner.get("/api/alive")).status_code == 200
        assert not slow.done()
        assert not next_check.done()
        await asyncio.sleep(0)
    refusal = await check(owner, tenant, small_flow())
    assert (refusal.status_code, refusal.json()["code"]) == (429, "too_much_work_waiting")
    assert int(refusal.headers["retry-after"]) == refusal.json()["retry_after"] > 0
    assert not slow.done()
    assert not next_check.done()
    await asyncio.gather(*(asyncio.to_thread(release, tmp_path / name) for name in ("slow", "next")))
    assert [(await job).json() for job in (slow, next_check)] == [{"problems": []}] * 2


async def test_another_account_does_not_wait_for_a_backlog(
    owner: httpx.AsyncClient, tenant: Tenant, tmp_path: Path, configure: Configure, one_process: None
) -> None:
    configure("QUANTUM_WORK_WAITING", "8")
    flow_work.close()
    other = await create_tenant()
    other_headers = await as_program(other)
    pipes = [tmp_path / str(number) for number in range(3)]
    backlog: list[asyncio.Task[httpx.Response]] = []
    for pipe in pipes:
        backlog.append(asyncio.create_task(check(owner, tenant, slow_flow(pipe))))
        await jobs(len(backlog))
    other_check = asyncio.create_task(
        owner.post(path(other, "/check"), json={"definition": small_flow()}, headers=other_headers)
    )
    await jobs(4)
    doors = [asyncio.create_task(asyncio.to_thread(release, pipe)) for pipe in pipes[:2]]
    assert (await other_check).status_code == 200
    assert not backlog[2].done()
    doors.append(asyncio.create_task(asyncio.to_thread(release, pipes[2])))
    await asyncio.gather(*backlog, *doors)


async def test_a_flow_that_takes_too_long_is_kept_with_a_problem(
    owner: httpx.AsyncClient, tenant: Tenant, one_process: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await put(owner, tenant, small_flow() | {"persona": "endless"})
    assert answer.status_code == 200
    [problem] = answer.json()["problems"]
    assert (problem["severity"], problem["code"]) == ("error", "too_much_work")
    assert codes((await check(owner, tenant, small_flow())).json()) == WARNED, "the next one is checked"
    monkeypatch.setattr(simulation_jobs, "simulate", flow_jobs.endless)
    refusal = await owner.post(path(tenant, "/simulate"), json={"event": CALL_START})
    assert (refusal.status_code, refusal.json()["code"]) == (422, "too_much_work")


@pytest.mark.parametrize(
    ("limit", "method", "suffix", "body"),
    [
        ("CHECKS_BY_PERSON", "POST", "/check", {"definition": small_flow()}),
        ("CHECKS_BY_ACCOUNT", "POST", "/check", {"definition": small_flow()}),
        ("CHECKS_BY_PERSON", "GET", "", None),
        ("CHECKS_BY_PERSON", "GET", "/draft", None),
        ("CHECKS_BY_PERSON", "GET", "/versions/1", None),
        ("CHECKS_BY_PERSON", "GET", "/export", None),
        ("CHECKS_BY_PERSON", "GET", "/cases", None),
        ("DRAFTS_BY_PERSON", "PATCH", "/draft", {"revision": 0, "client": "tab", "change": {}}),
        ("DRAFTS_BY_ACCOUNT", "PATCH", "/draft", {"revision": 0, "client": "tab", "change": {}}),
        ("PUBLICATIONS_BY_ACCOUNT", "POST", "/publish", {"revision": 0}),
    ],
)
async def test_there_is_a_limit_for_each_person_and_account(
    owner: httpx.AsyncClient,
    tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    method: str,
    suffix: str,
    body: Json | None,
) -> None:
    monkeypatch.setattr(rate_limits, limit, rate_limits.parse("2/minute"))
    answers = [await owner.request(method, path(tenant, suffix), json=body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) > 0


async def test_earlier_drafts_and_templates_count_as_checks(
    owner: httpx.AsyncClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "CHECKS_BY_PERSON", rate_limits.parse("2/minute"))
    places = ("/api/flows/templates", path(tenant, f"/earlier/{ids.encode('draft', new_id())}"))
    assert [(await owner.get(place)).status_code for place in places] == [200, 404]
    assert [(await owner.get(place)).status_code for place in places] == [429, 429]
