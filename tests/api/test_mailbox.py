"""The demo's mailbox is there for somebody on this machine, while mail does not leave it."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from quantum_app.api.app import api, transform
from quantum_app.domain.outbox.schemas import Mail
from quantum_app.kit.ids import new_id
from quantum_app.providers.email import mailer
from quantum_app.settings import settings
from tests.api.conftest import Configure
from tests.stack import Stack

PATH = "/api/dev/mailbox"


@pytest.fixture(scope="module")
def running(stack: Stack) -> Stack:
    stack.need("providers")
    return stack


def browser(peer: str = "127.0.0.1", host: str = "localhost:3000", **headers: str) -> httpx.AsyncClient:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(api, client=(peer, 50_000)), base_url=f"http://{host}", headers=named
    )


@pytest_asyncio.fixture
async def web(running: Stack) -> AsyncIterator[httpx.AsyncClient]:
    async with browser() as client:
        yield client


async def test_it_shows_text_and_nothing_else(web: httpx.AsyncClient) -> None:
    to = f"{new_id()}@example.com"
    mail = Mail(to, "Hello", "Go to http://localhost:3000/verify#abc", "<script>alert(1)</script>")
    await mailer(settings().mail).send(mail, str(new_id()))
    response = await web.get(PATH)
    assert response.status_code == 200
    shown = response.json()["mails"][0]
    assert (shown["to"], shown["subject"], shown["text"]) == ([to], mail.subject, mail.text)
    assert "script" not in response.text


@pytest.mark.parametrize(
    ("peer", "host", "headers"),
    [
        ("203.0.113.5", "localhost:3000", {}),
        ("127.0.0.1", "localhost:3000", {"x_forwarded_for": "127.0.0.1"}),
        ("127.0.0.1", "somewhere.example", {}),
    ],
)
async def test_nobody_else_may_look(running: Stack, peer: str, host: str, headers: dict[str, str]) -> None:
    async with browser(peer, host, **headers) as stranger:
        assert (await stranger.get(PATH)).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUANTUM_PUBLIC_URL", "https://voice.example"),
        ("RESEND_BASE_URL", "https://api.resend.com"),
        ("SMTP_URL", "smtp://there"),
    ],
)
async def test_it_is_gone_once_mail_leaves(web: httpx.AsyncClient, configure: Configure, name: str, value: str) -> None:
    configure(name, value)
    assert (await web.get(PATH)).status_code == 404


async def test_a_mailbox_that_is_away_says_so(web: httpx.AsyncClient, configure: Configure) -> None:
    configure("LOCAL_PROVIDERS_PORT", "9")
    configure("RESEND_BASE_URL", "http://127.0.0.1:9")
    assert (await web.get(PATH)).status_code == 503


async def test_the_page_is_there_for_the_same_people() -> None:
    asked: list[str] = []

    async def pages(scope: dict[str, str], receive: object, send: object) -> None:
        asked.append(scope["path"])

    for peer in ("127.0.0.1", "203.0.113.5"):
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": "/dev/mailbox/",
            "query_string": b"",
            "headers": [(b"host", b"localhost")],
            "client": (peer, 1),
            "server": ("localhost", 80),
        }
        await transform(pages)(scope, None, None)  # type: ignore[arg-type]
    assert asked == ["/dev/mailbox/", "/nowhere"]
