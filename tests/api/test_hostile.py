"""Whatever bytes come in, to whichever route, nothing fails inside: what cannot be used is said to be so.

Beside test_fuzz.py, which makes up requests from the API's description: these are texts that break parsers, each at
one place of every request here, and at every place in test_hostile_long.py. The routes are asked from the app, so that
a new one is among them.
"""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from limits import RateLimitItem, parse
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from quantum_app.api import admission, auth, rate_limits
from quantum_app.api.app import api
from quantum_app.db.session import account_session, dispose
from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.testing import service as case_service
from quantum_app.domain.identity import passwords
from quantum_app.domain.knowledge import service as knowledge
from quantum_app.kit import ids
from quantum_app.settings import settings
from tests.db.tenants import PASSWORD, Tenant, as_program, call, create_tenant, draw, know
from tests.isolation.routes import Route, routes
from tests.stack import Stack

pytestmark = pytest.mark.api

EVERYWHERE = False
PROBLEM = "application/problem+json"
WORDS = "nine grey herons stand"
_addresses = count(1)

DEEP = 150  # levels that the parser of JSON still takes
# JSON texts, as they stand in a body.
VALUES = [
    *(r'"\u0000"', r'"a\u0000b"', r'"\\u0000"', r'"\ud800"', r'"\udc00\ud800"', r'"\ud83d\ude00"', r'"\u0301"'),
    *(
        '"٣٤٥٦٧٨"',
        '"१२३४५६"',
        '"１２３４５６"',
        '"²³¹"',
        '"ß"',
        '"İ"',
        '"\u202e"',
        '"\ufeff"',
        '"\uffff"',
        '"\U0010ffff"',
    ),
    *('""', '" "', r'"\r\n"', '"..%2f..%2fetc"', '"%00"', '"\'; drop table users --"', '"{{ 7 * 7 }}"', '"\u2028"'),
    *('"9999-12-31T23:59:59.999999+14:00"', '"0001-01-01T00:00:00-14:00"', '"2026-02-30"', '"P99999999999D"'),
    *("0", "-1", "1.5", "-0.0", "1e308", "-1e308", "1e-400", "9223372036854775808", "-9223372036854775809"),
    *("1e999", "-1e999", "9" * 250 + "e99", "9" * 400, "-" + "9" * 400, "9" * 5000, "NaN", "Infinity", "-Infinity"),
    *("null", "true", "false", "[]", "{}", "[null]", '{"": null}', r'{"\u0000": 1}', '{"a": 1, "a": 2}'),
    *("[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP),
    *(f'"{"9" * 400}"', f'"{"x" * 12_000}"', f'"{"é" * 2000}"', f'"{"a@" * 160}"', f"[{','.join('1' * 2000)}]"),
]
WORST = [r'"a\u0000b"', r'"\ud800"', r'"\u0301"', '"٣٤٥٦٧٨"', "9" * 400, "1e999", "[" * DEEP + "]" * DEEP, "null"]
# What may stand in an address or a header, as bytes.
TEXTS = [
    *(b"\0", b"a\0b", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", "٣٤٥".encode(), "²".encode(), "İß".encode()),
    *(b"", b" ", b"-1", b"0", b"1e999", b"9" * 400, b"NaN", b"x" * 3000, b"../../etc/passwd", b"//evil.example", b"["),
    *(b"http://[", b"call_" + b"Z" * 26, b"cmp_" + b"0" * 26, b"cmp_", b"\r\n", b"2026-02-30T25:61", b"\xe2\x80\xae"),
]
HEADERS = [
    *(("authorization", text) for text in (b"Bearer", b"Bearer ", b"Bearer \xff\xfe", b"Bearer a.b.c", b"Basic x")),
    *(("authorization", text) for text in (b"Bearer " + b"a" * 8000, b"Bearer " + b"." * 2000, b"bearer e30.e30.e30")),
    *(("origin", text) for text in (b"http://[", b"http://[::1", b"null", b"\xff", b"http://a:99999999", b"//", b"")),
    *(("host", text) for text in (b"[", b"[::1", b"a:b:c", b"\xff", b"", b"localhost:99999999")),
    *(("x-forwarded-for", text) for text in (b"[", b",,,", b"::ffff:1.2.3.4%eth0", b"\xff", b"9" * 4000)),
    *(("user-agent", text) for text in (b"\xff\xfe", b"x" * 8000, b"")),
    *(("content-type", text) for text in (b"application/json; charset=utf-16", b"application/json;;=\xff")),
    *(("content-encoding", text) for text in (b"gzip", b"\xff")),
]
# A public route, one of each way to be known, and those that read cookies.
EVERY_HEADER = {
    *("/api/auth/login", "/api/auth/me", "/api/v1/calls/{call_id}", "/api/public/calls/{call_id}/rating"),
    *("/api/auth/signup/resend", "/api/auth/oidc/{provider}/callback", "/api/dev/mailbox", "/api/health"),
}
FILES_TYPE = "multipart/form-data; boundary=xyz"
_PART = b'--xyz\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n%s\r\n--xyz--\r\n'
FILES = [
    *(_PART % (text, b"We open at nine.") for text in TEXTS),
    *(_PART % (b"a.txt", text) for text in TEXTS),
    *(b"--xyz", b"--xyz--\r\n", b"--xyz\r\n\r\n", b"--xyz\r\n" + b"a" * 5000 + b": b\r\n\r\n", _PART[:40]),
    b"--xyz\r\nContent-Disposition: \xff; filename*=utf-8''%ff\r\n\r\n1\r\n--xyz--\r\n",
]
COOKIES = [rb'"\000"', rb'"\377\000"', b"\xff\xfe", b"a.b.c", b"e30.e30.e30", b"gAAAAA==", b"=" * 50, b"x" * 3000]


@dataclass(frozen=True)
class Target:
    """An owner whose account has something of everything, and what is in it by the names of the API's parameters."""

    bearer: str
    path_values: dict[str, str]
    bodies: dict[str, Any]


def _bodies(tenant: Tenant) -> dict[str, Any]:
    """What fields of bodies hold that a route takes."""
    flow = demo.flow()
    event = {"type": "call_started", "at": 0.0, "started_at": "2026-01-01T10:00:00Z", "time_zone": "Europe/Berlin"}
    return {
        "email": tenant.email,
        "password": PASSWORD,
        "new_password": WORDS,
        "definition": flow.model_dump(mode="json"),
        "change": {"set": {"persona": "You are kind."}},
        "event": event,
        "state": engine.opening(flow).model_dump(mode="json"),
        "cases": [{"name": "A greeting", "turns": ["Hello"]}],
        "history": [{"speaker": "caller", "text": "Hello"}],
        "phone": "+49 30 123456",
        "consent": True,
        "consent_version": "2026-1",
    }


@pytest.fixture(scope="module")
def patient() -> Iterator[None]:
    """Nobody is stopped for having tried too often, and neither a password nor hiding that one is wrong takes time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_MAIL_TIME", "_BOTH_FACTORS_TIME"):
            patch.setattr(auth, name, 0.0)
        for name, value in vars(rate_limits).items():
            if isinstance(value, RateLimitItem):
                patch.setattr(rate_limits, name, parse("1000000/minute"))
        patch.setattr(rate_limits, "FREE_GUESSES", dict.fromkeys(rate_limits.FREE_GUESSES, 1_000_000))
        patch.setattr(passwords, "_hasher", PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)]))
        passwords._dummy_hash.cache_clear()
        yield
        passwords._dummy_hash.cache_clear()


@pytest.fixture(scope="module")
def target(quiet_stack: Stack, patient: None) -> Target:
    quiet_stack.need("postgres", "valkey", "livekit", "providers")

    async def make() -> Target:
        tenant = await create_tenant()
        await draw(tenant)
        call_id = await call(tenant)
        document_id = await know(tenant)
        async with account_session(tenant.account_id) as session:
            document = await knowledge.get_document(session, document_id)
            (case,) = await case_service.list_cases(session, tenant.campaign.campaign_id)
            (earlier,) = await flows.earlier(session, tenant.campaign.campaign_id)
        program = await as_program(tenant)
        # As if assistants waited: a start that finds none is refused before anything of it is looked at.
        await admission.capacity().publish("tests", 1000, seconds=3600)
        await rate_limits.close()
        await dispose()
        path_values = {
            "campaign_id": ids.encode("cmp", tenant.campaign.campaign_id),
            "call_id": ids.encode("call", call_id),
            "public_id": tenant.campaign.public_id,
            "case_id": ids.encode("case", case.id),
            "draft_id": ids.encode("draft", earlier.id),
            "version": "1",
            "base_id": ids.encode("kb", document.base_id),
            "document_id": ids.encode("doc", document.id),
            "ordinal": "0",
        }
        return Target(program["authorization"], path_values, _bodies(tenant))

    return asyncio.run(make())


def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(api, client=("127.0.0.1", 50_000))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:3000")


def client_header() -> dict[str, str]:
    number = next(_addresses)
    return {"x-forwarded-for": f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"}


# What is sent


def body_of(route: Route, target: Target) -> dict[str, Any]:
    """A body that the route takes, or nearly."""
    schema = json.loads(route.schema)
    if "properties" not in schema:  # a case, by itself
        return target.bodies["cases"][0]
    return {name: target.bodies.get(name, _plain(field)) for name, field in schema["properties"].items()}


def _plain(field: dict[str, Any]) -> Any:
    kind = field.get("type", field.get("anyOf", [{}])[0].get("type"))
    return {"integer": 1, "boolean": True, "array": [], "object": {}}.get(kind, field.get("enum", ["words"])[0])


def places(value: Any, *keys: str | int) -> Iterator[tuple[str | int, ...]]:
    """The ways to everything in a body."""
    if keys:
        yield keys
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, *keys, key)


def with_value(body: Any, keys: tuple[str | int, ...], text: str) -> bytes:
    """The body with a JSON text at one place."""
    copy = json.loads(json.dumps(body))
    inner = copy
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = "@@here@@"
    return json.dumps(copy).replace('"@@here@@"', text).encode()


def raw_bodies(body: dict[str, Any]) -> Iterator[bytes]:
    """What is no JSON, or nothing that a route expects."""
    text, extended = json.dumps(body), json.dumps({**body, "more": "\0"})
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig", "utf-7"):
        yield extended.encode(encoding)
    yield from (
        b"",
        b" ",
        b"\0",
        b"{",
        b"}",
        text.encode()[:-1],
        text.encode() + b"x",
        b"\x1f\x8b\x08\x00",
        b"{'a': 1}",
    )
    yield from (b"[" * 15_000, b'{"a":' * 2500, b'{"\xff": 1}', b'{"a": "\xc0\x80"}', b'{"a": "\xed\xa0\x80"}', b'"\0"')
    yield f"{text[:-1]}, {text[1:]}".encode()
    yield from (value.encode() for value in VALUES)


def bodies(route: Route, target: Target, everywhere: bool) -> Iterator[bytes]:
    """The same ones each time: what breaks parsers most in every field, or in one of them; the rest by chance."""
    body, chance = body_of(route, target), random.Random(route.name)
    yield from chance.sample(list(raw_bodies(body)), 12 if everywhere else 3)
    for value in WORST:
        for name in body if everywhere else [chance.choice([*body])] if body else []:
            yield with_value(body, (name,), value)
    for name in body if everywhere else []:
        for value in chance.sample(VALUES, 5):
            yield with_value(body, (name,), value)
    inner = [keys for keys in places(body) if len(keys) > 1]
    for _ in range(12 if everywhere else 4) if inner else []:
        yield with_value(body, chance.choice(inner), chance.choice(VALUES))


def address(route: Route, target: Target, **other: bytes) -> str:
    """The route's address, in which parameters may have other values."""
    path = route.path
    for name in route.path_names:
        value = other.get(name, target.path_values.get(name, "words").encode())
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    values = {name: target.path_values[name].encode() for name in route.query_names if name in target.path_values}
    values |= {name: value for name, value in other.items() if name in route.query_names}
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items())
    return f"{path}?{query}" if query else path


async def ask(
    web: httpx.AsyncClient, route: Route, url: str, headers: dict[str, Any], content: bytes | None = None
) -> None:
    files = FILES_TYPE if route.takes_files else ""
    kind = {"content-type": files or route.recording or "application/json"} if content is not None else {}
    answer = await web.request(route.method, url, headers={**client_header(), **kind, **headers}, content=content)
    summary = f"{url} {headers} {content and content[:300]}: {answer.text[:300]}"
    assert answer.status_code < 500 or (answer.status_code == 503 and route.path == "/api/health"), summary
    assert answer.status_code != 429, summary
    if answer.status_code >= 400 and answer.status_code != 503:
        assert answer.headers["content-type"] == PROBLEM, summary
        assert answer.json()["detail"], summary


ROUTES = [pytest.param(route, id=route.name) for route in routes()]
TAKING = [
    pytest.param(route, id=route.name) for route in routes() if route.schema or route.recording or route.takes_files
]


@pytest.fixture
async def web(target: Target) -> Any:
    async with client() as http_client:
        yield http_client
    await rate_limits.close()
    await dispose()


@pytest.fixture
def everywhere(request: pytest.FixtureRequest) -> bool:
    """Whether each value is tried at every place, as the module wants it."""
    return request.module.EVERYWHERE


@pytest.mark.parametrize("route", TAKING)
async def test_no_body_breaks_it(web: httpx.AsyncClient, target: Target, everywhere: bool, route: Route) -> None:
    url, headers = address(route, target), {"authorization": target.bearer}
    recordings = [b"RIFF" + b"\xff" * 60, b"RIFF$\0\0\0WAVEfmt " + b"\0" * 40, *TEXTS]
    contents = FILES if route.takes_files else recordings if route.recording else bodies(route, target, everywhere)
    for content in contents:
        await ask(web, route, url, headers, content)


async def test_no_text_breaks_the_parser(web: httpx.AsyncClient, target: Target) -> None:
    """Which all routes share."""
    (route,) = (route for route in routes() if route.name == "PUT /api/flows/{campaign_id}/cases/{case_id}")
    for content in raw_bodies(body_of(route, target)):
        await ask(web, route, address(route, target), {"authorization": target.bearer}, content)


@pytest.mark.parametrize("route", ROUTES)
async def test_no_address_breaks_it(web: httpx.AsyncClient, target: Target, everywhere: bool, route: Route) -> None:
    content, chance = json.dumps(body_of(route, target)).encode() if route.schema else None, random.Random(route.name)
    names = [*route.path_names, *route.query_names]
    for text in TEXTS if names else []:
        for name in names if everywhere else [chance.choice(names)]:
            await ask(web, route, address(route, target, **{name: text}), {"authorization": target.bearer}, content)


@pytest.mark.parametrize("route", ROUTES)
async def test_no_header_breaks_it(web: httpx.AsyncClient, target: Target, everywhere: bool, route: Route) -> None:
    content, chance = json.dumps(body_of(route, target)).encode() if route.schema else None, random.Random(route.name)
    url = address(route, target, **dict.fromkeys(route.path_names, b"nothing"))
    try_all = everywhere or route.path in EVERY_HEADER
    for name, value in HEADERS if try_all else chance.sample(HEADERS, 6):
        await ask(web, route, url, {"authorization": target.bearer, name: value}, content)
    names = [f"{settings().cookie_prefix}{end}" for end in ("", "_signup", "_oidc", "_device", "_mailbox")]
    for value in COOKIES if try_all else chance.sample(COOKIES, 2):
        await ask(web, route, url, {"cookie": b"; ".join(name.encode() + b"=" + value for name in names)}, content)


def test_every_route_is_asked() -> None:
    names = {route.name for route in routes()}
    assert {"POST /api/auth/login", "POST /api/flows/{campaign_id}/simulate"} <= names
    assert len(names) > 50
