"""What a socket has to bring, and what it may send: decided before Reflex is told of it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
import structlog
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.testclient import TestClient

from quantum_app.kit.clock import now
from quantum_app.settings import Sockets, settings
from quantum_app.web import page_session
from quantum_app.web.socket_limits import WINDOW, SocketLimits, ThrottledLog, protect

pytestmark = pytest.mark.api

CONNECT = '40/_event,{"event":{}}'
EVENT = '42/_event,["event",{"name":"a"}]'


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("QUANTUM_SECRET_KEY", "k" * 40)
    settings.cache_clear()
    yield
    settings.cache_clear()


def cookie() -> str:
    return page_session.cookie().partition(";")[0]


class Server:
    """The app behind the limits, and one socket of it: `app_messages` reached the app, `answers` came back."""

    def __init__(self) -> None:
        self.app_messages: list[Any] = []
        self.answers: list[Any] = []
        self._app = protect(self._listen)

    async def _listen(self, scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            self.app_messages.append(message.get("text", message["type"]))
        await send({"type": "websocket.send", "text": "too late"})

    async def send_frames(
        self, *frames: str | bytes, query: str | None = None, address: str = "203.0.113.1", **headers: str
    ):
        """What one socket does: it connects, sends these frames and goes."""
        messages = [{"text": frame} if isinstance(frame, str) else {"bytes": frame} for frame in frames]
        events = [
            {"type": "websocket.connect"},
            *({"type": "websocket.receive", **frame} for frame in messages),
            {"type": "websocket.disconnect"},
        ]

        async def receive() -> Any:
            return events.pop(0)

        async def send(message: Any) -> None:
            self.answers.append(message)

        all_headers = {"cookie": cookie(), **headers}
        scope = {
            "type": "websocket",
            "path": "/_event/",
            "query_string": (f"token={uuid4()}" if query is None else query).encode(),
            "headers": [(name.encode(), value.encode()) for name, value in all_headers.items()],
            "client": (address, 1),
            "subprotocols": [],
        }
        await self._app(scope, receive, send)

    @property
    def is_closed(self) -> bool:
        return {"type": "websocket.close", "code": 1008} in self.answers


def _page_cookie(key: str, **claims: Any) -> str:
    payload = {"aud": "quantum-page", "exp": now() + timedelta(minutes=1), **claims}
    return f"{settings().cookie_prefix}_page={jwt.encode({k: v for k, v in payload.items() if v}, key, 'HS256')}"


async def test_a_page_session_and_the_name_of_a_tab_open_a_socket() -> None:
    server = Server()
    await server.send_frames(CONNECT, EVENT)
    assert server.app_messages == ["websocket.connect", CONNECT, EVENT]
    assert not server.is_closed


async def test_without_a_page_session_nobody_hears_of_the_socket() -> None:
    for value in (
        "",
        cookie()[:-2],
        _page_cookie("x" * 40),
        _page_cookie("k" * 40, exp=now() - timedelta(seconds=1)),
        _page_cookie("k" * 40, exp=None),
        _page_cookie("k" * 40, aud="quantum-device"),
    ):
        server = Server()
        await server.send_frames(CONNECT, cookie=value)
        assert (server.app_messages, server.is_closed) == ([], True), value


@pytest.mark.parametrize(
    "query", ["", "token=", "token=x", f"token={'a' * 30_000}", f"token={uuid4()}&token={uuid4()}"]
)
async def test_a_tab_is_named_by_a_uuid(query: str) -> None:
    server = Server()
    await server.send_frames(CONNECT, query=query)
    assert (server.app_messages, server.is_closed) == ([], True)


@pytest.mark.parametrize(
    "frame",
    [
        b"\x04" * 10,
        '451-/_event,["event",{"_placeholder":true,"num":0}]',
        '42/_event,["connect",{"QUERY_STRING":"token=x"}]',
        '42/_event,[ "connect",{}]',
        '42/_event,["disconnect"]',
        '42["event",{}]',
        "40/other,",
        "2probe",
        "x",
        "",
        '42/_event,["event",{"name":"' + "é" * 40_000 + '"}]',
    ],
    ids=range(11),
)
async def test_a_frame_that_no_page_sends_closes_the_socket(frame: str | bytes) -> None:
    server = Server()
    await server.send_frames(CONNECT, frame, EVENT)
    assert server.app_messages == ["websocket.connect", CONNECT]
    assert server.answers == [{"type": "websocket.close", "code": 1008}]


async def test_one_socket_connects_once() -> None:
    server = Server()
    await server.send_frames(CONNECT, CONNECT)
    assert server.app_messages == ["websocket.connect", CONNECT]
    assert server.is_closed


def test_what_one_address_may_do_is_limited_and_others_are_not() -> None:
    at = [0.0]
    limits = SocketLimits(Sockets(open=2, connects=3, messages=4, bytes=100), lambda: at[0])
    assert [limits.opens("a"), limits.opens("a"), limits.opens("a"), limits.opens("b")] == [True, True, False, True]
    limits.closes("a")
    assert [limits.opens("a"), limits.closes("a"), limits.opens("a")] == [True, None, False]  # three in one window
    assert [limits.sends("a", 10) for _ in range(5)] == [True] * 4 + [False]
    assert [limits.sends("b", 60), limits.sends("b", 60)] == [True, False]
    at[0] += WINDOW
    assert limits.sends("a", 100)
    assert limits.opens("a")
    assert not limits.opens("a")  # one of the window before is open still
    limits.closes("a")
    limits.closes("a")
    limits.closes("b")
    at[0] += WINDOW
    limits.opens("c")
    assert limits._of.keys() == {"c"}


def test_a_burst_is_spread_over_time() -> None:
    at = [100.0]
    limits = SocketLimits(Sockets(messages=100), lambda: at[0])
    assert [limits.pause("a") for _ in range(10)] == [0.0] * 10
    assert [round(limits.pause("a"), 1) for _ in range(3)] == [0.1, 0.2, 0.3]
    assert limits.pause("b") == 0.0
    at[0] += 2
    assert limits.pause("a") == 0.0


async def test_too_many_messages_close_the_sockets_of_their_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTUM_SOCKET_BYTES", str(10 * len(EVENT)))
    settings.cache_clear()
    server = Server()
    await server.send_frames(CONNECT, *[EVENT] * 10)
    assert server.is_closed
    for other_address in ("203.0.113.2", "2001:db8::1"):
        server.answers.clear()
        await server.send_frames(CONNECT, EVENT, address=other_address)
        assert not server.is_closed


async def test_a_trusted_proxy_says_whose_socket_it_is() -> None:
    server, limits = Server(), settings().sockets
    for number in range(limits.connects):
        await server.send_frames(address="127.0.0.1", **{"x-forwarded-for": f"198.51.100.{number}, 203.0.113.1"})
    assert not server.is_closed
    await server.send_frames(address="127.0.0.1", **{"x-forwarded-for": "198.51.100.250, 203.0.113.1"})
    assert server.is_closed


def test_only_web_sockets_are_served_there() -> None:
    client = TestClient(protect(PlainTextResponse("Reflex")))
    assert client.post("/_event/?EIO=4&transport=polling", content=b"x" * 1000).status_code == 404
    assert client.get("/elsewhere").text == "Reflex"


def test_pages_bring_a_page_session_and_nothing_else_does() -> None:
    answers: dict[str, Response] = {
        "/page": HTMLResponse("<p>"),
        "/same": Response(status_code=304),
        "/script.js": Response("1", media_type="text/javascript"),
    }

    async def pages(scope: Any, receive: Any, send: Any) -> None:
        await answers[scope["path"]](scope, receive, send)

    client = TestClient(page_session.protect(pages))
    for path in ("/page", "/same"):
        header = client.get(path, headers={"accept": "text/html,*/*"}).headers["set-cookie"]
        assert page_session.is_valid(header.partition(";")[0])
        assert {"HttpOnly", "SameSite=lax", "Path=/_event", "Max-Age=3600"} <= set(header.split("; "))
        assert "Secure" not in header
    assert "set-cookie" not in client.get("/same", headers={"accept": "*/*"}).headers
    assert "set-cookie" not in client.get("/script.js", headers={"accept": "text/html"}).headers


def test_behind_https_a_page_session_is_for_https(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANTUM_PUBLIC_URL", "https://voice.example")
    settings.cache_clear()
    assert "Secure" in page_session.cookie().split("; ")


def test_refusals_do_not_fill_the_log() -> None:
    at = [0.0]
    refusals = ThrottledLog(lambda: at[0])
    with structlog.testing.capture_logs() as lines:
        for _ in range(1000):
            refusals.warn("socket.refused", reason="no page session")
        at[0] += WINDOW
        refusals.warn("socket.refused", reason="no page session")
    assert len(lines) == 12
    assert lines[10]["count"] == 990
