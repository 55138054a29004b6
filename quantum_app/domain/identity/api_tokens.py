"""Bearer tokens of the REST API: a JWT (RFC 7519) that names a login, and a refresh token for one exchange.

The JWT says only which login it belongs to: whether that lasts, and what its person may do, is looked up each time.
"""

import secrets
from datetime import timedelta
from uuid import UUID

import jwt

from quantum_app.db.session import account_session, public_session, user_session
from quantum_app.domain.audit import service as audit
from quantum_app.domain.identity import repository
from quantum_app.domain.identity.schemas import ApiTokens, Identity
from quantum_app.domain.identity.service import add_login, digest, resolve_login
from quantum_app.errors import NotAuthenticated
from quantum_app.kit.clock import now
from quantum_app.settings import settings

LIFETIME = timedelta(minutes=10)
_ALGORITHM = "HS256"
_AUDIENCE = "quantum-api"


async def issue(user_id: UUID, *, method: str) -> ApiTokens:
    """Tokens for somebody who has just proven who they are. Raises NotAllowed for a person without an account."""
    refresh = secrets.token_urlsafe(32)
    login_id = await add_login(user_id, kind="api", token=refresh, method=method)
    return ApiTokens(_access(login_id), refresh, int(LIFETIME.total_seconds()))


async def refresh(token: str) -> ApiTokens:
    """New tokens for a refresh token, which is spent by it.

    One that comes a second time was copied: the whole login ends. Raises NotAuthenticated.
    """
    async with public_session() as session:
        found = await repository.login_by_refresh(session, digest(token))
    if found is None:
        raise _over()
    login_id, user_id, spent = found
    who = await resolve_login(login_id)
    if who is None:
        raise _over()
    if spent:
        await _end(who, "login.refresh_reused")
        raise _over()
    fresh = secrets.token_urlsafe(32)
    async with user_session(user_id) as session:
        if not await repository.exchange_token(session, login_id, digest(token), digest(fresh), now()):
            raise _over()
    return ApiTokens(_access(login_id), fresh, int(LIFETIME.total_seconds()))


async def revoke(token: str) -> None:
    """End the login of a refresh token; nothing happens when it is not known."""
    async with public_session() as session:
        found = await repository.login_by_refresh(session, digest(token))
    who = await resolve_login(found[0]) if found else None
    if who is not None:
        await _end(who, "login.ended")


async def resolve(access: str) -> Identity | None:
    """Who holds this access token, or None when it is not ours, expired, or its login has ended."""
    try:
        claims = jwt.decode(
            access,
            settings().signing_key,
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            options={"require": ["exp", "aud", "sid"]},
        )
        login_id = UUID(claims["sid"])
    except (jwt.InvalidTokenError, ValueError):
        return None
    who = await resolve_login(login_id)
    return who if who is not None and who.kind == "api" else None


async def _end(who: Identity, action: str) -> None:
    async with account_session(who.account_id, user_id=who.user_id) as session:
        await repository.remove_login(session, who.user_id, who.session_id)
        await audit.record(session, who.account_id, who.actor, action, "login", who.session_id)


def _access(login_id: UUID) -> str:
    claims = {"sid": str(login_id), "aud": _AUDIENCE, "iat": now(), "exp": now() + LIFETIME}
    return jwt.encode(claims, settings().signing_key, _ALGORITHM)


def _over() -> NotAuthenticated:
    return NotAuthenticated("This login has ended. Ask for new tokens.", code="login_over")
