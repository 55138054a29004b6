"""Signing in by another identity provider: there and back."""

from datetime import timedelta
from functools import cache
from typing import Annotated
from urllib.parse import urlencode

import jwt
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from quantum_app.api import cookies, limits
from quantum_app.api.auth import OneToken, Proof, count_mail, proven
from quantum_app.api.client import address
from quantum_app.api.guard import allowed, in_browser
from quantum_app.api.problems import Endpoint
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity import external, signup
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import Challenge, Identity
from quantum_app.errors import NotAuthenticated, NotFound, QuantumError
from quantum_app.kit.clock import now
from quantum_app.providers.oidc import Claims, Oidc
from quantum_app.providers.oidc import Request as Begun
from quantum_app.settings import settings

router = APIRouter(prefix="/api/auth", route_class=Endpoint)

Self = Annotated[Identity, allowed(Permission.SELF)]

_LIFETIME = timedelta(minutes=10)
_ALGORITHM = "HS256"
_AUDIENCE = "quantum-oidc"
_SECURITY_PAGE, _INVITATION_PAGE = "/settings/security", "/invite"


@cache
def _provider(name: str) -> Oidc:
    found = next((provider for provider in settings().oidc if provider.id == name), None)
    if found is None:
        raise NotFound("There is no such identity provider.")
    return Oidc(found, f"{settings().web_url.rstrip('/')}/api/auth/oidc/{name}/callback")


@router.get("/providers")
async def providers() -> JSONResponse:
    """By whom one can sign in besides."""
    return JSONResponse([{"id": provider.id, "name": provider.name} for provider in settings().oidc])


@router.get("/oidc/{provider}/start", status_code=302)
async def start(request: Request, provider: str, next: str = "") -> Response:
    """To the provider."""
    await limits.count(limits.TOKENS_BY_ADDRESS, "oidc", address(request))
    try:
        begun = await _provider(provider).begin()
    except QuantumError as problem:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        return _problem_page(problem, connecting=False)
    response = RedirectResponse(begun.url, 302)
    _keep(response, provider, begun, next=_own_path(next))
    return response


@router.post("/oidc/{provider}/join")
async def join(request: Request, provider: str, given: OneToken) -> JSONResponse:
    """`{url}`: where to go, to join by this provider the account that the link of an invitation is for."""
    await limits.count(limits.TOKENS_BY_ADDRESS, "invitation", address(request))
    await members.open_invitation(given.token)
    begun = await _provider(provider).begin()
    response = JSONResponse({"url": begun.url})
    _keep(response, provider, begun, next=_INVITATION_PAGE, invitation=given.token)
    return response


@router.post("/oidc/{provider}/connect")
async def connect(request: Request, provider: str, given: Proof, who: Self) -> JSONResponse:
    """`{url}`: where to go, so that one can come by this provider from then on. For who has proven who they are."""
    async with proven(request, who, given):
        begun = await _provider(provider).begin()
    response = JSONResponse({"url": begun.url})
    _keep(response, provider, begun, login=str(who.session_id))
    return response


@router.post("/oidc/{provider}/disconnect", status_code=204)
async def disconnect(request: Request, provider: str, given: Proof, who: Self) -> Response:
    """One does not come by this provider any more."""
    issuer = _provider(provider).issuer
    async with proven(request, who, given) as session:
        await external.disconnect(session, who, issuer)
    return Response(status_code=204)


