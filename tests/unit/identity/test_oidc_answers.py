"""Whatever an identity provider answers: cleaned claims or a typed error, within bounds of time and size."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey

from quantum_app.errors import NotAuthenticated
from quantum_app.providers.oidc import Claims, OddAnswer, Oidc, ProviderDown
from quantum_app.providers.oidc import web as requests
from quantum_app.providers.oidc.claims import of_person, vouched
from quantum_app.settings import OidcProvider

pytestmark = pytest.mark.unit

KEY = ECKey.generate_key("P-256", {"kid": "one"})
DISCOVERY, TOKEN, KEYS, USER = "/.well-known/openid-configuration", "/token", "/keys", "/user"
ENTRA = "https://login.microsoftonline.com/1b4d/v2.0"
CLAIMS = {"sub": "s1", "email": "Ada@Example.com", "email_verified": True, "name": "Ada"}


@dataclass
class Provider:
    """claims: in the ID token. user: the user information. odd: what a path answers instead."""

    claims: dict[str, Any] = field(default_factory=lambda: dict(CLAIMS))
    user: dict[str, Any] = field(default_factory=dict)
    odd: dict[str, web.StreamResponse] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request.path)
        if request.path in self.odd:
            return self.odd[request.path]
        return web.json_response(
            {
                DISCOVERY: {
                    "issuer": self.url,
                    "authorization_endpoint": f"{self.url}/go",
                    "token_endpoint": self.url + TOKEN,
                    "jwks_uri": self.url + KEYS,
                    "userinfo_endpoint": self.url + USER,
                },
                TOKEN: {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token()},
                KEYS: {"keys": [KEY.as_dict(private=False)]},
                USER: self.user,
            }[request.path]
        )

    def id_token(self) -> str:
        at = int(time.time())
        own = {"iss": self.url, "aud": "us", "iat": at, "exp": at + 60, "nonce": "n"}
        return jwt.encode({"alg": "ES256", "kid": "one"}, own | self.claims, KEY)

    async def finish(self) -> Claims:
        """As somebody who has just come back from here."""
        config = OidcProvider(id="here", name="Here", issuer=self.url, client_id="us")
        return await Oidc(config, "http://localhost/callback").finish(code="c", nonce="n", verifier="v" * 43)


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    server = Provider()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


async def test_somebody_comes(provider: Provider) -> None:
    assert await provider.finish() == Claims(provider.url, "s1", "ada@example.com", True, "Ada")
    assert USER not in provider.requests, "the ID token said it all"


async def test_what_the_id_token_leaves_out_is_asked_for(provider: Provider) -> None:
    provider.claims, provider.user = {"sub": "s1"}, CLAIMS
    assert await provider.finish() == Claims(provider.url, "s1", "ada@example.com", True, "Ada")
    provider.user = CLAIMS | {"sub": "s2"}
    with pytest.raises(OddAnswer, match="someone else"):
        await provider.finish()


async def test_an_address_is_not_verified_by_what_is_said_of_another(provider: Provider) -> None:
    provider.claims = {"sub": "s1", "email": "mine@example.com"}
    provider.user = {"sub": "s1", "email": "yours@example.com", "email_verified": False}
    assert not (await provider.finish()).email_verified
    provider.claims = {"sub": "s1", "email": "mine@example.com", "email_verified": True}
    assert (await provider.finish()).email == "mine@example.com"
    provider.claims, provider.user = {"sub": "s1", "email": "mine@example.com"}, {"sub": "s1", "email_verified": True}
    assert not (await provider.finish()).email_verified


BODIES = {
    "nothing": web.Response(body=b""),
    "no JSON": web.Response(body=b"<html>"),
    "NUL": web.Response(body=b"\0"),
    "a list": web.Response(body=b"[]"),
    "null": web.Response(body=b"null"),
    "an empty object": web.Response(body=b"{}"),
    "half a letter": web.Response(body=b'{"id_token": "\\ud800", "keys": ["\\ud800"], "sub": "\\ud800"}'),
    "other bytes": web.Response(body=b"\xff\xfe{"),
    "deep": web.Response(body=b"[" * 100_000),
    "a number of 5,000 digits": web.Response(body=b'{"sub": ' + b"9" * 5000 + b"}"),
    "other types": web.Response(body=json.dumps({"keys": 1, "id_token": ["x"], "sub": [], "issuer": {}}).encode()),
    "a key that is none": web.Response(body=b'{"keys": [{"kty": "RSA", "n": "AA", "e": 1}, {}, null, 3]}'),
    "huge": web.Response(body=b" " * (requests.LARGEST + 1)),
    "compressed": web.Response(body=b"{}", headers={"content-encoding": "gzip"}),
    "a redirect": web.Response(status=302, headers={"location": "http://127.0.0.1:9/"}),
    "refused": web.Response(status=403, body=b"{}"),
    "an error": web.Response(status=500),
}


@pytest.mark.parametrize("path", [DISCOVERY, TOKEN, KEYS, USER])
@pytest.mark.parametrize("body", BODIES)
async def test_an_odd_answer_is_a_typed_error(provider: Provider, path: str, body: str) -> None:
    response = BODIES[body]
    assert isinstance(response, web.Response)
    provider.claims = {"sub": "s1"}
    provider.odd[path] = web.Response(status=response.status, body=response.body, headers=response.headers)
    with pytest.raises((ProviderDown, OddAnswer, NotAuthenticated)):
        await provider.finish()


async def test_a_slow_answer_ends_in_time(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte at a time is no way to hold a request."""
    monkeypatch.setattr(requests, "TIMEOUT", 0.3)
    stop = asyncio.Event()

    async def drip(request: web.Request) -> web.StreamResponse:
        slow = web.StreamResponse()
        await slow.prepare(request)
        while not stop.is_set():
            await slow.write(b" ")
            await asyncio.sleep(0.05)
        return slow

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", drip)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    with pytest.raises(ProviderDown, match="TimeoutError"):
        await provider.finish()
    stop.set()
    await runner.cleanup()


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"])
@pytest.mark.parametrize("url", ["", "x", "http://[", "javascript:alert(1)", "http://a\0b/", 7, None, ["http://x/"]])
async def test_an_endpoint_is_an_address(provider: Provider, name: str, url: object) -> None:
    endpoints = {key: f"{provider.url}/x" for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    provider.odd[DISCOVERY] = web.json_response(endpoints | {"issuer": provider.url, name: url})
    with pytest.raises(OddAnswer):
        await provider.finish()


@pytest.mark.parametrize(
    "claims",
    [
        *({"sub": odd} for odd in (None, "", [], {}, 7, "x" * 256, "a\0b", "a\nb", True)),
        *({name: odd} for name in ("exp", "iat") for odd in (None, "x", [], {}, 1e400, float("nan"))),
        *({name: odd} for name in ("iss", "aud", "nonce") for odd in (None, "x", [], {}, 7)),
        {"exp": -1e300},
        {"azp": "others"},
        {"aud": ["us", "others"], "azp": ["us"]},
    ],
)
async def test_odd_claims_are_refused(provider: Provider, claims: dict[str, Any]) -> None:
    provider.claims |= claims
    with pytest.raises(NotAuthenticated):
        await provider.finish()


@pytest.mark.parametrize(
    "email",
    [
        *("", "foo", "x <demo@northquay.example>", "a@b.cc,c@d.ee", "a@b.cc\n", "a@b\r\n.cc", "a@b.cc\0"),
        *("a@b.cc\ud800", "a" * 400 + "@b.cc", "a\u202e@b.cc", ["a@b.cc"], {}, 7, None, True),
    ],
)
def test_an_odd_address_is_none(email: object) -> None:
    claims = of_person("https://id.example.com", CLAIMS | {"email": email}, {})
    assert (claims.email, claims.email_verified) == ("", False)


@pytest.mark.parametrize(
    ("name", "display_name"),
    [
        (" Ada\n Stone ", "Ada Stone"),
        ("x" * 500, "x" * 100),
        ("A\0d\u202ea", "Ada"),
        (["Ada"], ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_name_is_one_short_line(name: object, display_name: str) -> None:
    assert of_person("https://id.example.com", CLAIMS | {"name": name}, {}).name == display_name


@pytest.mark.parametrize(
    ("issuer", "claims", "good"),
    [
        ("https://id.example.com", {"email_verified": True}, True),
        *(("https://id.example.com", {"email_verified": odd}, False) for odd in ("true", 1, None, [], "")),
        ("https://id.example.com", {}, False),
        ("https://id.example.com", {"xms_edov": True}, False),
        ("https://login.microsoftonline.com.evil.example/v2.0", {"xms_edov": True}, False),
        (ENTRA, {}, False),
        *((ENTRA, {"xms_edov": yes}, True) for yes in (True, 1, "1", "true")),
        *((ENTRA, {"xms_edov": no}, False) for no in (False, 0, "0", "false", None, [], {}, 2, 1.0)),
        (ENTRA, {"email_verified": False, "xms_edov": True}, False),
    ],
)
def test_only_who_vouches_for_an_address_is_believed(issuer: str, claims: dict[str, Any], good: bool) -> None:
    assert vouched(issuer, claims) is good
