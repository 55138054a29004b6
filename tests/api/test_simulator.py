"""`/api/flows/{campaignId}/simulate`, `/test` and `/cases/from-call`: conversations without a call, by the letter."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from quantum_app.api import rate_limits
from quantum_app.domain.calls.schemas import EndReason, Speaker
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.templates import TEMPLATES
from quantum_app.kit import ids
from tests.api.conftest import Configure, Rows
from tests.db.tenants import Tenant, as_program, create_tenant, record_dialogue
from tests.filled import LEADS, filled
from tests.stack import Stack

pytestmark = pytest.mark.api

Json = dict[str, Any]

FLOW = drafts.plain(LEADS)
CALL_START = {"type": "call_started", "started_at": "2026-01-05T10:00:00Z", "consent": True}


@pytest.fixture
async def tenant() -> Tenant:
    return await create_tenant()


@pytest_asyncio.fixture
async def owner(quiet_stack: Stack, web: httpx.AsyncClient, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    quiet_stack.need("providers")
    web.headers.update(await as_program(tenant))
    yield web


def path(tenant: Tenant, suffix: str) -> str:
    return f"/api/flows/{ids.encode('cmp', tenant.campaign.campaign_id)}{suffix}"


class Conversation:
    """A call in the simulator, as the browser holds it."""

    def __init__(self, owner: httpx.AsyncClient, tenant: Tenant, **request_fields: Any) -> None:
        self._owner, self._tenant, self._request_fields = owner, tenant, request_fields
        self.history: list[Json] = []
        self.state: Json | None = None
        self.path: list[str] = []
        self.last: Json = {}

    async def event(self, **event: Any) -> Json:
        body = {"state": self.state, "history": self.history[-40:], "event": event, **self._request_fields}
        answer = await self._owner.post(path(self._tenant, "/simulate"), json=body)
        assert answer.status_code == 200, answer.text
        self.last = answer.json()
        self.state = self.last["state"]
        self.path += [action["to"] for action in self.last["actions"] if action["type"] == "enter"]
        self.history += [
            {"speaker": "assistant", "text": item["speech"]} for item in self.last["actions"] if item["speech"]
        ]
        return self.last

    async def says(self, text: str) -> str:
        """What the assistant answers."""
        self.history.append({"speaker": "caller", "text": text})
        step = await self.event(type="caller_said", text=text)
        return " ".join(action["speech"] for action in step["actions"] if action["speech"])


async def test_a_lead_is_qualified_from_the_first_word_to_the_last(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    call = Conversation(owner, tenant, definition=FLOW)
    await call.event(**CALL_START)
    assert call.path == ["greeting", "questions"]
    reply = await call.says("How much is the complete package?")
    assert "890 euros" in reply
    passages = call.last["passages"]
    assert passages[0]["source"] == "Prices"
    assert passages[0]["used"]
    assert [passage["score"] for passage in passages] == sorted(
        (passage["score"] for passage in passages), reverse=True
    )
    assert call.last["score"] == {
        "total": 10,
        "reasons": [{"rule": "prices", "points": 10, "reason": "asked what it costs"}],
    }
    await call.says("I would like a quote, please.")
    decisions = call.last["candidates"]
    assert decisions[0]["chosen"]
    assert decisions[0]["label"] == "wants an offer"
    assert call.path[-1] == "contact"
    reply = await call.says("My name is Ines Moreau, my address is ines.moreau@example.com")
    assert reply == "I have ines.moreau@example.com. Is that right?"
    assert call.last["values"] == {"name": "Ines Moreau"}
    await call.says("Yes, that's right.")
    assert call.last["values"] == {"name": "Ines Moreau", "email": "ines.moreau@example.com"}
    await call.says("202 555 0143")
    await call.says("yes")
    assert call.path[-1] == "need"
    await call.says("The complete one, for 30 people")
    assert call.last["values"]["interest"] == "complete"
    assert call.last["values"]["people"] == 30
    await call.says("as soon as possible")
    assert call.last["score"]["total"] >= 70
    reply = await call.says("about 6000 euros")
    assert call.path[-2:] == ["route", "person"]
    types = [action["type"] for action in call.last["actions"]]
    assert "hand_off" in types
    assert all(action["node"] in {"need", "route", "person"} for action in call.last["actions"])
    last_step = await call.event(type="operator_available", available=False)
    assert last_step["state"]["ended"]
    assert "one business day" in last_step["actions"][-2]["speech"]
    assert {"engine", "total"} <= last_step["timings"].keys()


async def test_a_state_that_was_kept_is_a_step_back(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    call = Conversation(owner, tenant, definition=FLOW)
    await call.event(**CALL_START)
    before, history = call.state, list(call.history)
    first = await call.says("How much is the basic package?")
    after = call.last
    call.state, call.history = before, history
    assert await call.says("How much is the basic package?") == first
    assert {**call.last, "timings": 0} == {**after, "timings": 0}


async def test_nothing_is_kept(owner: httpx.AsyncClient, tenant: Tenant, rows: Rows) -> None:
    before = rows()
    call = Conversation(owner, tenant)
    await call.event(**CALL_START)
    # The draft is what is published, as long as nobody drew.
    assert call.path == ["start", "answers"]
    await call.says("How much is a studio?")
    assert "980 euros" in call.history[-1]["text"]
    assert (await owner.post(path(tenant, "/test"), json={})).json() == {"cases": []}
    assert rows() == before


@pytest.mark.parametrize("fault", ["embeddings", "llm", "knowledge"])
async def test_a_fault_is_survived_and_told(owner: httpx.AsyncClient, tenant: Tenant, fault: str) -> None:
    call = Conversation(owner, tenant, definition=FLOW, fault=fault)
    await call.event(**CALL_START)
    reply = await call.says("How much is the basic package?")
    component = {"embeddings": "RAG", "llm": "LLM", "knowledge": "RAG"}[fault]
    assert [problem["component"] for problem in call.last["problems"]] == [component]
    if fault == "knowledge":
        assert call.last["passages"] == []
        assert "I don't have that in front of me" in reply
    else:
        assert "490 euros" in reply


async def test_nobody_is_free_where_operators_are_not_asked_for(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    call = Conversation(owner, tenant, definition=FLOW, operators=False)
    await call.event(**CALL_START)
    reply = await call.says("I want to speak with a person.")
    assert "nobody is available" in reply
    assert call.last["state"]["handoff"]["status"] is None


async def test_the_hour_of_the_call_counts(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    flow = {
        "schema_version": 3,
        "start": "start",
        "nodes": [
            {"type": "start", "id": "start", "greeting": "Hello."},
            {"type": "end", "id": "day", "farewell": "We are here."},
            {"type": "end", "id": "night", "farewell": "We are closed."},
        ],
        "edges": [
            {"id": "a", "source": "start", "target": "day", "condition": {"type": "expression", "expression": "open"}},
            {"id": "b", "source": "start", "target": "night", "condition": {"type": "fallback"}},
        ],
        "rules": {"hours": [{"day": "mon", "opens": "09:00", "closes": "17:00"}]},
    }
    for hour, node in (("10", "day"), ("20", "night")):
        call = Conversation(owner, tenant, definition=flow)
        await call.event(type="call_started", started_at=f"2026-01-05T{hour}:00:00Z")
        assert call.path == ["start", node]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"event": {"type": "call_started"}, "definition": {"schema_version": 9}}, 400, "flow_too_new"),
        ({"event": {"type": "call_started"}, "definition": {}}, 400, "flow_invalid"),
        ({"event": {"type": "thunder"}}, 422, "invalid_event"),
        ({"event": {"type": "call_started"}, "state": {}}, 422, "invalid_state.node"),
        ({"event": {"type": "call_started"}, "state": {"node": "a", "elapsed": 1e300}}, 422, "invalid_state"),
        ({"event": {"type": "call_started", "started_at": "9999-12-31T23:59:59Z"}}, 422, "invalid_state"),
        ({"event": {"type": "call_started"}, "fault": "tts"}, 422, "invalid_fault"),
        (
            {"event": {"type": "call_started"}, "history": [{"speaker": "caller", "text": "x"}] * 41},
            422,
            "invalid_history",
        ),
    ],
)
async def test_what_is_no_step_of_a_call_is_refused(
    owner: httpx.AsyncClient, tenant: Tenant, body: Json, status: int, code: str
) -> None:
    answer = await owner.post(path(tenant, "/simulate"), json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_numbers_that_are_none_are_refused(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    body = '{"event": {"type": "call_started", "values": {"budget": NaN}}}'
    answer = await owner.post(path(tenant, "/simulate"), content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


async def test_a_state_of_another_flow_ends_and_breaks_nothing(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    body = {"event": {"type": "caller_said", "text": "Hello?"}, "state": {"node": "gone", "started": True}}
    answer = await owner.post(path(tenant, "/simulate"), json=body)
    assert answer.status_code == 200
    assert answer.json()["state"]["ended"]


# Cases


def price_case(**expected: Any) -> Json:
    return {"name": "Asks a price", "turns": ["How much is the basic package?"], "expected": expected}


async def test_cases_are_run_as_they_are_sent(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    body = {
        "definition": FLOW,
        "cases": [price_case(phrases=["490 euros"]), price_case(phrases=["a garden"], ends=True)],
    }
    answer = await owner.post(path(tenant, "/test"), json=body)
    assert answer.status_code == 200, answer.text
    success, failure = answer.json()["cases"]
    assert (success["id"], success["name"], success["ok"], success["why"]) == ("1", "Asks a price", True, [])
    assert success["path"] == ["greeting", "questions"]
    assert failure["why"] == ["“a garden” was never said.", "The call didn't end."]


async def test_kept_cases_are_run_against_the_draft(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    await owner.put(path(tenant, "/draft"), json={"definition": FLOW, "revision": None})
    response = await owner.post(path(tenant, "/cases"), json=price_case(phrases=["490 euros"]))
    assert response.status_code == 201, response.text
    [result] = (await owner.post(path(tenant, "/test"), json={})).json()["cases"]
    assert (result["id"], result["ok"]) == (response.json()["id"], True)
    free_flow = {**FLOW, "knowledge": [{**source, "texts": ["It is free."]} for source in FLOW["knowledge"]]}
    await owner.put(path(tenant, "/draft"), json={"definition": free_flow, "revision": None})
    [result] = (await owner.post(path(tenant, "/test"), json={})).json()["cases"]
    assert (result["ok"], result["why"]) == (False, ["“490 euros” was never said."])


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.id)
async def test_every_template_leads_a_call_to_its_end(owner: httpx.AsyncClient, tenant: Tenant, template: Any) -> None:
    call = Conversation(owner, tenant, definition=drafts.plain(filled(template)), operators=False)
    await call.event(**CALL_START)
    assert call.last["actions"]
    for text in ("What does it cost?", "Thank you, goodbye!"):
        assert await call.says(text)
    assert call.last["state"]["ended"]


DIALOGUE = (
    (Speaker.ASSISTANT, "Hello, this is Mira.", "start"),
    (Speaker.CALLER, "Hi, this is Ines. How much is a studio?", "answers"),
    (Speaker.ASSISTANT, "A studio is 980 euros a month.", "answers"),
    (Speaker.CALLER, "Goodbye!", "answers"),
    (Speaker.ASSISTANT, "Thank you for calling.", "end"),
)


async def recent_call(tenant: Tenant, end_reason: EndReason | None = EndReason.GOODBYE) -> str:
    """The public ID of a call about a studio."""
    return ids.encode("call", await record_dialogue(tenant, *DIALOGUE, end_reason=end_reason))


async def test_a_call_becomes_a_case_without_anybody_in_it(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    call_id = await recent_call(tenant)
    response = await owner.post(path(tenant, "/cases/from-call"), json={"call_id": call_id})
    assert response.status_code == 201, response.text
    case = response.json()["case"]
    assert [turn["says"] for turn in case["turns"]] == ["Hi, this is Alex. How much is a studio?", "Goodbye!"]
    assert case["expected"]["path"] == ["start", "answers", "end"]
    assert case["expected"]["ends"] is True
    assert (response.json()["result"]["ok"], response.json()["result"]["why"]) == (True, [])
    assert "ines" not in response.text.lower()
    assert "moreau" not in response.text.lower()
    items = (await owner.get(path(tenant, "/cases"))).json()["cases"]
    assert [item["id"] for item in items] == [response.json()["id"]]
    [result] = (await owner.post(path(tenant, "/test"), json={})).json()["cases"]
    assert result["why"] == []


async def test_a_case_tells_what_the_flow_makes_of_it_now(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    call_id = await recent_call(tenant)
    await owner.put(path(tenant, "/draft"), json={"definition": FLOW, "revision": None})
    response = await owner.post(path(tenant, "/cases/from-call"), json={"call_id": call_id})
    assert response.status_code == 201
    assert response.json()["case"]["expected"]["path"] == ["start", "answers", "end"], "as the call went"
    assert response.json()["result"]["ok"] is False
    assert "didn't reach" in response.json()["result"]["why"][0]


async def test_a_call_that_goes_on_is_no_case_yet(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    call_id = await recent_call(tenant, None)
    answer = await owner.post(path(tenant, "/cases/from-call"), json={"call_id": call_id})
    assert (answer.status_code, answer.json()["code"]) == (409, "call_active")
    assert (await owner.get(path(tenant, "/calls"))).json()["calls"] == []


async def test_a_call_of_somebody_else_is_none(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    other = await create_tenant()
    call_id = await recent_call(other)
    for foreign_id in (call_id, "call_0", "", ids.encode("call", tenant.account_id)):
        answer = await owner.post(path(tenant, "/cases/from-call"), json={"call_id": foreign_id})
        assert (answer.status_code, answer.json()["code"]) == (404, "call_not_found")


# Who may


async def test_it_is_for_those_who_may(web: httpx.AsyncClient, tenant: Tenant) -> None:
    for suffix, body in (
        ("/simulate", {"event": {"type": "call_started"}}),
        ("/test", {}),
        ("/cases/from-call", {"call_id": "call_0"}),
    ):
        assert (await web.post(path(tenant, suffix), json=body)).status_code == 401
        assert (await web.post(path(tenant, suffix), json=body)).json()["code"] == "not_authenticated"


async def test_another_accounts_flow_is_not_there(owner: httpx.AsyncClient) -> None:
    other = await create_tenant()
    for suffix, body in (("/simulate", {"event": {"type": "call_started"}}), ("/test", {}), ("/test", {"cases": []})):
        answer = await owner.post(path(other, suffix), json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "campaign_not_found")
        answer = await owner.post(path(other, suffix), json={**body, "definition": FLOW})
        assert answer.status_code == 404


async def test_there_is_a_limit_to_trying(
    owner: httpx.AsyncClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "SIMULATIONS_BY_PERSON", rate_limits.parse("2/minute"))
    answers = await asyncio.gather(
        *(owner.post(path(tenant, "/simulate"), json={"event": {"type": "call_started"}}) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429]


async def test_a_model_that_is_away_is_told_and_the_rules_answer(
    owner: httpx.AsyncClient, tenant: Tenant, configure: Configure
) -> None:
    configure("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    call = Conversation(owner, tenant, definition=FLOW)
    await call.event(**CALL_START)
    assert "490 euros" in await call.says("How much is the basic package?")
    assert [problem["component"] for problem in call.last["problems"]] == ["LLM"]
    call = Conversation(owner, tenant, definition=FLOW, dialogue_model="rules")
    await call.event(**CALL_START)
    assert "490 euros" in await call.says("How much is the basic package?")
    assert call.last["problems"] == []
