"""Signing in with another identity provider: to the provider and back."""

from datetime import timedelta
from functools import cache
from typing import Annotated
from urllib.parse import urlencode

import jwt
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from quantum_app.api import cookies, rate_limits
from quantum_app.api.auth import LinkToken, TimeZone, count_mail
from quantum_app.api.client import address
from quantum_app.api.endpoint import NO_CONTENT, Endpoint
from quantum_app.api.guard import allowed, in_browser
from quantum_app.api.proof import Proof, proven
from quantum_app.api.schemas.auth import IdentityProvider, Redirect
from quantum_app.api.schemas.problem import problems
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity import external, signup
from quantum_app.domain.identity import service as logins
from quantum_app.domain.identity.schemas import Challenge, Identity
from quantum_app.errors import NotAuthenticated, NotFound, QuantumError
from quantum_app.kit.clock import now
from quantum_app.providers.oidc import Claims, Oidc
from quantum_app.providers.oidc import Request as Begun
from quantum_app.settings import settings

router = APIRouter(prefix="/api/auth", route_class=Endpoint, tags=["Identity providers"])

Self = Annotated[Identity, allowed(Permission.SELF)]

_LIFETIME = timedelta(minutes=10)
_ALGORITHM = "HS256"
_AUDIENCE = "quantum-oidc"
_SECURITY_PAGE, _INVITATION_PAGE = "/settings/security", "/invite"


@cache
def _provider(name: str) -> Oidc:
    provider = next((provider for provider in settings().oidc if provider.id == name), None)
    if provider is None:
        raise NotFound("Identity provider not found.")
    return Oidc(provider, f"{settings().web_url.rstrip('/')}/api/auth/oidc/{name}/callback")


@router.get("/providers", summary="List identity providers")
async def list_identity_providers() -> list[IdentityProvider]:
    """Returns the providers that you can sign in with."""
    return [IdentityProvider(id=provider.id, name=provider.name) for provider in settings().oidc]


@router.get(
    "/oidc/{provider}/start",
    summary="Start a login",
    status_code=302,
    response_class=RedirectResponse,
    responses=problems(502),
)
async def start_sign_in(
    request: Request,
    provider: str,
    next: Annotated[str, Query(description="The path to go to afterwards.")] = "",
    time_zone: TimeZone = "UTC",
) -> Response:
    """Redirects to the provider. A new account gets the time zone."""
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "oidc", address(request))
    try:
        sign_in = await _provider(provider).begin()
    except QuantumError as problem:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        return _problem_page(problem, connecting=False)
    response = RedirectResponse(sign_in.url, 302)
    _keep(response, provider, sign_in, next=_own_path(next), time_zone=time_zone)
    return response


@router.post("/oidc/{provider}/join", summary="Join with an identity provider", responses=problems(502))
async def join_with_provider(request: Request, response: Response, provider: str, body: LinkToken) -> Redirect:
    """Returns where to go to accept an invitation by signing in with the provider."""
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "invitation", address(request))
    await members.invitation_of_token(body.token)
    sign_in = await _provider(provider).begin()
    _keep(response, provider, sign_in, next=_INVITATION_PAGE, invitation=body.token)
    return Redirect(url=sign_in.url)


@router.post("/oidc/{provider}/connect", summary="Connect an identity provider", responses=problems(409, 502))
async def connect_provider(
    request: Request, response: Response, provider: str, body: Proof, identity: Self
) -> Redirect:
    """Returns where to go to connect the provider with your login."""
    async with proven(request, identity, body):
        sign_in = await _provider(provider).begin()
    _keep(response, provider, sign_in, login=str(identity.session_id))
    return Redirect(url=sign_in.url)


@router.post(
    "/oidc/{provider}/disconnect", summary="Disconnect an identity provider", responses=problems(409), **NO_CONTENT
)
async def disconnect_provider(request: Request, provider: str, body: Proof, identity: Self) -> None:
    """Disconnects the provider from your login."""
    issuer = _provider(provider).issuer
    async with proven(request, identity, body) as session:
        await external.disconnect(session, identity, issuer)


