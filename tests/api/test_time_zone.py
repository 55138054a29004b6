"""A new account has the time zone of the browser that opened it."""

from uuid import uuid4

import httpx
import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.identity import service as logins
from quantum_app.settings import settings
from tests.api.conftest import Mails

pytestmark = pytest.mark.api


@pytest.mark.parametrize(
    ("body", "time_zone"),
    [
        ({"time_zone": "America/New_York"}, "America/New_York"),
        ({"time_zone": "Mars/Base_One"}, "UTC"),
        ({}, "UTC"),
    ],
)
async def test_sign_up(live_web: httpx.AsyncClient, mails: Mails, body: dict[str, str], time_zone: str) -> None:
    email = f"{uuid4().hex[:16]}@example.com"
    person = {"account": "Harbor Homes", "name": "Ada Stone", "email": email, "password": "seven quiet harbors"}
    await live_web.post("/api/auth/signup", json=person)
    token = mails.token(email, "signup_verify")
    answer = await live_web.post("/api/auth/verify", json={"token": token, **body})
    assert answer.status_code == 204, answer.text
    identity = await logins.resolve(live_web.cookies[settings().cookie_name])
    assert identity
    async with account_session(identity.account_id) as session:
        assert (await accounts.get_settings(session, identity.account_id)).time_zone == time_zone
