"""API tokens: how programs use the REST API on behalf of the person who created them.

A token is `qvt_`, 32 random characters (190 bits) and a checksum of six, so that secret scanners recognize it and a
mistyped one costs no query. Only its SHA-256 is kept. What it may do is looked up at each request: no more than its
own role and its creator's present role both allow.
"""

import secrets
import string
import zlib
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session, public_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Permission, Role, token_roles
from quantum_app.domain.audit import service as audit
from quantum_app.domain.identity import repository
from quantum_app.domain.identity.schemas import ApiToken, Identity
from quantum_app.domain.identity.service import digest, is_stale
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, InvalidInput, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id

PREFIX = "qvt_"
LIFETIMES = (30, 90, 365)  # days
MOST_IN_ACCOUNT = 50
LONGEST_NAME = 60
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 32, 6  # characters


def new_text() -> str:
    """The text of a new token."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{PREFIX}{body}{_checksum(body)}"


def is_well_formed(text: str) -> bool:
    """Whether a text has the form and the checksum of a token. Says nothing about whether the token exists."""
    body, check = text[len(PREFIX) : -_CHECK], text[-_CHECK:]
    # Compared by Unicode: other alphabets' digits are not in ours, and the length keeps the sum cheap.
    return (
        len(text) == len(PREFIX) + _RANDOM + _CHECK
        and text.startswith(PREFIX)
        and all(char in _ALPHABET for char in body)
        and check == _checksum(body)
    )


def _checksum(body: str) -> str:
    """CRC-32 in base 62, as in GitHub's tokens."""
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


async def resolve(text: str) -> Identity | None:
    """The token's identity, or None when it is unknown, expired or revoked. Raises DependencyUnavailable(DB)."""
    if not is_well_formed(text):
        return None
    async with public_session() as session:
        who = await repository.identity_by_api_token(session, digest(text))
    if who is not None and is_stale(who):
        async with account_session(who.account_id) as session:
            await repository.touch_api_token(session, who.session_id, now())
    return who


async def create(session: AsyncSession, who: Identity, name: str, role: Role, days: int | None) -> tuple[ApiToken, str]:
    """A new token and its text, which is shown this once. days: until it expires, one of LIFETIMES; None for never.

    The session is of account and person. Raises InvalidInput at `name`, `role` or `expires_in_days`, Conflict for a
    name that the person used before or an account that has too many.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"Enter a name of 1 to {LONGEST_NAME} characters.", field="name")
    if role not in token_roles(who.role):
        raise InvalidInput("Choose a role that is not above your own.", field="role")
    if days is not None and days not in LIFETIMES:
        raise InvalidInput("Choose 30, 90 or 365 days, or no expiration.", field="expires_in_days")
    if await repository.count_api_tokens(session, who.account_id) >= MOST_IN_ACCOUNT:
        raise Conflict(
            f"This account has {MOST_IN_ACCOUNT} API tokens, the most it can have. Revoke one that is not in use.",
            code="too_many_tokens",
        )
    text, at = new_text(), now()
    expires_at = at + timedelta(days=days) if days is not None else None
    token = ApiToken(new_id(), who.user_id, who.email, name, role, text[-4:], at, expires_at, None)
    if not await repository.add_api_token(session, who.account_id, token, digest(text)):
        raise InvalidInput("You have a token with this name already. Enter another name.", field="name")
    new = {"name": name, "role": role.value, "expires_at": expires_at.isoformat() if expires_at else None}
    await audit.record(session, who.account_id, who.actor, "api_tokens.created", "api_token", token.id, new=new)
    await outbox.send_mail(
        session,
        key=f"api_token_created:{token.id}",
        to=who.email,
        template="api_token_created",
        data={"name": who.name, "token_name": name, "account": who.account_name},
        user_id=who.user_id,
    )
    return token, text


async def listed(session: AsyncSession, who: Identity) -> list[ApiToken]:
    """The person's own tokens, or the whole account's for who manages its members. The session is of the account."""
    emails = {member.user_id: member.email for member in await members.listed(session)}
    return await repository.api_tokens(session, _limited_to(who), emails)


async def revoke(session: AsyncSession, who: Identity, token_id: UUID) -> None:
    """The token stops working at once. The session is of account and person.

    Raises NotFound when there is no such token, or it is another person's and `who` does not manage members.
    """
    token = await repository.remove_api_token(session, token_id, _limited_to(who))
    if token is None:
        raise NotFound("There is no such API token. It may have been revoked already.")
    previous = {"name": token.name, "role": token.role.value}
    await audit.record(
        session, who.account_id, who.actor, "api_tokens.revoked", "api_token", token_id, previous=previous
    )


def _limited_to(who: Identity) -> UUID | None:
    return None if who.may(Permission.MEMBERS_MANAGE) else who.user_id
