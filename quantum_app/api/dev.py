"""The demo's mailbox: mail that local_providers received, for whoever has the key that `make run` prints.

There is none where mail leaves this machine.
"""

from typing import Annotated

import aiohttp
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from quantum_app.api import client, cookies, rate_limits
from quantum_app.api.endpoint import Endpoint
from quantum_app.api.schemas.problem import problems
from quantum_app.api.schemas.system import Mail, Mailbox
from quantum_app.errors import Component, DependencyUnavailable, NotAuthenticated, NotFound
from quantum_app.settings import settings

PAGE = "/dev/mailbox"
_MAX_MAILS = 50
_TIMEOUT = aiohttp.ClientTimeout(total=3)

router = APIRouter(prefix="/api/dev", route_class=Endpoint, tags=["Demo mailbox"])


class MailboxKey(BaseModel):
    key: Annotated[str, Field(max_length=200)]


@router.post("/mailbox/key", summary="Open the mailbox", status_code=204, responses=problems(401, 404))
async def open_mailbox(request: Request, body: MailboxKey) -> Response:
    """Exchanges the key that `make run` prints for a cookie."""
    _require_mailbox()
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "mailbox", client.address(request))
    if not client.is_instance_key(body.key):
        raise _wrong_key()
    response = Response(status_code=204)
    cookies.open_mailbox(response)
    return response


@router.get("/mailbox", summary="List emails", responses=problems(401, 404))
async def list_mails(request: Request) -> Mailbox:
    """Returns the newest mails as plain text. Authorize with the cookie, or with the key as a bearer token."""
    _require_mailbox()
    if not (cookies.may_see_mailbox(request) or client.is_instance_key(client.bearer(request))):
        raise _wrong_key()
    return Mailbox(mails=(await _received_mails())[:_MAX_MAILS])


def _require_mailbox() -> None:
    if not settings().demo_mail:
        raise NotFound("The mailbox isn't available.")


def _wrong_key() -> NotAuthenticated:
    return NotAuthenticated("Open the mailbox with the link that make run printed.", code="wrong_key")


async def _received_mails() -> list[Mail]:
    local = settings().local_providers
    headers = {"authorization": f"Bearer {local.key.get_secret_value()}"}
    try:
        async with (
            aiohttp.ClientSession(settings().mail.resend_base_url, headers=headers, timeout=_TIMEOUT) as web,
            web.get("/mailbox") as answer,
        ):
            answer.raise_for_status()
            return [Mail.model_validate(mail) for mail in (await answer.json())["data"]]
    except (aiohttp.ClientError, TimeoutError) as error:
        raise DependencyUnavailable(Component.WEB, "The local mailbox isn't responding.") from error