@router.get("/oidc/{provider}/callback", summary="Finish a login", status_code=302, response_class=RedirectResponse)
async def finish_sign_in(request: Request, provider: str, state: str = "", code: str = "", error: str = "") -> Response:
    """Redirects from the provider to a page: logged in, asked for the second factor, connected, or with a problem.

    A problem is a code in the fragment. The page has the words for it, so nothing from the address is shown.
    """
    await rate_limits.count(rate_limits.TOKENS_BY_ADDRESS, "oidc", address(request))
    sign_in = _sign_in(request)
    connecting, invited = bool(sign_in and sign_in["login"]), bool(sign_in and sign_in["invitation"])
    try:
        if sign_in is None or error or sign_in["provider"] != provider or not state or sign_in["state"] != state:
            raise NotAuthenticated("This login has expired or wasn't started here. Start over.", code="oidc_refused")
        claims = await _provider(provider).finish(code=code, nonce=sign_in["nonce"], verifier=sign_in["verifier"])
        response = await (
            _connect(request, sign_in["login"], claims) if connecting else _enter(request, claims, sign_in)
        )
    except QuantumError as problem:
        response = _problem_page(problem, connecting=connecting, invited=invited)
    cookies.forget_oidc(response)
    return response


async def _enter(request: Request, claims: Claims, sign_in: dict[str, str]) -> Response:
    """Log in, or ask for the second factor or for the mail that confirms the address."""
    external_identity, path = {"issuer": claims.issuer, "subject": claims.subject}, sign_in["next"]
    user = await external.find_user(**external_identity)
    if isinstance(user, Challenge):
        onward = f"?{urlencode({'next': path})}" if path != "/" else ""
        return RedirectResponse(f"/login{onward}#challenge={user.token}", 302)
    if user is None and sign_in["invitation"]:
        user, path = (
            await external.accept_invitation(
                sign_in["invitation"], **external_identity, email=claims.email, name=claims.name
            ),
            "/",
        )
    elif user is None:
        if not claims.email:
            raise NotAuthenticated("Your provider didn't share an email address.", code="no_email")
        if not claims.email_verified:
            return await _confirm(request, claims)
        user = await external.create_account(
            **external_identity,
            email=claims.email,
            name=claims.name,
            time_zone=sign_in.get("time_zone", "UTC"),
        )
    response = RedirectResponse(path, 302)
    cookies.remember_login(response, await logins.begin_login(user, method=claims.issuer))
    return response


async def _confirm(request: Request, claims: Claims) -> Response:
    """Send a mail that confirms the address, because the provider does not. The same for every address."""
    await rate_limits.count(rate_limits.MAILS_BY_ADDRESS, "signup", address(request))
    await count_mail(request, "signup", claims.email)
    browser_token = await signup.sign_up_external(
        issuer=claims.issuer, subject=claims.subject, name=claims.name, email=claims.email
    )
    response = RedirectResponse("/signup#confirm", 302)
    cookies.remember_signup(response, browser_token, claims.email)
    return response


async def _connect(request: Request, login: str, claims: Claims) -> Response:
    identity = await in_browser(request)
    if identity is None or str(identity.session_id) != login:
        raise NotAuthenticated("Log in first.", code="oidc_refused")
    await external.connect(identity, issuer=claims.issuer, subject=claims.subject, email=claims.email)
    return RedirectResponse(f"{_SECURITY_PAGE}#connected", 302)


def _problem_page(problem: QuantumError, *, connecting: bool, invited: bool = False) -> RedirectResponse:
    if invited:
        # Not in the fragment: there the tab keeps the link of the invitation.
        return RedirectResponse(f"{_INVITATION_PAGE}?problem={problem.code}", 302)
    return RedirectResponse(f"{_SECURITY_PAGE if connecting else '/login'}#problem={problem.code}", 302)


def _keep(
    response: Response,
    provider: str,
    sign_in: Begun,
    *,
    next: str = "",
    time_zone: str = "UTC",
    login: str = "",
    invitation: str = "",
) -> None:
    """Keep what is needed when the browser comes back.

    login: the id of the login to connect. invitation: the token of the invitation to accept.
    """
    claims = {
        "provider": provider,
        "state": sign_in.state,
        "nonce": sign_in.nonce,
        "verifier": sign_in.verifier,
        "next": next,
        "time_zone": time_zone,
        "login": login,
        "invitation": invitation,
        "aud": _AUDIENCE,
        "exp": now() + _LIFETIME,
    }
    cookies.remember_oidc(response, jwt.encode(claims, settings().signing_key, _ALGORITHM), _LIFETIME)


def _sign_in(request: Request) -> dict[str, str] | None:
    key = settings().signing_key
    try:
        return jwt.decode(cookies.oidc(request), key, algorithms=[_ALGORITHM], audience=_AUDIENCE)
    except jwt.InvalidTokenError:
        return None


def _own_path(path: str) -> str:
    """The path if it is one of this site. Browsers read `//` and backslashes as another site."""
    good = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if good else "/"
