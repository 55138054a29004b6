"""Logging in and out: an HttpOnly cookie that only the server reads."""

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quantum_app.api import client, limits
from quantum_app.api.problems import body_of, endpoint
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.schemas import Identity
from quantum_app.errors import NotAuthenticated
from quantum_app.settings import settings


class Credentials(BaseModel):
    email: str = Field(max_length=320)
    password: str = Field(max_length=1024)


async def identify(request: Request) -> Identity | None:
    """Who is logged in, or None. Raises SegmentDown(DB)."""
    token = request.cookies.get(settings().cookie_name)
    return await accounts.resolve(token) if token else None


@endpoint
async def login(request: Request) -> Response:
    """`POST /api/auth/login` {email, password}: sets the cookie."""
    client.require_own_origin(request)
    given = await body_of(request, Credentials)
    await limits.count(limits.LOGINS_BY_ADDRESS, "login", client.address(request))
    email = given.email.strip().lower()
    await limits.count(limits.LOGINS_BY_EMAIL, "login", email)
    made = await accounts.login(email, given.password)
    await limits.forgive(limits.LOGINS_BY_EMAIL, "login", email)
    response = Response(status_code=204)
    response.set_cookie(
        settings().cookie_name,
        made.token,
        expires=made.expires_at,
        httponly=True,
        samesite="lax",
        secure=settings().public_url.startswith("https:"),
        path="/",
    )
    return response


@endpoint
async def logout(request: Request) -> Response:
    """`POST /api/auth/logout`: the login is forgotten here and in the browser."""
    client.require_own_origin(request)
    if token := request.cookies.get(settings().cookie_name):
        await accounts.logout(token)
    response = Response(status_code=204)
    response.delete_cookie(settings().cookie_name, path="/", httponly=True, samesite="lax")
    return response


@endpoint
async def me(request: Request) -> Response:
    """`GET /api/auth/me`."""
    who = await identify(request)
    if who is None:
        raise NotAuthenticated("Nobody is logged in.")
    return JSONResponse({"name": who.name, "email": who.email, "role": who.role, "account": who.account_name})


routes = [
    Route("/api/auth/login", login, methods=["POST"]),
    Route("/api/auth/logout", logout, methods=["POST"]),
    Route("/api/auth/me", me, methods=["GET"]),
]
