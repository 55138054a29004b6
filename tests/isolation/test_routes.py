"""Every route over the wire, as nobody and as people of account A, with whatever is B's in it.

Who is let in by each guard is asked of all roles in test_guards.py, and over the wire in test_routes_long.py.
"""

import itertools

import httpx
import pytest
import redis

from quantum_app.api.app import api
from quantum_app.api.guard import PUBLIC
from quantum_app.domain.accounts.permissions import BROWSER_ONLY, PERMISSIONS, Permission, Role
from tests.isolation.chance import pick
from tests.isolation.routes import Route, effective_routes, is_public, requests, routes, shape
from tests.isolation.tenant_pair import TenantPair

pytestmark = pytest.mark.isolation

MOST = 12
# Routes that tell whether something exists, because it was given out to be asked for.
TELLING = {
    "GET /api/public/campaigns/{public_id}": "the address of a call page, 130 random bits",
    "POST /api/public/campaigns/{public_id}/calls": "the same",
}
# Routes by which anybody may cause something at an address, and where it is kept.
CAUSING = {
    "POST /api/auth/signup": {"outbox"},
    "POST /api/auth/forgot": {"outbox", "one_time_tokens"},
    "POST /api/me/email": {"outbox", "one_time_tokens"},
    "POST /api/public/campaigns/{public_id}/calls": {"call_sessions", "consent_tickets"},
}
# What answers beside the API's own routes.
UNDESCRIBED_PATHS = {"/api/openapi.json"}

_addresses = itertools.count(1)


def cases(route: Route) -> list[str]:
    """Nobody, the owner, and one of the other roles; which one, and how each comes in, changes with the commit."""
    ways = pick([("cookie", "token"), ("token", "cookie")], route.name)
    role = pick([role for role in Role if role is not Role.OWNER], route.name)
    # A token would be stopped before anything of B is looked at.
    owners = "cookie" if route.permission in BROWSER_ONLY | {Permission.OWNERSHIP} else ways[0]
    return ["nobody", f"owner by {owners}", f"{role} by {ways[1]}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The cases are those of the module that has the test: test_routes_long.py has it too."""
    if "actor" in metafunc.fixturenames:
        all_cases = [(route, actor) for route in routes() for actor in metafunc.module.cases(route)]
        metafunc.parametrize(
            ("route", "actor"), all_cases, ids=[f"{route.name} as {actor}" for route, actor in all_cases]
        )


def _headers(tenants: TenantPair, actor: str) -> dict[str, str]:
    """As somebody far away, so that nobody is stopped for what another tried."""
    number = next(_addresses)
    headers = {"x-forwarded-for": f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"}
    role, _, credential = actor.partition(" by ")
    if credential == "cookie":
        headers["cookie"] = tenants.logins[Role(role)].cookie
    elif credential == "token":
        headers["authorization"] = tenants.logins[Role(role)].bearer
    return headers


@pytest.fixture
def most(request: pytest.FixtureRequest) -> int:
    """So many ways to name something of B does the owner try, as the module wants it."""
    return request.module.MOST


def test_route(
    tenants: TenantPair,
    client: httpx.Client,
    rate_limit_store: redis.Redis,
    no_writes_to_b: None,
    most: int,
    route: Route,
    actor: str,
) -> None:
    tenants.mend()
    before = tenants.mark()
    role, _, credential = actor.partition(" by ")
    for request in requests(tenants, route, limit={"nobody": 1, "owner": most}.get(role, 2)):
        headers = _headers(tenants, actor)
        answers: dict[bool, httpx.Response] = {}
        for real in (True, False):
            answers[real] = request.send(client, headers, real=real)
            if "set-cookie" in answers[real].headers:
                tenants.mend()  # a login that was renewed or left
        for answer in answers.values():
            content = f"{answer.text} {answer.headers}"
            leaks = tenants.leaks(content, *tenants.known_texts, *(tenants.public_texts if is_public(route) else ()))
            assert leaks == [], f"{request.pair.what}: {answer.text[:300]}"
            assert answer.status_code != 500, answer.text
            if not is_public(route) and actor == "nobody":
                assert answer.status_code == 401, f"nobody is let in: {answer.text[:300]}"
            elif credential == "token" and route.permission in BROWSER_ONLY:
                assert answer.status_code == 403, f"a program is let in: {answer.text[:300]}"
            elif route.permission is not None and route.permission not in PERMISSIONS[Role(role)]:
                assert answer.status_code == 403, f"a role without {route.permission} is let in: {answer.text[:300]}"
            elif route.permission is not None:
                is_refused = answer.status_code == 401 and answer.json()["code"] in {
                    "not_authenticated",
                    "invalid_token",
                }
                assert not is_refused, "a role that may is not let in"
        if route.name not in TELLING:
            forms = [shape(answers[real], request.inputs(real=real)) for real in (True, False)]
            assert forms[0] == forms[1], f"{request.pair.what} of B is told from one that does not exist"
        if role == "owner" and any(answer.status_code in {401, 403} for answer in answers.values()):
            tenants.mend()
    updates, inserts = tenants.writes_since(before)
    assert updates == set(), "rows of B were changed"
    assert inserts <= CAUSING.get(route.name, set()), "rows of B were added"


def test_every_route_is_public_by_name_or_asks_who_it_is() -> None:
    open_ones = {route.name for route in routes() if not is_public(route) and route.permission is None}
    assert open_ones == set()
    contradictions = {route.name for route in routes() if is_public(route) and route.permission is not None}
    assert contradictions == set(), "PUBLIC names a route that asks"


def test_public_routes_exist() -> None:
    all_routes = {(route.method, route.path) for route in routes()} | {("GET", path) for path in UNDESCRIBED_PATHS}
    assert all_routes >= PUBLIC
    assert {route.name for route in routes()} >= TELLING.keys() | CAUSING.keys()


def test_nothing_answers_that_is_not_a_route_of_ours() -> None:
    assert {context.path for context, route in effective_routes() if route is None} == UNDESCRIBED_PATHS
    assert api.docs_url is api.redoc_url is None


@pytest.mark.parametrize(
    "authorization", ["Basic eDp5", "Bearer null", "bearer x.y.z", "Bearer e30.e30.e30", "Bearer", "x"]
)
def test_no_made_up_token_is_anybody(tenants: TenantPair, client: httpx.Client, authorization: str) -> None:
    headers = _headers(tenants, "nobody") | {"authorization": authorization}
    assert client.get("/api/auth/me", headers=headers).status_code == 401


def test_a_login_is_no_api_token_and_the_other_way_round(tenants: TenantPair, client: httpx.Client) -> None:
    login = tenants.logins[Role.OWNER]
    tenants.mend()
    cookie = login.cookie.partition("=")[0]
    for headers in (
        {"authorization": f"Bearer {login.token}"},
        {"cookie": f"{cookie}={login.api_token}"},
        {"authorization": f"Bearer {login.browser_id}"},
    ):
        answer = client.get("/api/auth/me", headers=_headers(tenants, "nobody") | headers)
        assert answer.status_code == 401
