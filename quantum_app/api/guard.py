"""Who sends a request, and whether they may: asked by each route that is not on the public list."""

from fastapi import Request
from fastapi.params import Depends

from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity import api_tokens
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import NotAllowed, NotAuthenticated
from quantum_app.settings import settings

# Routes that anybody may ask. They authorise by what they are sent (a password, a one-time token, a call's token), or
# tell what everybody may know.
PUBLIC = frozenset(
    {
        ("GET", "/api/alive"),
        ("GET", "/api/health"),
        ("GET", "/api/openapi.json"),
        ("GET", "/api/auth/providers"),
        ("POST", "/api/auth/signup"),
        ("POST", "/api/auth/signup/resend"),
        ("POST", "/api/auth/verify"),
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/second-factor"),
        ("POST", "/api/auth/logout"),
        ("POST", "/api/auth/forgot"),
        ("POST", "/api/auth/reset"),
        ("POST", "/api/auth/confirm-email"),
        ("POST", "/api/auth/token"),
        ("POST", "/api/auth/token/refresh"),
        ("POST", "/api/auth/token/revoke"),
        ("GET", "/api/auth/oidc/{provider}/start"),
        ("GET", "/api/auth/oidc/{provider}/callback"),
        ("POST", "/api/auth/oidc/{provider}/join"),
        ("POST", "/api/auth/invitation"),
        ("POST", "/api/auth/invitation/join"),
        ("GET", "/api/public/campaigns/{public_id}"),
        ("POST", "/api/public/campaigns/{public_id}/calls"),
        ("POST", "/api/public/calls/{call_id}/assistant"),
        ("POST", "/api/public/calls/{call_id}/rating"),
        ("GET", "/api/dev/mailbox"),
    }
)


async def identify(request: Request) -> Identity | None:
    """Who is logged in, by bearer token or cookie; or None. Raises SegmentDown(DB)."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return await api_tokens.resolve(bearer.strip())
    token = request.cookies.get(settings().cookie_name)
    return await identity.resolve(token) if token else None


class Allowed:
    """A dependency: whoever asks is logged in and may do this. Gives their Identity.

    Raises NotAuthenticated, and NotAllowed for a role that does not include it or a second factor that is missing.
    """

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Identity:
        who = await identify(request)
        if who is None:
            raise NotAuthenticated("Log in first.")
        if not who.may(self.permission):
            raise NotAllowed("Your role does not include this. Ask an administrator of the account.")
        if who.lacks_second_factor and self.permission is not Permission.SELF:
            raise NotAllowed("This account asks for a second factor: set it up first.", code="second_factor_required")
        return who


def allowed(permission: Permission) -> Depends:
    """`who: Annotated[Identity, allowed(Permission.X)]`."""
    return Depends(Allowed(permission))
