"""Everything that one hostile address can send, for a bounded time: `python -m ops.bench.attack`.

Run as a process of its own, so that what it costs to attack is not measured as what it costs to be attacked. Its input
is one JSON object, `Target`; its output is one, by kind of attack how often each answer came. Loopback only.
"""

import asyncio
import collections
import contextlib
import json
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import aiohttp
import httpx
import socketio
from socketio.exceptions import SocketIOError

# Where the attack comes from; whoever is measured comes from elsewhere.
ADDRESS = "127.0.0.66"
STARTS, SOCKETS, BODIES, FLOODERS, BOMBERS = 200, 400, 1100, 20, 4
LARGEST = 60_000  # bytes of a message, just below what the server takes
_NAMESPACE = "/_event"
# A condition that never holds, over as many names as fit: the validator has to try every combination to know.
_NEVER = "turns > 1 and here > 2 and minutes > 3 and score > 4 and confidence > 2 and open and answered and complete"
_STATE = "reflex___state____state"
_REPORT = f"{_STATE}.reflex___state____frontend_event_exception_state.handle_frontend_exception"
_FORGED = "\n2026-01-01 00:00:00 [info] FORGED login accepted"


@dataclass(frozen=True)
class Target:
    """port: of the web process on 127.0.0.1. The attacker has an account (email, password) with a campaign."""

    port: int
    seconds: float
    email: str
    password: str
    campaign_id: str
    public_id: str
    consent_version: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Attack:
    def __init__(self, target: Target) -> None:
        self._target = target
        self._until = time.monotonic() + target.seconds
        self._cookie = ""
        self.counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)

    async def run(self) -> None:
        kinds: tuple[Callable[[], Awaitable[None]], ...] = (
            self._starts,
            self._sockets,
            self._slow_bodies,
            self._log_floods,
        )
        async with asyncio.timeout(self._target.seconds + 30), self._client() as client:
            # Before the attack begins: its own unfinished bodies would leave these requests no place.
            login = {"email": self._target.email, "password": self._target.password}
            (await client.post("/api/auth/login", json=login)).raise_for_status()
            self._cookie = await _page_cookie(client)
            await asyncio.gather(self._flow_bombs(client), *(kind() for kind in kinds))

    @property
    def _going_on(self) -> bool:
        return time.monotonic() < self._until

    async def _pace(self, count: int) -> None:
        """Between so many attempts, to spread them over the time."""
        await asyncio.sleep(self._target.seconds / count)

    def _client(self) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(local_address=ADDRESS)
        return httpx.AsyncClient(base_url=self._target.url, transport=transport, timeout=30)

    async def _flow_bombs(self, client: httpx.AsyncClient) -> None:
        path = f"/api/flows/{self._target.campaign_id}/check"

        async def bomber() -> None:
            while self._going_on:
                await self._try("flow bombs", client.post(path, json={"definition": _bomb()}))

        await asyncio.gather(*(bomber() for _ in range(BOMBERS)))

    async def _starts(self) -> None:
        async with self._client() as client:
            for number in range(STARTS):
                if not self._going_on:
                    return
                body = {
                    "email": f"attacker+{number}@example.com",
                    "consent": True,
                    "consent_version": self._target.consent_version,
                }
                path = f"/api/public/campaigns/{self._target.public_id}/calls"
                answer = await self._try("call starts", client.post(path, json=body))
                if answer is not None and answer.status_code == 201:
                    ticket = answer.json()
                    headers = {"authorization": f"Bearer {ticket['token']}"}
                    again = client.post(f"/api/public/calls/{ticket['call_id']}/assistant", headers=headers)
                    await self._try("assistants asked for", again)
                await self._pace(STARTS)

    async def _sockets(self) -> None:
        # One as large as is taken, which makes a state; and one that is larger.
        event = _event(f"{_STATE}.hydrate_and_load", "a" * 1900, hashes=["b" * (LARGEST - 5000)])
        larger = _event(f"{_STATE}.hydrate_and_load", "a" * LARGEST)

        async def attempt(number: int) -> None:
            await asyncio.sleep(self._target.seconds / 3 * number / SOCKETS)
            async with self._socket("sockets", f"?token={uuid4()}") as socket:
                while socket is not None and socket.connected and self._going_on:
                    with contextlib.suppress(SocketIOError):
                        await socket.emit("event", event, namespace=_NAMESPACE)
                        await socket.emit("event", larger, namespace=_NAMESPACE)
                    await asyncio.sleep(2)
                if socket is not None:
                    self.counts["sockets"]["held to the end" if socket.connected else "put out"] += 1

        await asyncio.gather(*(attempt(number) for number in range(SOCKETS)))

    async def _slow_bodies(self) -> None:
        head = (
            f"POST /api/auth/login HTTP/1.1\r\nHost: localhost:{self._target.port}\r\n"
            "Content-Type: application/json\r\nContent-Length: 9000\r\n\r\n{"
        ).encode()

        async def attempt() -> None:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._target.port, local_addr=(ADDRESS, 0))
            except OSError:
                self.counts["slow bodies"]["not connected"] += 1
                return
            try:
                writer.write(head)
                await writer.drain()
                async with asyncio.timeout(max(0.1, self._until - time.monotonic())):
                    line = await reader.readline()
                self.counts["slow bodies"][line.decode(errors="replace")[9:12] or "cut"] += 1
            except TimeoutError:
                self.counts["slow bodies"]["held to the end"] += 1
            except OSError:
                self.counts["slow bodies"]["cut"] += 1
            finally:
                writer.close()

        await asyncio.gather(*(attempt() for _ in range(BODIES)))

    async def _log_floods(self) -> None:
        events: tuple[Any, ...] = (
            "x" * LARGEST,
            {"name": f"unknown.handler{_FORGED}", "payload": {"text": "x" * LARGEST}, "router_data": {}},
            _event(_REPORT, "", info=_FORGED + "x" * (LARGEST // 2), component_stack="x" * (LARGEST // 3)),
        )

        async def attempt(number: int) -> None:
            query = "" if number % 4 == 0 else f"?token={uuid4()}"
            while self._going_on:
                async with self._socket("log floods", query) as socket:
                    for event in events * 5:
                        if socket is None:
                            break
                        with contextlib.suppress(SocketIOError):
                            await socket.emit("event", event, namespace=_NAMESPACE)
                        await asyncio.sleep(0.05)
                await asyncio.sleep(0.5)

        await asyncio.gather(*(attempt(number) for number in range(FLOODERS)))

    @contextlib.asynccontextmanager
    async def _socket(self, kind: str, query: str) -> AsyncIterator[socketio.AsyncClient | None]:
        """A connected client, or None where the server refuses."""
        connector = aiohttp.TCPConnector(local_addr=(ADDRESS, 0))
        async with aiohttp.ClientSession(connector=connector) as http:
            client = socketio.AsyncClient(reconnection=False, http_session=http)
            try:
                await client.connect(
                    f"{self._target.url}{query}",
                    headers={"Cookie": self._cookie, "Origin": f"http://localhost:{self._target.port}"},
                    namespaces=[_NAMESPACE],
                    transports=["websocket"],
                    socketio_path=_NAMESPACE,
                    wait_timeout=10,
                )
            except (SocketIOError, aiohttp.ClientError, OSError):
                self.counts[kind]["refused"] += 1
                yield None
                return
            self.counts[kind]["connected"] += 1
            try:
                yield client
            finally:
                with contextlib.suppress(Exception):
                    await client.disconnect()

    async def _try(self, kind: str, request: Awaitable[httpx.Response]) -> httpx.Response | None:
        try:
            answer = await request
        except httpx.HTTPError as error:
            self.counts[kind][type(error).__name__] += 1
            return None
        self.counts[kind][str(answer.status_code)] += 1
        if answer.status_code == 429:
            await asyncio.sleep(0.2)
        return answer


def _event(name: str, query: str, **payload: Any) -> dict[str, Any]:
    place = {"pathname": "/login", "asPath": f"/login?{query}", "query": {}}
    return {"name": name, "payload": payload, "router_data": place}


async def _page_cookie(client: httpx.AsyncClient) -> str:
    """The cookies that a page sets for anybody."""
    answer = await client.get("/login/")
    return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


def _bomb() -> dict[str, Any]:
    """A flow of some 59 kB that cannot be judged quickly; no two are alike, so nothing can be remembered."""
    salt = uuid4().int % 10**9
    conditions = [f"{_NEVER} and turns > {salt + number} and {_NEVER} and {_NEVER}" for number in range(99)]
    edges: list[dict[str, Any]] = [
        {"id": f"e{number}", "source": "s", "target": "e", "condition": {"type": "expression", "expression": text}}
        for number, text in enumerate(conditions)
    ]
    edges.append({"id": "otherwise", "source": "s", "target": "e", "condition": {"type": "fallback"}})
    return {
        "schema_version": 3,
        "start": "s",
        "nodes": [
            {"type": "start", "id": "s", "greeting": "Hello."},
            {"type": "end", "id": "e", "farewell": "Goodbye."},
        ],
        "edges": edges,
    }


def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    attack = Attack(Target(**json.load(sys.stdin)))
    with contextlib.suppress(TimeoutError):
        asyncio.run(attack.run())
    json.dump({kind: dict(counter) for kind, counter in attack.counts.items()}, sys.stdout)


def program_input(target: Target) -> bytes:
    """The program's input."""
    return json.dumps(asdict(target)).encode()


if __name__ == "__main__":
    main()
