"""The REST API, in front of the pages."""

import re

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quantum_app.api import auth, calls, health
from quantum_app.api.problems import endpoint
from quantum_app.errors import NotFound

_PAGE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(self)"),
]
_WITH_ID = re.compile(r"^/(?:call|calls)/[A-Za-z0-9_-]+/?$")


@endpoint
async def _unknown(request: Request) -> Response:
    raise NotFound(f"The API has no {request.method} {request.url.path}.")


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
api = Starlette(
    routes=[*health.routes, *auth.routes, *calls.routes, Route("/api/{path:path}", _unknown, methods=_METHODS)]
)


def transform(pages: ASGIApp) -> ASGIApp:
    """The API under `/api/`, the pages everywhere else."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            await api(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Addresses with an id in them are served by the one fallback page, which is not an error.
                if message["status"] == 404 and _WITH_ID.match(scope["path"]):
                    message["status"] = 200
                message["headers"] = [*message.get("headers", []), *_PAGE_HEADERS]
            await send(message)

        await pages(scope, receive, send_safely if scope["type"] == "http" else send)

    return app
