"""The page session: a signed cookie set with each page, which is required to open a socket.

It doesn't identify anybody. Each page renews it; a page that stays open longer requests itself again when a socket is
refused (`assets/scripts/page_session.js`).
"""

from datetime import timedelta

import jwt
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quantum_app.kit.clock import now
from quantum_app.settings import settings

SOCKET_PATH = "/_event"
_ALGORITHM = "HS256"
_AUDIENCE = "quantum-page"


def protect(pages: ASGIApp) -> ASGIApp:
    """Wrap the app so that each page sets a new page session."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_session(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(scope, message):
                message["headers"] = [*message["headers"], (b"set-cookie", cookie().encode())]
            await send(message)

        await pages(scope, receive, send_with_session if scope["type"] == "http" else send)

    return app


def cookie() -> str:
    """A `Set-Cookie` header for a new page session, which the browser sends only to the socket."""
    lifetime = settings().sockets.page_session
    claims = {"aud": _AUDIENCE, "exp": now() + timedelta(seconds=lifetime)}
    carrier = Response()
    carrier.set_cookie(
        _name(),
        jwt.encode(claims, settings().signing_key, _ALGORITHM),
        max_age=lifetime,
        path=SOCKET_PATH,
        httponly=True,
        samesite="lax",
        secure=settings().public_url.startswith("https:"),
    )
    return carrier.headers["set-cookie"]


def is_valid(cookie_header: str) -> bool:
    """Whether a `Cookie` header has a valid page session."""
    value = cookie_parser(cookie_header).get(_name(), "")
    try:
        jwt.decode(
            value,
            settings().signing_key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            options={"require": ["aud", "exp"]},
        )
    except jwt.InvalidTokenError:
        return False
    return True


def _name() -> str:
    return f"{settings().cookie_prefix}_page"


def _is_page(scope: Scope, start: Message) -> bool:
    """Whether the response is an HTML page, or tells the browser that its cached page is still fresh."""
    if start["status"] == 304:
        return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in start["headers"])
