"""What a legitimate account notices of an attack: the same page, and the same calls, without one and under one.

The attack (`ops.bench.attack`) comes from one address of the loopback range and lasts as long as the quiet run before:
flows made to keep the validator busy, call starts, sockets with the largest messages, unfinished bodies, log floods.
The legitimate account comes from another address.
"""

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import httpx
import redis.asyncio
import socketio

from ops.bench import set_up
from ops.bench.attack import Target, program_input
from ops.bench.figures import FOLDER, Figure, commit, quantile, spread, table
from ops.bench.resources import machine
from ops.caller import CallRefused, SyntheticCaller, Ticket
from ops.home import ROOT
from ops.parts import NAMES, Instance
from ops.sound import speak
from quantum_app.domain.campaigns import demo
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.settings import settings
from quantum_app.web.calls.state import CallsState

PARTS = NAMES
SECONDS = 60.0
HONEST = "127.0.0.2"
_BEAT = 0.5  # seconds between two page events
_QUESTIONS = ("Do you allow pets?", "How much is the rent?", "Is there a parking space?")
_NAMESPACE = "/_event"
_MIB = 2**20


@dataclass(slots=True)
class CallerExperience:
    """What the legitimate account experienced, in seconds.

    events: round trips; answer_times: call start to assistant in the room.
    """

    events: list[float] = field(default_factory=list[float])
    lost_events: int = 0
    answer_times: list[float] = field(default_factory=list[float])
    refusals: int = 0
    latencies: list[float] = field(default_factory=list[float])
    silent_turns: int = 0


async def measure(instance: Instance) -> list[Figure]:
    """All figures; every part of the instance is running."""
    url = f"http://127.0.0.1:{instance.port}"
    questions = [await asyncio.to_thread(speak, text) for text in _QUESTIONS]
    legitimate = LegitimateAccount(url, instance.secrets.demo_password, questions)
    print("A call to warm up …", flush=True)
    await legitimate.call(CallerExperience())
    print(f"{SECONDS:g} s without an attack …", flush=True)
    quiet = await legitimate.watch(SECONDS)
    before = _disk(instance.home)
    print(f"{SECONDS:g} s under attack …", flush=True)
    peak = asyncio.create_task(_valkey_peak())
    attack = asyncio.create_task(_attack(await _target(instance)))
    attacked = await legitimate.watch(SECONDS)
    counts = await attack
    peak_memory = await _final_peak(peak)
    print(json.dumps(counts, indent=1), flush=True)
    calm = await legitimate.watch(10)
    return [
        *spread("page event, no attack", quiet.events)[:2],
        *spread("page event under attack", attacked.events, None, 500)[:2],
        Figure("page events lost under attack", float(attacked.lost_events), "", len(attacked.events), 0),
        *spread("call start → assistant in the room, no attack", quiet.answer_times)[:1],
        Figure(
            "call start → assistant under attack, max",
            _milli(attacked.answer_times),
            "ms",
            len(attacked.answer_times),
            3000,
        ),
        Figure("call starts refused under attack", float(attacked.refusals), "", len(attacked.answer_times), 0),
        *spread("last audible sample → first of the assistant, no attack", quiet.latencies)[:2],
        *spread("… under attack", attacked.latencies)[:2],
        Figure(
            "… p50 against no attack", _ratio(attacked.latencies, quiet.latencies), "×", len(attacked.latencies), 1.5
        ),
        Figure("turns without an answer under attack", float(attacked.silent_turns), "", len(attacked.latencies), 0),
        Figure("Valkey's memory at its highest, of its limit", 100 * peak_memory, "%", 1, 100),
        Figure("disk growth under attack", (_disk(instance.home) - before) / _MIB, "MiB", 1, 50),
        *spread("page event afterwards", calm.events)[1:2],
    ]


def report(figures: Sequence[Figure]) -> None:
    """Print, and write `docs/bench/abuse.md`."""
    facts = machine()
    lines = [
        "# Abuse",
        "",
        f"{now():%Y-%m-%d %H:%M} UTC, commit {commit()}. {facts['processor']}, {facts['cores']} cores, which attack, "
        f"product and caller share. {SECONDS:g} s each; `make bench ARGS='--only abuse'`.",
        "",
        table(figures),
    ]
    text = "\n".join(lines) + "\n"
    (FOLDER / "abuse.md").write_text(text)
    print(f"\n{text}")


