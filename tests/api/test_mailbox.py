"""The demo's mailbox is there for who has the key that `make run` prints, while mail does not leave this machine."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import jwt
import pytest
import pytest_asyncio

from quantum_app.api import rate_limits
from quantum_app.api.app import api, transform
from quantum_app.domain.outbox.schemas import Email
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.providers.email import mailer
from quantum_app.settings import settings
from tests.api.conftest import Configure
from tests.stack import Stack

pytestmark = pytest.mark.api

PATH = "/api/dev/mailbox"


@pytest.fixture(scope="module")
def services(quiet_stack: Stack) -> Stack:
    quiet_stack.need("providers")
    return quiet_stack


def browser(peer: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
    all_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx.ASGITransport(api, client=(peer, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:3000", headers=all_headers)


@pytest_asyncio.fixture
async def web(services: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A program that has the key."""
    async with browser(authorization=f"Bearer {services.instance_key}") as client:
        yield client


async def test_it_shows_text_and_nothing_else(web: httpx.AsyncClient) -> None:
    to = f"{new_id()}@example.com"
    mail = Email(to, "Hello", "Go to http://localhost:3000/verify#abc", "<script>alert(1)</script>")
    await mailer(settings().mail).send(mail, str(new_id()))
    response = await web.get(PATH)
    assert response.status_code == 200
    mail_json = response.json()["mails"][0]
    assert (mail_json["to"], mail_json["subject"], mail_json["text"]) == ([to], mail.subject, mail.text)
    assert "script" not in response.text


async def test_a_browser_brings_the_key_once(services: Stack) -> None:
    async with browser() as client:
        assert (await client.get(PATH)).status_code == 401
        response = await client.post(f"{PATH}/key", json={"key": services.instance_key})
        assert response.status_code == 204
        set_cookie = response.headers["set-cookie"].lower()
        assert all(word in set_cookie for word in ("httponly", "path=/api/dev", "samesite=lax"))
        assert services.instance_key not in response.headers["set-cookie"]
        assert (await client.get(PATH)).status_code == 200
    await rate_limits.close()


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer"}, {"authorization": "Bearer x"}])
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "203.0.113.5"])
async def test_nobody_may_look_without_it(services: Stack, peer: str, headers: dict[str, str]) -> None:
    """On this machine neither: a forwarded port comes from here."""
    name = f"{settings().cookie_prefix}_mailbox"
    login = jwt.encode({"aud": "quantum-device", "exp": now() + timedelta(days=1)}, settings().signing_key, "HS256")
    async with browser(peer, **headers) as stranger:
        for cookie in ("", "x", "e30.e30.", services.instance_key, login):
            answer = await stranger.get(PATH, headers={"cookie": f"{name}={cookie}"})
            assert (answer.status_code, answer.json()["code"]) == (401, "wrong_key")
        refusal = await stranger.post(f"{PATH}/key", json={"key": "not the key"})
        assert (refusal.status_code, "set-cookie" in refusal.headers) == (401, False)
    await rate_limits.close()


async def test_keys_cannot_be_tried_without_end(services: Stack) -> None:
    async with browser(x_forwarded_for="198.51.99.1") as stranger:
        answers = [await stranger.post(f"{PATH}/key", json={"key": f"{number}"}) for number in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    await rate_limits.close()


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
    key = settings().http.instance_key.get_secret_value()
    assert (await web.post(f"{PATH}/key", json={"key": key})).status_code == 404


async def test_a_mailbox_that_is_away_says_so(web: httpx.AsyncClient, configure: Configure) -> None:
    configure("LOCAL_PROVIDERS_PORT", "9")
    configure("RESEND_BASE_URL", "http://127.0.0.1:9")
    assert (await web.get(PATH)).status_code == 503


VARIANTS = [
    *("/dev/mailbox", "/dev/mailbox/", "/dev//mailbox/", "//dev/mailbox/", "/dev/./mailbox/", "/x/../dev/mailbox/"),
    *("/dev/mailbox/index.html", "/dev/mailbox//", "/DEV/Mailbox/"),
]


@pytest.mark.parametrize("path", VARIANTS)
async def test_without_a_mailbox_there_is_no_page_of_it(services: Stack, configure: Configure, path: str) -> None:
    paths: list[str] = []

    async def pages(scope: dict[str, str], receive: object, send: object) -> None:
        paths.append(scope["path"])

    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    await transform(pages)(scope, None, None)  # type: ignore[arg-type]
    configure("QUANTUM_PUBLIC_URL", "https://voice.example")
    await transform(pages)(scope, None, None)  # type: ignore[arg-type]
    assert paths == [path, "/nowhere"]
