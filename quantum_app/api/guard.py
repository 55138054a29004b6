"""Who sends a request, and whether they may: asked by each route that is not on the public list."""

from fastapi import Request
from fastapi.params import Depends

from quantum_app.domain.accounts.permissions import BROWSER_ONLY, Permission
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
        ("POST", "/api/dev/mailbox/key"),
    }
)


async def identify(request: Request) -> Identity | None:
    """Who asks, by API token or cookie; or None. Raises DependencyUnavailable(DB)."""
    token = _bearer(request)
    return await in_browser(request) if token is None else await api_tokens.resolve(token)


async def in_browser(request: Request) -> Identity | None:
    """Who is logged in, by cookie alone; or None. Raises DependencyUnavailable(DB)."""
    token = request.cookies.get(settings().cookie_name)
    return await identity.resolve(token) if token else None


def _bearer(request: Request) -> str | None:
    """What the request sends as a bearer token; None when it sends none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class Allowed:
    """A dependency: whoever asks is logged in, or has an API token, and may do this. Gives their Identity.

    Raises NotAuthenticated, and NotAllowed for a role that does not include it, a token where a browser is needed, or a
    second factor that is missing.
    """

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Identity:
        who = await identify(request)
        if who is None:
            raise _nobody(request)
        if who.token_role is not None and self.permission in BROWSER_ONLY:
            raise NotAllowed("API tokens cannot do this. Log in to the dashboard instead.", code="not_a_browser")
        if who.token_role is not None and not who.may(self.permission):
            raise NotAllowed("This API token may not do this: its role, or its creator's, does not include it.")
        if not who.may(self.permission):
            raise NotAllowed("Your role does not include this. Ask an administrator of the account.")
        if who.lacks_second_factor and self.permission is not Permission.SELF:
            raise NotAllowed("This account asks for a second factor: set it up first.", code="second_factor_required")
        return who


def _nobody(request: Request) -> NotAuthenticated:
    if _bearer(request) is None:
        return NotAuthenticated("Log in first.")
    return NotAuthenticated(
        "This API token is not valid. It may have expired or been revoked: create a new one in the dashboard.",
        code="invalid_token",
    )


def allowed(permission: Permission) -> Depends:
    """For a parameter of a route: `identity: Annotated[Identity, allowed(Permission.X)]`."""
    return Depends(Allowed(permission))
