"""The demo's mailbox: mail that local_providers took in, for who has the key that `make run` prints.

Where mail leaves this machine, there is none.
"""

from typing import Annotated, Any

import aiohttp
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from quantum_app.api import client, cookies, limits
from quantum_app.api.problems import Endpoint
from quantum_app.errors import Component, DependencyUnavailable, NotAuthenticated, NotFound
from quantum_app.settings import settings

PAGE = "/dev/mailbox"
_SHOWN = 50
_TIMEOUT = aiohttp.ClientTimeout(total=3)

router = APIRouter(prefix="/api/dev", route_class=Endpoint, include_in_schema=False)


class Key(BaseModel):
    key: Annotated[str, Field(max_length=200)]


@router.post("/mailbox/key", status_code=204)
async def open_mailbox(request: Request, given: Key) -> Response:
    """A cookie for the key, so that the link has to be opened once only."""
    _require_mailbox()
    await limits.count(limits.TOKENS_BY_ADDRESS, "mailbox", client.address(request))
    if not client.is_instance_key(given.key):
        raise _wrong_key()
    response = Response(status_code=204)
    cookies.open_mailbox(response)
    return response


@router.get("/mailbox")
async def mailbox(request: Request) -> JSONResponse:
    """The newest mails, as plain text: what a mail's HTML holds is not for a page of ours.

    For the cookie, or the key as a bearer token.
    """
    _require_mailbox()
    if not (cookies.may_see_mailbox(request) or client.is_instance_key(client.bearer(request))):
        raise _wrong_key()
    return JSONResponse({"mails": [_shown(mail) for mail in (await _received())[:_SHOWN]]})


def _require_mailbox() -> None:
    if not settings().demo_mail:
        raise NotFound("There is no mailbox here.")


def _wrong_key() -> NotAuthenticated:
    return NotAuthenticated("Open the mailbox by the link that make run printed.", code="wrong_key")


def _shown(mail: dict[str, Any]) -> dict[str, Any]:
    return {name: mail[name] for name in ("id", "from", "to", "subject", "text", "created_at")}


async def _received() -> list[dict[str, Any]]:
    local = settings().local_providers
    headers = {"authorization": f"Bearer {local.key.get_secret_value()}"}
    try:
        async with (
            aiohttp.ClientSession(settings().mail.resend_base_url, headers=headers, timeout=_TIMEOUT) as web,
            web.get("/mailbox") as answer,
        ):
            answer.raise_for_status()
            return (await answer.json())["data"]
    except (aiohttp.ClientError, TimeoutError) as error:
        raise DependencyUnavailable(Component.WEB, "The local mailbox does not answer just now.") from error
