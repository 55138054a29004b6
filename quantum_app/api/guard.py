"""Who sends a request, and whether they may: asked by each route that is not on the public list."""

from fastapi import Request
from fastapi.params import Depends

from quantum_app.domain.accounts.permissions import BROWSER_ONLY, Permission
from quantum_app.domain.identity import api_tokens
from quantum_app.domain.identity import service as logins
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
        ("POST", "/api/public/calls/{call_id}/hang-up"),
        ("GET", "/api/public/calls/{call_id}/result"),
        ("POST", "/api/public/calls/{call_id}/transcript-email"),
        ("POST", "/api/public/transcript"),
        ("GET", "/api/dev/mailbox"),
        ("POST", "/api/dev/mailbox/key"),
    }
)


async def identify(request: Request) -> Identity | None:
    """Who sends the request, by API token or cookie, or None. Raises DependencyUnavailable(DB)."""
    token = _bearer(request)
    return await in_browser(request) if token is None else await api_tokens.resolve(token)


async def in_browser(request: Request) -> Identity | None:
    """Who is logged in, by cookie alone, or None. Raises DependencyUnavailable(DB)."""
    token = request.cookies.get(settings().cookie_name)
    return await logins.resolve(token) if token else None


def _bearer(request: Request) -> str | None:
    """The bearer token of the request, or None."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class Allowed:
    """A dependency that returns the Identity of whoever sends the request, if they may do this.

    Raises NotAuthenticated; NotAllowed if the role lacks the permission, if a browser is needed in place of an API
    token, or if a second factor is missing.
    """

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Identity:
        identity = await identify(request)
        if identity is None:
            raise _not_authenticated(request)
        if identity.token_role is not None and self.permission in BROWSER_ONLY:
            raise NotAllowed("API tokens can't do this. Log in to the dashboard instead.", code="not_a_browser")
        if identity.token_role is not None and not identity.may(self.permission):
            raise NotAllowed(
                "This API token doesn't have permission to do this, because of its role or its creator's role."
            )
        if not identity.may(self.permission):
            raise NotAllowed("You don't have permission to do this. Ask an admin of the account.")
        if identity.lacks_second_factor and self.permission is not Permission.SELF:
            raise NotAllowed(
                "This account requires two-factor authentication. Set it up first.", code="second_factor_required"
            )
        return identity


def _not_authenticated(request: Request) -> NotAuthenticated:
    if _bearer(request) is None:
        return NotAuthenticated("Log in first.")
    return NotAuthenticated(
        "This API token is invalid. It may have expired or been revoked. Create a new one in the dashboard.",
        code="invalid_token",
    )


def allowed(permission: Permission) -> Depends:
    """For a parameter of a route: `identity: Annotated[Identity, allowed(Permission.X)]`."""
    return Depends(Allowed(permission))
