"""Every route and every event handler lets in exactly who may, whatever their role and however they come in."""

import pytest

from tests.isolation.guards import wrongs_of_handler, wrongs_of_route
from tests.isolation.handlers import Handler, handlers
from tests.isolation.routes import Route, is_public, routes

pytestmark = pytest.mark.isolation

HANDLERS = [handler for handler in handlers() if handler.permission is not None]


@pytest.mark.parametrize("route", [route for route in routes() if not is_public(route)], ids=lambda route: route.name)
async def test_route(route: Route) -> None:
    assert await wrongs_of_route(route) == []


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.label)
async def test_handler(handler: Handler) -> None:
    assert await wrongs_of_handler(handler) == []
