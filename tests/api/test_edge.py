"""What is refused before a page or a route is asked: other hosts, too much at once, bodies that do not come."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from ops.home import ROOT, Secrets, free_block
from ops.parts import Instance, parts
from ops.run import allow_open_files
from quantum_app.api.app import api
from quantum_app.api.edge import Edge
from quantum_app.settings import settings
from tests.api.conftest import Configure

pytestmark = pytest.mark.api

SLOW = 1100


def request(path: str = "/login/", peer: str = "203.0.113.5", **headers: str) -> Scope:
    all_headers = {"host": "localhost:3000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "http_version": "1.1",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in all_headers.items()],
        "client": (peer, 50_000),
        "server": ("localhost", 3000),
    }


async def no_message() -> Message:
    """A client that sends no more."""
    await asyncio.Event().wait()
    raise AssertionError


def pieces(*bodies: bytes) -> Receive:
    """A client that sends these at once, and then no more."""
    remaining = list(bodies)

    async def receive() -> Message:
        if remaining:
            return {"type": "http.request", "body": remaining.pop(0), "more_body": True}
        return await no_message()

    return receive


async def unread_body() -> Message:
    raise AssertionError("the body was read")


class Answer:
    """What was sent back."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.messages[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)


async def send_request(app: Edge, scope: Scope, receive: Receive = unread_body) -> Answer:
    answer = Answer()
    await app(scope, receive, answer.send)
    return answer


async def ok_app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


# Bodies


async def test_a_body_that_does_not_come_ends_with_408(configure: Configure) -> None:
    configure("QUANTUM_HTTP_BODY_TIMEOUT", "0.02")
    headers = {"content_type": "application/json", "content_length": "9000"}
    for path in ("/api/auth/login", "/api/flows/cmp_x/check"):
        answer = await send_request(Edge(api), request(path, **headers), pieces(b"{"))
        assert answer.status == 408
        assert json.loads(answer.body)["code"] == "body_timeout"


@pytest.mark.parametrize(("rate", "arrives"), [("1", True), ("1000000", False)])
async def test_a_body_may_take_as_long_as_its_size_asks_for(configure: Configure, rate: str, arrives: bool) -> None:
    configure("QUANTUM_HTTP_BODY_TIMEOUT", "0.02")
    configure("QUANTUM_HTTP_BODY_RATE", rate)
    next_part = asyncio.Event()
    bodies = [b"x" * 10_000, b"y"]

    async def receive() -> Message:
        if len(bodies) == 1:
            await next_part.wait()
        return {"type": "http.request", "body": bodies.pop(0), "more_body": bool(bodies)}

    messages: list[Message] = []

    async def reading_app(scope: Scope, receive: Receive, send: Send) -> None:
        messages.append(await receive())
        asyncio.get_running_loop().call_later(0.2, next_part.set)  # long after the first 0.02 s
        messages.append(await receive())

    await send_request(Edge(reading_app), request(), receive)
    assert messages[0]["body"] == b"x" * 10_000
    assert messages[1]["type"] == ("http.request" if arrives else "http.disconnect")


@pytest.mark.parametrize(("length", "reads_all"), [("8", True), ("1000000", False), ("", False)])
async def test_a_short_body_is_read_before_an_answer_that_does_not_ask_for_it(length: str, reads_all: bool) -> None:
    """Or the server closes the connection, just when the next request is sent on it."""
    remaining = [b"half", b"rest"]

    async def receive() -> Message:
        return {"type": "http.request", "body": remaining.pop(0), "more_body": bool(remaining)}

    answer = await send_request(Edge(ok_app), request(content_length=length), receive)
    assert answer.status == 204
    assert (remaining == []) is reads_all


async def test_a_short_body_that_does_not_come_delays_an_answer_and_no_longer(configure: Configure) -> None:
    configure("QUANTUM_HTTP_BODY_TIMEOUT", "0.02")
    answer = await send_request(Edge(ok_app), request(content_length="8"), no_message)
    assert answer.status == 204


async def test_after_the_body_an_answer_may_take_its_time(configure: Configure) -> None:
    configure("QUANTUM_HTTP_BODY_TIMEOUT", "0.02")
    disconnect = asyncio.Event()
    body_messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if body_messages:
            return body_messages.pop()
        await disconnect.wait()
        return {"type": "http.disconnect", "by": "the client"}

    async def slow_app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        asyncio.get_running_loop().call_later(0.1, disconnect.set)
        assert (await receive())["by"] == "the client"

    await send_request(Edge(slow_app), request(), receive)


# How much at once


class HoldingApp:
    """An app whose answers wait until they are let go."""

    def __init__(self) -> None:
        self._requests: asyncio.Queue[None] = asyncio.Queue()
        self.release = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._requests.put_nowait(None)
        await self.release.wait()
        await ok_app(scope, receive, send)

    async def holds(self, count: int) -> None:
        """Wait until it holds so many more."""
        for _ in range(count):
            await self._requests.get()


async def test_one_address_has_so_many_requests_at_once_and_others_are_answered(configure: Configure) -> None:
    configure("QUANTUM_HTTP_REQUESTS_PER_ADDRESS", "3")
    app = HoldingApp()
    edge = Edge(app)
    slow_requests = [asyncio.create_task(send_request(edge, request())) for _ in range(3)]
    await app.holds(3)
    for path in ("/login/", "/api/auth/login"):
        refusal = await send_request(edge, request(path))
        assert (refusal.status, refusal.headers[b"retry-after"]) == (429, b"1")
        assert b"Too many simultaneous requests from your network" in refusal.body
    alive = asyncio.create_task(send_request(edge, request("/api/alive")))
    other_requests = [
        asyncio.create_task(send_request(edge, request(peer="203.0.113.6"))),
        asyncio.create_task(send_request(edge, request(peer="127.0.0.1", x_forwarded_for="198.51.100.1"))),
    ]
    await app.holds(3)
    app.release.set()
    assert [answer.status for answer in await asyncio.gather(*slow_requests, *other_requests, alive)] == [204] * 6
    assert (await send_request(edge, request())).status == 204, "it may go on"
    assert edge._in_progress == {}


