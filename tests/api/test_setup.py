"""Setting up an assistant: from a template to a published campaign."""

import io
import wave
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from quantum_app.api import rate_limits, setup
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.templates import TEMPLATES
from quantum_app.domain.flows.testing.preview import EXAMPLES
from quantum_app.domain.flows.validation import validator
from quantum_app.kit import ids
from tests.api.conftest import Configure
from tests.db.tenants import Tenant, as_program, create_tenant
from tests.stack import Stack

# The SDK imports names that the websockets package calls deprecated.
pytestmark = [pytest.mark.api, pytest.mark.filterwarnings("ignore:websockets:DeprecationWarning")]

every = pytest.mark.parametrize("template", [item.id for item in TEMPLATES])


@pytest.fixture
async def tenant() -> Tenant:
    return await create_tenant()


@pytest_asyncio.fixture
async def owner(quiet_stack: Stack, web: httpx.AsyncClient, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    quiet_stack.need("providers")
    web.headers.update(await as_program(tenant))
    yield web


async def _facts(owner: httpx.AsyncClient, template: str) -> dict[str, str]:
    options = (await owner.get("/api/setup")).json()
    facts = next(item["facts"] for item in options["templates"] if item["id"] == template)
    return {fact["label"]: fact["example"] for fact in facts}


async def test_options(owner: httpx.AsyncClient) -> None:
    options = (await owner.get("/api/setup")).json()
    assert (options["account"], options["assistant_name"]) == ("Homes", "Mira")
    assert [item["id"] for item in options["templates"]] == [item.id for item in TEMPLATES]
    assert options["voices"] == [{"id": "", "name": "Standard"}], "the local engine has one"
    facts = [fact for item in options["templates"] for fact in item["facts"]]
    assert all(fact["example"] == EXAMPLES[fact["label"]] for fact in facts)


@every
async def test_with_every_fact_it_takes_calls(owner: httpx.AsyncClient, tenant: Tenant, template: str) -> None:
    facts = await _facts(owner, template)
    body = {"template": template, "assistant_name": "Bea", "voice": "aura-2-luna-en", "facts": facts}
    answer = await owner.post("/api/setup", json=body)
    assert answer.status_code == 201, answer.text
    created = answer.json()
    assert (created["version"], created["problems"]) == (1, [])
    async with account_session(tenant.account_id) as session:
        campaign_id = ids.decode("cmp", created["id"])
        assert campaign_id
        campaign = await campaigns.get_snapshot(session, campaign_id)
        flow = await flows.definition_of(session, campaign_id, 1)
    assert (campaign.assistant_name, campaign.active, campaign.public_id) == ("Bea", True, created["public_id"])
    [start] = [node for node in flow.nodes if node.type == "start"]
    assert start.voice == "aura-2-luna-en"
    assert "Homes" in start.greeting
    assert not any(source.example for source in flow.knowledge)
    assert validator.check(flow) == (), "nothing to mend at the first look"
    texts = [text for source in flow.knowledge for text in source.texts]
    assert all(any(fact in text for text in texts) or fact in start.greeting for fact in facts.values())


async def test_without_facts_it_says_what_is_missing(owner: httpx.AsyncClient) -> None:
    body = {"template": "faq", "facts": {"address": "12 Harbor Street", "opening hours": "  "}}
    created = (await owner.post("/api/setup", json=body)).json()
    assert created["version"] is None
    assert {item["code"] for item in created["problems"]} == {"placeholder_unfilled"}
    assert {item["message"] for item in created["problems"]} == {"Fill in: what you offer.", "Fill in: opening hours."}
    page = await owner.get(f"/api/public/campaigns/{created['public_id']}")
    assert page.json()["status"] == "paused"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"template": "nothing"}, 400, "template"),
        ({"voice": "aura-2-nobody-en"}, 400, "voice"),
        ({"assistant_name": " "}, 400, "assistant_name"),
        ({"facts": {"address": "x" * 501}}, 422, "facts.address"),
    ],
)
async def test_what_is_wrong_is_named(
    owner: httpx.AsyncClient, change: dict[str, object], status: int, field: str
) -> None:
    answer = await owner.post("/api/setup", json={"template": "faq"} | change)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text


@every
async def test_a_preview_is_held_by_the_engine(owner: httpx.AsyncClient, template: str) -> None:
    preview = (await owner.get(f"/api/setup/templates/{template}/preview")).json()
    lines = preview["lines"]
    assert [line["speaker"] for line in lines] == ["assistant", "caller"] * (len(lines) // 2) + ["assistant"]
    assert len(lines) > 10
    assert preview["business"] in lines[0]["text"]
    assert preview["trade"].startswith("a")
    assert not any("[[" in line["text"] for line in lines)
    assert lines[-1]["text"].endswith(("Goodbye!", "See you there!")), "the call came to its end"


async def test_a_voice_is_heard_and_asked_for_once(owner: httpx.AsyncClient, configure: Configure) -> None:
    setup._samples.clear()
    answer = await owner.get("/api/setup/voices/default/sample")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(answer.content)) as file:
        assert file.getframerate() == 16_000
    assert len(answer.content) > 16_000, "at least half a second"
    configure("DEEPGRAM_BASE_URL", "http://127.0.0.1:9")
    assert (await owner.get("/api/setup/voices/default/sample")).content == answer.content
    assert (await owner.get("/api/setup/voices/aura-2-luna-en/sample")).status_code == 503


async def test_unknown_voices_and_templates(owner: httpx.AsyncClient) -> None:
    for path in ("voices/aura-2-nobody-en/sample", "templates/nothing/preview"):
        assert (await owner.get(f"/api/setup/{path}")).status_code == 404


async def test_samples_are_limited(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    for _ in range(rate_limits.SAMPLES_BY_PERSON.amount):
        await rate_limits.count(rate_limits.SAMPLES_BY_PERSON, "voice", str(tenant.user_id))
    assert (await owner.get("/api/setup/voices/default/sample")).status_code == 429


async def test_a_viewer_may_not(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    owner.headers.update(await as_program(tenant, Role.VIEWER))
    for path in ("", "/templates/faq/preview", "/voices/default/sample"):
        assert (await owner.get(f"/api/setup{path}")).status_code == 403
    assert (await owner.post("/api/setup", json={"template": "faq"})).status_code == 403