@router.get("/oidc/{provider}/callback", status_code=302)
async def callback(request: Request, provider: str, state: str = "", code: str = "", error: str = "") -> Response:
    """Back from the provider: logged in, asked for the second factor, connected, or told what went wrong.

    What went wrong is a code in the fragment, for which the page has words: nothing of the address is shown.
    """
    await limits.count(limits.TOKENS_BY_ADDRESS, "oidc", address(request))
    kept = _kept(request)
    connecting, invited = bool(kept and kept["login"]), bool(kept and kept["invitation"])
    try:
        if kept is None or error or kept["provider"] != provider or not state or kept["state"] != state:
            raise NotAuthenticated("This sign-in was not begun here, or too long ago.", code="oidc_refused")
        claims = await _provider(provider).finish(code=code, nonce=kept["nonce"], verifier=kept["verifier"])
        response = await (_connect(request, kept["login"], claims) if connecting else _enter(request, claims, kept))
    except QuantumError as problem:
        response = _problem_page(problem, connecting=connecting, invited=invited)
    cookies.forget_oidc(response)
    return response


async def _enter(request: Request, claims: Claims, kept: dict[str, str]) -> Response:
    """Logged in; or asked for a second factor, or for the mail that confirms the address."""
    who, path = {"issuer": claims.issuer, "subject": claims.subject}, kept["next"]
    entered = await external.known(**who)
    if isinstance(entered, Challenge):
        onward = f"?{urlencode({'next': path})}" if path != "/" else ""
        return RedirectResponse(f"/login{onward}#challenge={entered.token}", 302)
    if entered is None and kept["invitation"]:
        entered, path = await external.join(kept["invitation"], **who, email=claims.email, name=claims.name), "/"
    elif entered is None:
        if not claims.email:
            raise NotAuthenticated("Your provider gave us no e-mail address that we can use.", code="no_email")
        if not claims.email_verified:
            return await _confirm(request, claims)
        entered = await external.open_account(**who, email=claims.email, name=claims.name)
    response = RedirectResponse(path, 302)
    cookies.remember_login(response, await identity.begin(entered, method=claims.issuer))
    return response


async def _confirm(request: Request, claims: Claims) -> Response:
    """The provider does not vouch for the address, so a mail to it does. The same for every address, known or not."""
    await limits.count(limits.MAILS_BY_ADDRESS, "signup", address(request))
    await count_mail(request, "signup", claims.email)
    kept = await signup.sign_up_external(
        issuer=claims.issuer, subject=claims.subject, name=claims.name, email=claims.email
    )
    response = RedirectResponse("/signup#confirm", 302)
    cookies.remember_signup(response, kept, claims.email)
    return response


async def _connect(request: Request, login: str, claims: Claims) -> Response:
    who = await in_browser(request)
    if who is None or str(who.session_id) != login:
        raise NotAuthenticated("Log in first.", code="oidc_refused")
    await external.connect(who, issuer=claims.issuer, subject=claims.subject, email=claims.email)
    return RedirectResponse(f"{_SECURITY_PAGE}#connected", 302)


def _problem_page(problem: QuantumError, *, connecting: bool, invited: bool = False) -> RedirectResponse:
    if invited:
        # Not in the fragment: there the tab keeps the link of the invitation.
        return RedirectResponse(f"{_INVITATION_PAGE}?problem={problem.code}", 302)
    return RedirectResponse(f"{_SECURITY_PAGE if connecting else '/login'}#problem={problem.code}", 302)


def _keep(
    response: Response, provider: str, begun: Begun, *, next: str = "", login: str = "", invitation: str = ""
) -> None:
    """What has to be known when the browser is back.

    login: the one that is to be connected. invitation: the token of one that is to be accepted.
    """
    kept = {
        "provider": provider,
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "next": next,
        "login": login,
        "invitation": invitation,
        "aud": _AUDIENCE,
        "exp": now() + _LIFETIME,
    }
    cookies.remember_oidc(response, jwt.encode(kept, settings().signing_key, _ALGORITHM), _LIFETIME)


def _kept(request: Request) -> dict[str, str] | None:
    key = settings().signing_key
    try:
        return jwt.decode(cookies.oidc(request), key, algorithms=[_ALGORITHM], audience=_AUDIENCE)
    except jwt.InvalidTokenError:
        return None


def _own_path(path: str) -> str:
    """Only a path of this site: a browser reads `//` and backslashes as another one."""
    good = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if good else "/"