class LegitimateAccount:
    """The demo account's owner at a page, and a caller of its campaign."""

    def __init__(self, url: str, password: str, questions: Sequence[Any]) -> None:
        self._url = url
        self._password = password
        self._questions = questions
        self._calls = 0

    async def watch(self, seconds: float) -> CallerExperience:
        """Page events on a beat and calls one after the other, for so long."""
        observation = CallerExperience()
        until = time.monotonic() + seconds

        async def calls() -> None:
            while time.monotonic() < until - 10:
                await self.call(observation)

        await asyncio.gather(self._page(observation, until), calls())
        return observation

    async def call(self, observation: CallerExperience) -> None:
        """One call: how soon the assistant comes, and how soon it answers each question."""
        began = time.monotonic()
        try:
            async with SyntheticCaller(await self._ticket()) as caller:
                joined_at = await caller.assistant(timeout=20)
                observation.answer_times.append(joined_at - began)
                await caller.turn_over(after=joined_at, timeout=30)
                for question in self._questions:
                    speech = await caller.say(question)
                    try:
                        observation.latencies.append(await caller.wait_for_sound(speech.last, 10) - speech.last)
                        await caller.turn_over(speech.last, 30)
                    except TimeoutError:
                        observation.silent_turns += 1
        except (CallRefused, httpx.HTTPError):
            observation.refusals += 1
            await asyncio.sleep(1)
        except TimeoutError:
            observation.answer_times.append(time.monotonic() - began)

    async def _ticket(self) -> Ticket:
        self._calls += 1
        campaign = await campaigns.get_public(demo.PUBLIC_ID)
        body = {
            "email": f"caller-{self._calls}@legitimate.example",
            "consent": True,
            "consent_version": campaign.consent_version,
        }
        async with self._client() as client:
            answer = await client.post(f"/api/public/campaigns/{demo.PUBLIC_ID}/calls", json=body)
        if answer.status_code != 201:
            raise CallRefused(answer.status_code, answer.json())
        ticket = answer.json()
        return Ticket(ticket["call_id"], ticket["server_url"], ticket["token"])

    def _client(self) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(local_address=HONEST)
        return httpx.AsyncClient(base_url=self._url, transport=transport, timeout=20)

    async def _page(self, observation: CallerExperience, until: float) -> None:
        async with self._client() as client:
            page = await client.get("/login/")
            login = {"email": demo.EMAIL, "password": self._password}
            answer = await client.post("/api/auth/login", json=login)
            answer.raise_for_status()
            cookies = {**page.cookies, **answer.cookies}
        event = {
            "name": f"{CallsState.get_full_name()}.load",
            "payload": {},
            "router_data": {"pathname": "/calls", "asPath": "/calls", "query": {}},
        }
        async with _socket(self._url, "; ".join(f"{name}={value}" for name, value in cookies.items())) as (
            socket,
            messages,
        ):
            while time.monotonic() < until:
                while not messages.empty():
                    messages.get_nowait()
                began = time.monotonic()
                await socket.emit("event", event, namespace=_NAMESPACE)
                try:
                    await asyncio.wait_for(messages.get(), 10)
                    observation.events.append(time.monotonic() - began)
                except TimeoutError:
                    observation.lost_events += 1
                await asyncio.sleep(_BEAT)


@contextlib.asynccontextmanager
async def _socket(url: str, cookie: str) -> AsyncIterator[tuple[socketio.AsyncClient, asyncio.Queue[Any]]]:
    messages: asyncio.Queue[Any] = asyncio.Queue()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(HONEST, 0))) as http:
        client = socketio.AsyncClient(reconnection=False, http_session=http)
        client.on("event", messages.put_nowait, namespace=_NAMESPACE)
        await client.connect(
            f"{url}?token={uuid4()}",
            headers={"Cookie": cookie},
            namespaces=[_NAMESPACE],
            transports=["websocket"],
            socketio_path=_NAMESPACE,
        )
        try:
            yield client, messages
        finally:
            await client.disconnect()


async def _target(instance: Instance) -> Target:
    account = await set_up.account(demo.flow())
    campaign = await campaigns.get_public(account.public_id)
    return Target(
        instance.port,
        SECONDS,
        account.email,
        account.password,
        ids.encode("cmp", account.campaign_id),
        account.public_id,
        campaign.consent_version,
    )


async def _attack(target: Target) -> dict[str, dict[str, int]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ops.bench.attack",
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate(program_input(target))
    return json.loads(output)


async def _valkey_peak() -> float:
    """The most memory that the fuller of the two Valkey servers used until cancelled, as a share of its limit."""
    servers, highest = settings().redis, 0.0
    async with (
        redis.asyncio.Redis.from_url(servers.url.get_secret_value()) as counters,
        redis.asyncio.Redis.from_url(servers.page_states) as page_states,
    ):
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                for server in (counters, page_states):
                    memory = await server.info("memory")
                    highest = max(highest, memory["used_memory"] / memory["maxmemory"])
                await asyncio.sleep(0.5)
    return highest


async def _final_peak(task: asyncio.Task[float]) -> float:
    task.cancel()
    return await task


def _disk(home: Path) -> int:
    """Bytes of all files of an instance."""
    total = 0
    for path in home.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_size if path.is_file() else 0
    return total


def _milli(seconds: Sequence[float]) -> float | None:
    return 1000 * max(seconds) if seconds else None


def _ratio(values: Sequence[float], others: Sequence[float]) -> float | None:
    median, other = quantile(values, 0.5), quantile(others, 0.5)
    return median / other if median and other else None
