"""Somebody who is logged in, in a browser of their own."""

from typing import Any
from uuid import UUID

from playwright.async_api import Browser, BrowserContext

from quantum_app.domain.identity import service as identity
from tests.e2e.browser import DESK, visitor
from tests.stack import Stack

Cookie = dict[str, Any]


async def login_context(browser: Browser, product: Stack, user_id: UUID, **options: Any) -> BrowserContext:
    """At a desk, with the cookie that a login sets."""
    login = await identity.begin_login(user_id, method="password")
    context = await visitor(browser, **{"viewport": DESK, **options})
    await context.add_cookies([{"name": product.settings.cookie_name, "value": login.token, "url": product.url}])
    return context
