"""The REST API, in front of the pages."""

import posixpath
import re
from functools import cache, partial
from urllib.parse import urlsplit, urlunsplit

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quantum_app.api import (
    account,
    after_call,
    auth,
    call_shell,
    calls,
    data,
    dev,
    flows,
    health,
    hearing,
    knowledge,
    me,
    oidc,
    search,
    setup,
    simulator,
    tokens,
)
from quantum_app.api.edge import Edge
from quantum_app.api.openapi import describe
from quantum_app.api.problems import not_here
from quantum_app.settings import VERSION, settings

_PAGE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(self)"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
# For a year, browsers come by HTTPS only, once they have.
_HSTS = (b"strict-transport-security", b"max-age=31536000")
_NOWHERE = "/nowhere"
_WITH_ID = re.compile(r"^/(?:call|calls|knowledge|knowledge/[A-Za-z0-9_-]+)/[A-Za-z0-9_-]+/?$")


api = FastAPI(
    title="Quantum Voice AI",
    version=VERSION,
    openapi_url="/api/openapi.json",
    docs_url=None,
    redoc_url=None,
    redirect_slashes=False,
    exception_handlers={404: not_here, 405: not_here},
    generate_unique_id_function=lambda route: route.name,
)
for module in (
    health,
    auth,
    me,
    tokens,
    oidc,
    account,
    flows,
    simulator,
    hearing,
    setup,
    search,
    data,
    calls,
    after_call,
    knowledge,
    dev,
):
    api.include_router(module.router)
api.openapi = cache(partial(describe, api))


def transform(pages: ASGIApp) -> ASGIApp:
    """The API under `/api/`, the pages everywhere else; both behind the edge."""
    painted = call_shell.paint(pages)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            await api(scope, receive, send)
            return
        if scope["type"] == "http" and not settings().demo_mail and _normal(scope["path"]).startswith(dev.PAGE):
            scope = {**scope, "path": _NOWHERE, "raw_path": _NOWHERE.encode()}

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Addresses with an id in them are served by the one fallback page, which is not an error.
                if message["status"] == 404 and _WITH_ID.match(scope["path"]):
                    message["status"] = 200
                secure = [_HSTS] if settings().public_url.startswith("https:") else []
                headers = [
                    (name, _on_this_host(value) if name == b"location" else value)
                    for name, value in message.get("headers", [])
                ]
                message["headers"] = [*headers, *_PAGE_HEADERS, *secure]
            await send(message)

        await painted(scope, receive, send_safely if scope["type"] == "http" else send)

    return Edge(app)


def _normal(path: str) -> str:
    """The path as the files of the pages are looked up by."""
    return posixpath.normpath(f"/{path.lstrip('/')}").lower()


def _on_this_host(location: bytes) -> bytes:
    """Where pages redirect to, without scheme and host: those are the request's, and a proxy's visitors have others.

    One slash leads it: browsers read two as another host.
    """
    parts = urlsplit(location.decode("latin-1"))
    return urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, parts.fragment)).encode("latin-1")
