"""The whole product, and somebody who is logged in."""

import json
import urllib.request
from http.cookies import SimpleCookie
from uuid import uuid4

import pytest

from tests.stack import Stack


@pytest.fixture(scope="session")
def product(stack: Stack) -> Stack:
    """Everything is running."""
    stack.need()
    return stack


@pytest.fixture
def email() -> str:
    """A caller whom nobody has seen before, so that no limit is near."""
    return f"caller-{uuid4().hex[:12]}@example.com"


@pytest.fixture(scope="session")
def login(product: Stack) -> dict[str, object]:
    """The demo user's cookie, for pages that are not about logging in."""
    body = json.dumps({"email": "demo@northquay.example", "password": product.demo_password}).encode()
    request = urllib.request.Request(
        f"{product.url}/api/auth/login", body, {"content-type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        cookie = SimpleCookie(answer.headers["set-cookie"])
    name = product.settings.cookie_name
    return {"name": name, "value": cookie[name].value, "url": product.url}