async def test_a_request_that_fails_is_over(configure: Configure) -> None:
    configure("QUANTUM_HTTP_REQUESTS_PER_ADDRESS", "1")

    async def failing_app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("inside")

    edge = Edge(failing_app)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="inside"):
            await send_request(edge, request())


async def test_an_invented_sender_behind_no_proxy_counts_as_the_peer(configure: Configure) -> None:
    configure("QUANTUM_HTTP_REQUESTS_PER_ADDRESS", "1")
    app = HoldingApp()
    edge = Edge(app)
    slow_request = asyncio.create_task(send_request(edge, request(x_forwarded_for="198.51.100.1")))
    await app.holds(1)
    assert (await send_request(edge, request(x_forwarded_for="198.51.100.2"))).status == 429
    app.release.set()
    await slow_request


# Hosts

OURS = ["localhost", "localhost:3000", "LOCALHOST:8080", "127.0.0.1:3000", "[::1]:3000"]
NOT_OURS = [
    *("evil.example", "localhost.evil.example", "localhost.", "localhost:3000@evil.example", "evil.example@localhost"),
    *("127.0.0.1.nip.io", "127.0.0.2", "0.0.0.0", "[", "[::1", "localhost:", "localhost:99999999", "localhost/x"),
    *("", " ", "local host", "\xff", "localhost,evil.example", "voice.example"),
]


@pytest.mark.parametrize("public", ["", "https://Voice.example:8443/"])
@pytest.mark.parametrize("host", OURS)
async def test_this_machines_own_names_are_served(configure: Configure, host: str, public: str) -> None:
    configure("QUANTUM_PUBLIC_URL", public)
    assert (await send_request(Edge(ok_app), request(host=host))).status == 204


@pytest.mark.parametrize("host", NOT_OURS)
async def test_other_names_are_not(host: str) -> None:
    """A site can point its own name at this machine, and its page would be of the same origin then."""
    for path in ("/login/", "/api/auth/login", "/api/alive"):
        answer = await send_request(Edge(ok_app), request(path, host=host))
        assert answer.status == 421
        assert settings().web_url.encode() in answer.body


async def test_the_public_name_is_served_once_it_is_set(configure: Configure) -> None:
    configure("QUANTUM_PUBLIC_URL", "https://Voice.example")
    assert (await send_request(Edge(ok_app), request(host="voice.example"))).status == 204
    assert (await send_request(Edge(ok_app), request(host="other.example"))).status == 421


async def test_a_request_for_two_hosts_or_none_is_refused() -> None:
    scope = request()
    for headers in ([], [*scope["headers"], (b"host", b"localhost")]):
        assert (await send_request(Edge(ok_app), {**scope, "headers": headers})).status == 421


async def test_sockets_have_hosts_too() -> None:
    scope: dict[str, Any] = {**request("/_event/", host="evil.example"), "type": "websocket"}
    answer = await send_request(Edge(ok_app), scope)
    assert [message["type"] for message in answer.messages] == ["websocket.close"]


# By real connections


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The API by the web server as `make run` starts it, with nothing behind it; its port."""
    allow_open_files()
    instance = Instance(tmp_path_factory.mktemp("edge"), free_block(), Secrets(), {})
    *command, target = next(part.command for part in parts(instance) if part.name == "web")
    assert target == "quantum_app.quantum_app:app"
    environment = os.environ | {"QUANTUM_HTTP_BODY_TIMEOUT": "2"}
    with subprocess.Popen([*command, "tests.api.edge_app:app"], cwd=ROOT, env=environment) as process:
        try:
            while not _listens(instance.port):
                assert process.poll() is None
                time.sleep(0.05)
            yield instance.port
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        connection(port, "127.0.0.1").close()
    except ConnectionRefusedError:
        return False
    return True


def connection(port: int, source: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 60, (source, 0))


def status(port: int, source: str, text: str) -> int:
    with connection(port, source) as client_socket:
        client_socket.sendall(text.encode())
        return int(client_socket.recv(100).split()[1])


HEAD = "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
COMPLETE = f"{HEAD.format('/api/auth/login', 1)}["


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/auth/login", {408, 429}),
        ("/api/alive", {405}),  # takes no body
    ],
)
def test_unfinished_bodies_of_one_address_keep_nobody_waiting(server: int, path: str, expected: set[int]) -> None:
    connections = [connection(server, "127.0.0.1") for _ in range(SLOW)]
    try:
        for client_socket in connections:
            client_socket.sendall(f"{HEAD.format(path, 9000)}{{".encode())
        assert status(server, "127.0.0.2", COMPLETE) == 400
        statuses = {int(client_socket.recv(100).split()[1]) for client_socket in connections}
        for client_socket in connections:
            _read_to_its_end(client_socket)
    finally:
        for client_socket in connections:
            client_socket.close()
    assert statuses == expected


def _read_to_its_end(client_socket: socket.socket) -> None:
    """Returns when the server has closed it."""
    with contextlib.suppress(ConnectionResetError):
        while client_socket.recv(4096):
            pass


def test_idle_connections_of_one_address_keep_nobody_waiting(server: int) -> None:
    connections = [connection(server, "127.0.0.1") for _ in range(SLOW)]
    try:
        assert status(server, "127.0.0.2", COMPLETE) == 400
    finally:
        for client_socket in connections:
            client_socket.close()
