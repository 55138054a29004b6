"""Requests to an identity provider: bounded in time and size, and JSON objects or typed errors come back."""

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import httpx

from quantum_app.errors import QuantumError
from quantum_app.providers.oidc.claims import refusal

TIMEOUT = 10.0  # seconds for a whole request, however slowly it is answered
LARGEST = 256 * 1024  # bytes of an answer


class ProviderDown(QuantumError):
    """The identity provider does not answer."""

    code = "provider_down"
    status = 502
    retryable = True

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"We can't reach {provider} right now ({reason}). Log in another way, or try again.")


class OddAnswer(QuantumError):
    """The identity provider answers, and not as the protocol says."""

    code = "provider_answer"
    status = 502

    def __init__(self, provider: str, reason: str) -> None:
        super().__init__(f"{provider} sent an invalid response ({reason}). Log in another way, or try again.")


async def get(provider: str, url: str, *, bearer: str = "") -> dict[str, Any]:
    """A JSON object. Raises ProviderDown, OddAnswer."""
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    status, document = await _ask(provider, "GET", url, headers=headers)
    if status != httpx.codes.OK:
        raise OddAnswer(provider, f"status {status}")
    return document


async def post(provider: str, url: str, form: dict[str, str], auth: tuple[str, str] | None) -> dict[str, Any]:
    """A JSON object for a form.

    Raises NotAuthenticated for an error of OAuth (RFC 6749, 5.2), ProviderDown, OddAnswer.
    """
    status, document = await _ask(provider, "POST", url, data=form, auth=auth)
    if status in {httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED} and "error" in document:
        raise refusal()
    if status != httpx.codes.OK:
        raise OddAnswer(provider, f"status {status}")
    return document


def endpoint(provider: str, url: object, *, with_tls: bool) -> str:
    """The address, when it is one. Raises OddAnswer."""
    schemes = {"https"} if with_tls else {"https", "http"}
    try:
        good = isinstance(url, str) and urlsplit(url).scheme in schemes and bool(httpx.URL(url).host)
    except (ValueError, httpx.InvalidURL):
        good = False
    if not good:
        raise OddAnswer(provider, "it names an endpoint that isn't a URL" + (" with TLS" if with_tls else ""))
    return str(url)


async def _ask(provider: str, method: str, url: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """Status and object; for another status than 200, an object that may be empty."""
    options["headers"] = {"accept": "application/json", "accept-encoding": "identity", **options.get("headers", {})}
    try:
        # Never to anywhere else than the provider: no proxy of the environment, no redirects.
        async with (
            asyncio.timeout(TIMEOUT),
            httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client,
            client.stream(method, url, **options) as answer,
        ):
            status, body = answer.status_code, await _body(provider, answer)
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, TimeoutError) as error:
        raise ProviderDown(provider, type(error).__name__) from error
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise ProviderDown(provider, f"status {status}")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return status, document
    if status == httpx.codes.OK:
        raise OddAnswer(provider, "it isn't a JSON object")
    return status, {}


async def _body(provider: str, answer: httpx.Response) -> bytes:
    """The bytes as they came: what is compressed could be of any size."""
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise OddAnswer(provider, "it's compressed")
    received = bytearray()
    async for piece in answer.aiter_raw():
        received += piece
        if len(received) > LARGEST:
            raise OddAnswer(provider, "it's too large")
    return bytes(received)
