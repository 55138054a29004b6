"""API tokens, for the person in the dashboard: a browser's cookie is asked for, and no token creates or revokes one."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from quantum_app.api import limits
from quantum_app.api.auth import Proof, proven
from quantum_app.api.guard import allowed
from quantum_app.api.problems import Endpoint
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission, Role
from quantum_app.domain.identity import api_tokens
from quantum_app.domain.identity.schemas import ApiToken, Identity
from quantum_app.errors import NotFound
from quantum_app.kit import ids

router = APIRouter(prefix="/api", route_class=Endpoint)

Manager = Annotated[Identity, allowed(Permission.API_TOKENS)]


class NewApiToken(Proof):
    """expires_in_days: null for never."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    role: Role
    expires_in_days: Literal[30, 90, 365] | None


@router.get("/tokens")
async def list_tokens(who: Manager) -> JSONResponse:
    """One's own, the newest first; the whole account's for who manages its members."""
    async with account_session(who.account_id) as session:
        found = await api_tokens.listed(session, who)
    data = [_token(token) | {"own": token.user_id == who.user_id} for token in found]
    return JSONResponse({"data": data, "has_more": False})


@router.post("/tokens", status_code=201)
async def create_token(request: Request, given: NewApiToken, who: Manager) -> JSONResponse:
    """The one answer that has the token's text."""
    await limits.count(limits.API_TOKENS_BY_PERSON, "api-token", str(who.user_id))
    async with proven(request, who, given) as session:
        token, text = await api_tokens.create(session, who, given.name, given.role, given.expires_in_days)
    return JSONResponse(_token(token) | {"token": text}, status_code=201)


@router.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: str, who: Manager) -> Response:
    """It stops working at once."""
    wanted = ids.decode("tok", token_id)
    if wanted is None:
        raise NotFound("There is no such API token. It may have been revoked already.")
    async with account_session(who.account_id, user_id=who.user_id) as session:
        await api_tokens.revoke(session, who, wanted)
    return Response(status_code=204)


def _token(token: ApiToken) -> dict[str, Any]:
    return {
        "id": ids.encode("tok", token.id),
        "name": token.name,
        "role": token.role,
        "last_four": token.last_four,
        "created_by": token.created_by,
        "created_at": _time(token.created_at),
        "expires_at": _time(token.expires_at),
        "last_used_at": _time(token.last_used_at),
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
