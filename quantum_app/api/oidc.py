"""Signing in by another identity provider: there and back."""

from datetime import timedelta
from functools import cache
from typing import Annotated

import jwt
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from quantum_app.api import cookies, limits
from quantum_app.api.auth import Proof, proven
from quantum_app.api.client import address
from quantum_app.api.guard import allowed, identify
from quantum_app.api.problems import Endpoint
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity import external
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
_SECURITY_PAGE = "/settings/security"


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
    connecting = bool(kept and kept["login"])
    try:
        if kept is None or error or kept["provider"] != provider or not state or kept["state"] != state:
            raise NotAuthenticated("This sign-in was not begun here, or too long ago.", code="oidc_refused")
        claims = await _provider(provider).finish(code=code, nonce=kept["nonce"], verifier=kept["verifier"])
        response = await (_connect(request, kept["login"], claims) if connecting else _enter(claims, kept["next"]))
    except QuantumError as problem:
        response = _problem_page(problem, connecting=connecting)
    cookies.forget_oidc(response)
    return response


async def _enter(claims: Claims, path: str) -> Response:
    entered = await external.enter(
        issuer=claims.issuer,
        subject=claims.subject,
        email=claims.email,
        email_verified=claims.email_verified,
        name=claims.name,
    )
    if isinstance(entered, Challenge):
        return RedirectResponse(f"/login#challenge={entered.token}", 302)
    response = RedirectResponse(path, 302)
    cookies.remember_login(response, await identity.begin(entered, method=claims.issuer))
    return response


async def _connect(request: Request, login: str, claims: Claims) -> Response:
    who = await identify(request)
    if who is None or str(who.session_id) != login:
        raise NotAuthenticated("Log in first.", code="oidc_refused")
    await external.connect(who, issuer=claims.issuer, subject=claims.subject, email=claims.email)
    return RedirectResponse(f"{_SECURITY_PAGE}#connected", 302)


def _problem_page(problem: QuantumError, *, connecting: bool) -> RedirectResponse:
    return RedirectResponse(f"{_SECURITY_PAGE if connecting else '/login'}#problem={problem.code}", 302)


def _keep(response: Response, provider: str, begun: Begun, *, next: str = "", login: str = "") -> None:
    """What has to be known when the browser is back. login: the one that is to be connected."""
    kept = {
        "provider": provider,
        "state": begun.state,
        "nonce": begun.nonce,
        "verifier": begun.verifier,
        "next": next,
        "login": login,
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
