"""API tokens, for people in the dashboard: managing them takes a browser's cookie, and no API token."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from quantum_app.api import rate_limits
from quantum_app.api.endpoint import NO_CONTENT, Endpoint
from quantum_app.api.guard import allowed
from quantum_app.api.proof import Proof, proven
from quantum_app.api.public_ids import TokenId
from quantum_app.api.schemas.account import ApiToken, ApiTokenList, CreatedApiToken
from quantum_app.api.schemas.problem import problems
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission, Role
from quantum_app.domain.identity import api_tokens
from quantum_app.domain.identity.schemas import ApiToken as StoredToken
from quantum_app.domain.identity.schemas import Identity

router = APIRouter(prefix="/api", route_class=Endpoint, tags=["API tokens"])

Manager = Annotated[Identity, allowed(Permission.API_TOKENS)]


class NewApiToken(Proof):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    role: Role
    expires_in_days: Literal[30, 90, 365] | None = Field(description="null for a token that doesn't expire.")


@router.get("/tokens", summary="List API tokens")
async def list_tokens(identity: Manager) -> ApiTokenList:
    """Returns your API tokens, the newest first. If you manage members, returns those of the whole account."""
    async with account_session(identity.account_id) as session:
        tokens = await api_tokens.list_tokens(session, identity)
    return ApiTokenList(data=[_api_token(token, identity) for token in tokens], has_more=False)


@router.post("/tokens", summary="Create an API token", status_code=201, responses=problems(409))
async def create_token(request: Request, body: NewApiToken, identity: Manager) -> CreatedApiToken:
    """Creates an API token and returns its text, which is shown this once."""
    await rate_limits.count(rate_limits.API_TOKENS_BY_PERSON, "api-token", str(identity.user_id))
    async with proven(request, identity, body) as session:
        token, text = await api_tokens.create_token(session, identity, body.name, body.role, body.expires_in_days)
    return CreatedApiToken(**dict(_api_token(token, identity)), token=text)


@router.delete("/tokens/{token_id}", summary="Revoke an API token", **NO_CONTENT)
async def revoke_token(token_id: TokenId, identity: Manager) -> None:
    """Revokes an API token. It stops working at once."""
    async with account_session(identity.account_id, user_id=identity.user_id) as session:
        await api_tokens.revoke_token(session, identity, token_id)


def _api_token(token: StoredToken, identity: Identity) -> ApiToken:
    return ApiToken(
        id=token.id,
        name=token.name,
        role=token.role,
        last_four=token.last_four,
        created_by=token.created_by,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        own=token.user_id == identity.user_id,
    )
