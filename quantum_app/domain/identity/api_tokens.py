"""API tokens: how programs use the REST API on behalf of the person who created them.

A token is `qvt_`, 32 random characters (190 bits) and a six-character checksum, so that secret scanners recognize it
and a mistyped one costs no query. Only its SHA-256 is stored. Permissions are checked on each request: a token may do
what both its own role and its creator's current role allow.
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
from quantum_app.domain.identity.service import is_stale, token_digest
from quantum_app.domain.outbox import service as outbox
from quantum_app.errors import Conflict, InvalidInput, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id

PREFIX = "qvt_"
LIFETIMES = (30, 90, 365)  # days
MAX_TOKENS = 50
LONGEST_NAME = 60
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM, _CHECK = 32, 6  # characters


def new_text() -> str:
    """The text of a new token."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{PREFIX}{body}{_checksum(body)}"


def is_well_formed(text: str) -> bool:
    """Whether the text has the form and checksum of a token. It may still not exist."""
    body, check = text[len(PREFIX) : -_CHECK], text[-_CHECK:]
    # Checking the length first keeps the checksum cheap.
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
        identity = await repository.identity_by_api_token(session, token_digest(text))
    if identity is not None and is_stale(identity):
        async with account_session(identity.account_id) as session:
            await repository.touch_api_token(session, identity.session_id, now())
    return identity


async def create_token(
    session: AsyncSession, identity: Identity, name: str, role: Role, days: int | None
) -> tuple[ApiToken, str]:
    """Create a token. Returns it with its text, which can't be shown again. The session must be of account and user.

    days: Days until it expires, one of LIFETIMES, or None for never.

    Raises InvalidInput with the field `name`, `role` or `expires_in_days`, Conflict if the account has too many tokens.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"Enter a name of 1 to {LONGEST_NAME} characters.", field="name")
    if role not in token_roles(identity.role):
        raise InvalidInput("Choose a role with no more permissions than your own.", field="role")
    if days is not None and days not in LIFETIMES:
        raise InvalidInput("Choose 30, 90 or 365 days, or no expiration.", field="expires_in_days")
    if await repository.count_api_tokens(session, identity.account_id) >= MAX_TOKENS:
        raise Conflict(
            f"This account has reached the limit of {MAX_TOKENS} API tokens. Revoke one you no longer use.",
            code="too_many_tokens",
        )
    text, at = new_text(), now()
    expires_at = at + timedelta(days=days) if days is not None else None
    token = ApiToken(new_id(), identity.user_id, identity.email, name, role, text[-4:], at, expires_at, None)
    if not await repository.add_api_token(session, identity.account_id, token, token_digest(text)):
        raise InvalidInput("You already have a token with this name.", field="name")
    new = {"name": name, "role": role.value, "expires_at": expires_at.isoformat() if expires_at else None}
    await audit.record(
        session, identity.account_id, identity.actor, "api_tokens.created", "api_token", token.id, new=new
    )
    await outbox.send_email(
        session,
        key=f"api_token_created:{token.id}",
        to=identity.email,
        template="api_token_created",
        data={"name": identity.name, "token_name": name, "account": identity.account_name},
        user_id=identity.user_id,
    )
    return token, text


async def list_tokens(session: AsyncSession, identity: Identity) -> list[ApiToken]:
    """The user's own tokens, or all of the account's if they manage members. The session must be of the account."""
    emails = {member.user_id: member.email for member in await members.list_members(session)}
    return await repository.api_tokens(session, _visible_user_id(identity), emails)


async def revoke_token(session: AsyncSession, identity: Identity, token_id: UUID) -> None:
    """Revoke a token at once. The session must be of account and user.

    Raises NotFound if it doesn't exist, or belongs to somebody else and the user doesn't manage members.
    """
    token = await repository.remove_api_token(session, token_id, _visible_user_id(identity))
    if token is None:
        raise NotFound("API token not found. It may have been revoked already.")
    previous = {"name": token.name, "role": token.role.value}
    await audit.record(
        session, identity.account_id, identity.actor, "api_tokens.revoked", "api_token", token_id, previous=previous
    )


def _visible_user_id(identity: Identity) -> UUID | None:
    return None if identity.may(Permission.MEMBERS_MANAGE) else identity.user_id
