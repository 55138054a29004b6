"""The demo's mailbox: mail that local_providers took in, for somebody on this machine. Otherwise it does not exist."""

from typing import Any

import aiohttp
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from quantum_app.api import client
from quantum_app.api.problems import Endpoint
from quantum_app.errors import NotFound, Segment, SegmentDown
from quantum_app.settings import settings

PAGE = "/dev/mailbox"
_SHOWN = 50
_TIMEOUT = aiohttp.ClientTimeout(total=3)
# By name too: a site whose name was pointed at this machine shall not read somebody's links.
_HOSTS = {"localhost", "127.0.0.1", "::1"}

router = APIRouter(prefix="/api/dev", route_class=Endpoint, include_in_schema=False)


def has_mailbox(request: Request) -> bool:
    """Whether there is a mailbox for whoever asks."""
    return settings().demo_mail and client.is_local(request) and request.url.hostname in _HOSTS


@router.get("/mailbox")
async def mailbox(request: Request) -> JSONResponse:
    """The newest mails, as plain text: what a mail's HTML holds is not for a page of ours."""
    if not has_mailbox(request):
        raise NotFound("There is no mailbox here.")
    return JSONResponse({"mails": [_shown(mail) for mail in (await _received())[:_SHOWN]]})


def _shown(mail: dict[str, Any]) -> dict[str, Any]:
    return {name: mail[name] for name in ("id", "from", "to", "subject", "text", "created_at")}


async def _received() -> list[dict[str, Any]]:
    mail = settings().mail
    headers = {"authorization": f"Bearer {mail.resend_api_key.get_secret_value()}"}
    try:
        async with (
            aiohttp.ClientSession(mail.resend_base_url, headers=headers, timeout=_TIMEOUT) as web,
            web.get("/mailbox") as answer,
        ):
            answer.raise_for_status()
            return (await answer.json())["data"]
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SegmentDown(Segment.WEB, "The local mailbox does not answer just now.") from error
