"""`POST /emails`."""

import hashlib
import re
from email.utils import parseaddr
from typing import Annotated
from uuid import uuid4

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from local_providers.resend.errors import VendorError
from local_providers.resend.mailbox import Mailbox, StoredEmail
from quantum_app.kit.clock import now

_ADDRESS = re.compile(r"^[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+$")
_MOST_RECIPIENTS = 50
_LONGEST_KEY = 256
_FORMAT = "`email@example.com` or `Name <email@example.com>` format"

_List = Annotated[list[str], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]


class EmailRequest(BaseModel):
    """What Resend asks for; `cc`, `bcc`, `reply_to`, `tags`, `headers`, `attachments` are taken and not looked at."""

    sender: str = Field("", alias="from")
    to: _List = Field(default_factory=list)
    subject: str = ""
    text: str = ""
    html: str = ""


async def send(request: web.Request, mailbox: Mailbox, request_id: str) -> web.Response:
    """Raises VendorError."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > _LONGEST_KEY:
        raise VendorError(400, "invalid_idempotency_key", f"The key must be between 1-{_LONGEST_KEY} chars.")
    body = await request.read()
    try:
        email = EmailRequest.model_validate_json(body)
    except ValidationError as error:
        raise VendorError(422, "validation_error", str(error.errors()[0]["msg"])) from None
    _check(email)
    digest = hashlib.sha256(body).hexdigest()
    stored_email = mailbox.by_key(key)
    if stored_email is None:
        stored_email = StoredEmail(
            str(uuid4()),
            email.sender,
            email.to,
            email.subject,
            email.text,
            email.html,
            now().isoformat(),
            key,
            digest,
        )
        mailbox.add(stored_email)
    elif stored_email.digest != digest:
        raise VendorError(
            409, "invalid_idempotent_request", "This idempotency key was used with a different request payload."
        )
    return web.json_response({"id": stored_email.id}, headers={"x-request-id": request_id})


def _check(email: EmailRequest) -> None:
    for name, value in (("from", email.sender), ("to", email.to), ("subject", email.subject)):
        if not value:
            raise VendorError(422, "missing_required_field", f"Missing `{name}` field.")
    if not (email.text or email.html):
        raise VendorError(422, "missing_required_field", "Missing `html` or `text` field.")
    if len(email.to) > _MOST_RECIPIENTS:
        raise VendorError(422, "validation_error", f"The `to` field can have {_MOST_RECIPIENTS} recipients at most.")
    for name, addresses in (("from", [email.sender]), ("to", email.to)):
        if not all(_ADDRESS.match(parseaddr(address)[1]) for address in addresses):
            raise VendorError(
                422, "validation_error", f"Invalid `{name}` field. The email address needs to follow the {_FORMAT}."
            )
