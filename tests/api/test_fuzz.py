"""Whatever is sent to any route, nothing fails inside, and the response is as the API's description says."""

import asyncio
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from quantum_app.api.app import api
from quantum_app.db.session import dispose
from quantum_app.domain.identity import service as identity
from quantum_app.domain.identity.schemas import LoginToken
from tests.db.tenants import PASSWORD, as_program, call, create_tenant
from tests.examples import LONG_RUN, examples
from tests.stack import Stack

pytestmark = pytest.mark.api

EXAMPLES = examples(6)  # of each route; test_fuzz_long.py tries more
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_addresses = count(1)

schemathesis.openapi.media_type("audio/wav", st.binary(max_size=2000))

# Not the one that says 503 when something is down, as it is here.
OPERATIONS = [
    operation
    for operation in (result.ok() for result in schemathesis.openapi.from_dict(api.openapi()).get_all_operations())
    if operation.path != "/api/health"
]


@pytest.fixture(scope="module")
def credentials(quiet_stack: Stack) -> dict[str, dict[str, str]]:
    """The headers of an owner whose account has a call: of a browser, and of a program."""
    quiet_stack.need("web", "livekit")

    async def make() -> dict[str, dict[str, str]]:
        try:
            tenant = await create_tenant()
            await call(tenant)
            login = await identity.login(tenant.email, PASSWORD)
            assert isinstance(login, LoginToken)
            cookie = {"cookie": f"{quiet_stack.settings.cookie_name}={login.token}"}
            return {"nobody": {}, "browser": cookie, "program": await as_program(tenant)}
        finally:
            await dispose()

    return asyncio.run(make())


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_nothing_fails_inside(
    request: pytest.FixtureRequest, quiet_stack: Stack, credentials: dict[str, dict[str, str]], operation: Any
) -> None:
    # Whoever logs out is logged in no more, here and in what comes after.
    senders = [sender for sender in credentials if sender != "browser" or operation.path != "/api/auth/logout"]

    @settings(
        max_examples=request.module.EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        derandomize=not LONG_RUN,
    )
    @given(case=operation.as_strategy(), sender=st.sampled_from(senders))
    def ask(case: Any, sender: str) -> None:
        # A line break in a path gets no further than Starlette's mount, which knows no such path.
        assume(not any("%0A" in str(value).upper() for value in (case.path_parameters or {}).values()))
        number = next(_addresses)
        headers = {"x-forwarded-for": f"198.{18 + (number >> 16 & 1)}.{number >> 8 & 255}.{number & 255}"}
        headers |= credentials[sender]
        answer = case.call(base_url=quiet_stack.url, headers=headers, allow_redirects=False)
        case.validate_response(answer, checks=CHECKS)
        assert answer.headers["x-request-id"][0].startswith("req_")
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == ["application/problem+json"]
            assert answer.json()["detail"]

    ask()


def test_every_route_is_described() -> None:
    operations = {(operation.method.upper(), operation.path) for operation in OPERATIONS}
    assert ("POST", "/api/auth/login") in operations
    assert len(operations) > 35
