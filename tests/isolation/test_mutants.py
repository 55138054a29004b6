"""The matrix notices that one policy, or one guard, is gone. `make mutate` takes away each of them."""

from dataclasses import replace
from typing import Any

import pytest
from psycopg import sql

from ops.mutate import REQUIRED_SHARE, MutationResult, report
from quantum_app.api.guard import Allowed
from tests.isolation import test_tables
from tests.isolation.chance import pick
from tests.isolation.guards import OWNER, wrongs_of_handler, wrongs_of_route
from tests.isolation.handlers import Handler, handlers
from tests.isolation.routes import Route, routes
from tests.isolation.tenant_pair import TenantPair

pytestmark = pytest.mark.isolation


@pytest.mark.parametrize("change", ["drop policy {} on {}", "alter policy {} on {} using (true)"])
@pytest.mark.parametrize("context", ["account", "both"])
def test_a_policy_that_is_gone_is_noticed(tenants: TenantPair, change: str, context: str) -> None:
    """One of those that the commit chooses; the check is that of the whole matrix."""
    policies = tenants.connection.execute(
        "select policyname, tablename from pg_policies where schemaname = 'public' and qual like '%account_id%'"
        " order by tablename, policyname"
    ).fetchall()
    names = pick(policies, change)
    table = next(table for table in tenants.tables if table.name == names[1])
    test_tables.test_select(tenants, table, context)
    with tenants.connection.transaction(force_rollback=True):
        tenants.connection.execute(sql.SQL(change).format(*map(sql.Identifier, names)))
        with pytest.raises(AssertionError):
            test_tables.test_select(tenants, table, context)
    test_tables.test_select(tenants, table, context)


GUARDED_ROUTES = [route for route in routes() if route.guard is not None]
GUARDED_HANDLERS = [handler for handler in handlers() if handler.permission is not None]


@pytest.mark.parametrize("route", [pick(GUARDED_ROUTES, "an open route")], ids=lambda route: route.name)
async def test_a_route_that_asks_nobody_is_noticed(route: Route) -> None:
    class OpenGuard(Allowed):
        async def __call__(self, request: Any) -> Any:
            return OWNER

    assert route.permission is not None
    wrongs = await wrongs_of_route(replace(route, guard=OpenGuard(route.permission)))
    assert wrongs[0] == "nobody by nothing: somebody else instead of not_authenticated"


@pytest.mark.parametrize("handler", [pick(GUARDED_HANDLERS, "an open handler")], ids=lambda handler: handler.label)
async def test_a_handler_that_asks_nobody_is_noticed(handler: Handler) -> None:
    def open_(handler: Any) -> Any:
        async def open_handler(state: Any) -> Any:
            return await handler(state, OWNER)

        return open_handler

    wrongs = await wrongs_of_handler(replace(handler, function=open_(handler.function)))
    assert wrongs[0] == "nobody by cookie: ['somebody else'] instead of to log in"


def test_too_many_survivors_fail() -> None:
    kill, survivor = MutationResult("route", "GET /a", "test", 0.1), MutationResult("route", "GET /b", "", 0.1)
    assert report([kill] * 99 + [survivor]) == 0
    assert report([kill] * 9 + [survivor]) == 1
    assert report([]) == 1
    assert REQUIRED_SHARE == 0.98
