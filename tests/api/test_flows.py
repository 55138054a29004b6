"""`/api/flows/…`: what the designer asks, by the letter; who may ask it; and what is sent that is none of it."""

import json
from typing import Any

import httpx
import psycopg
import pytest

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model import placeholders
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.kit import ids
from quantum_app.kit.ids import new_id
from tests.api.conftest import Rows
from tests.db.tenants import Tenant, as_program, call, create_tenant

pytestmark = pytest.mark.api

PROBLEM = "application/problem+json"
SAVED_KEYS = {"problems", "revision", "updated_at", "updated_by"}
DRAFT_KEYS = {"definition"} | SAVED_KEYS
PROBLEM_KEYS = {"severity", "code", "message", "remedy", "node", "edge", "field"}

Flow = dict[str, Any]


@pytest.fixture
async def tenant() -> Tenant:
    return await create_tenant()


@pytest.fixture
async def owner(web: httpx.AsyncClient, tenant: Tenant) -> httpx.AsyncClient:
    """The web as the campaign's owner sees it, by an API token."""
    web.headers.update(await as_program(tenant))
    return web


def path(tenant: Tenant, suffix: str = "") -> str:
    return f"/api/flows/{ids.encode('cmp', tenant.campaign.campaign_id)}{suffix}"


def small_flow() -> Flow:
    """A flow without errors."""
    return {
        "schema_version": 3,
        "start": "start",
        "nodes": [
            {"type": "start", "id": "start", "greeting": "Hello, this is Mira."},
            {"type": "rag_answer", "id": "answers", "fallback": "I do not know that.", "knowledge": ["prices"]},
            {"type": "end", "id": "end", "farewell": "Goodbye!"},
        ],
        "edges": [
            {"id": "e1", "source": "start", "target": "answers", "condition": {"type": "fallback"}},
            {"id": "e2", "source": "answers", "target": "end", "condition": {"type": "fallback"}},
        ],
        "knowledge": [{"id": "prices", "name": "Prices", "texts": ["A studio is 980 euros a month."]}],
    }


async def get_flow(owner: httpx.AsyncClient, tenant: Tenant) -> dict[str, Any]:
    answer = await owner.get(path(tenant))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def get_draft(owner: httpx.AsyncClient, tenant: Tenant) -> dict[str, Any]:
    answer = await owner.get(path(tenant, "/draft"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def patch(
    owner: httpx.AsyncClient, tenant: Tenant, revision: int, client: str = "tab", **change: Any
) -> httpx.Response:
    body = {"revision": revision, "client": client, "change": change}
    return await owner.patch(path(tenant, "/draft"), json=body)


async def put(
    owner: httpx.AsyncClient, tenant: Tenant, definition: Flow, revision: int | None = None
) -> httpx.Response:
    return await owner.put(path(tenant, "/draft"), json={"definition": definition, "revision": revision})


async def test_what_the_designer_begins_with(owner: httpx.AsyncClient, tenant: Tenant, rows: Rows) -> None:
    before = rows()
    flow = await get_flow(owner, tenant)
    assert flow["campaign"] == {
        "id": ids.encode("cmp", tenant.campaign.campaign_id),
        "public_id": tenant.campaign.public_id,
        "name": "Homes",
        "paused": False,
        "published_version": 1,
    }
    assert flow["draft"].keys() == DRAFT_KEYS
    assert (flow["draft"]["revision"], flow["draft"]["updated_by"], flow["draft"]["updated_at"]) == (0, None, None)
    assert flow["draft"]["definition"]["schema_version"] == 3
    assert flow["can_write"] is True
    assert flow["has_voices"] is False, "the local engine has one"
    assert [item.keys() for item in flow["versions"]] == [{"version", "note", "author", "created_at"}]
    assert rows() == before, "looking changes nothing"


async def test_a_change_is_kept(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    node = {"type": "end", "id": "later", "farewell": "Until later!", "x": 12.5, "y": -3}
    response = await patch(owner, tenant, 0, nodes={"put": [node]}, set={"persona": "You are brief."})
    assert response.status_code == 200, response.text
    assert response.json().keys() == SAVED_KEYS
    assert response.json()["updated_by"] == "Robin"
    assert response.json()["revision"] == 1
    assert {"later"} & {problem["node"] for problem in response.json()["problems"]}, "nothing leads there"
    assert all(problem.keys() == PROBLEM_KEYS for problem in response.json()["problems"])
    draft = await get_draft(owner, tenant)
    assert draft == (await get_flow(owner, tenant))["draft"]
    assert {name: draft[name] for name in SAVED_KEYS} == response.json()
    assert (draft["revision"], draft["updated_by"]) == (1, "Robin")
    assert draft["definition"]["persona"] == "You are brief."
    assert draft["definition"]["nodes"][-1] == node | {"name": "", "limit": 20, "next_steps": "", "outcome": "hang_up"}


async def test_who_was_slower_is_told_what_there_is(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    await patch(owner, tenant, 0, "first", set={"persona": "First."})
    conflict = await patch(owner, tenant, 0, "second", set={"persona": "Second."})
    assert (conflict.status_code, conflict.headers["content-type"]) == (409, PROBLEM)
    problem = conflict.json()
    assert (problem["code"], problem["revision"], problem["updated_by"]) == ("draft_changed", 1, "Robin")
    assert problem["definition"]["persona"] == "First."
    assert (await put(owner, tenant, small_flow(), 0)).status_code == 409
    assert (await put(owner, tenant, small_flow(), 1)).json()["revision"] == 2
    takeover = await put(owner, tenant, small_flow() | {"persona": "Mine."}, None)
    assert takeover.json()["revision"] == 3, "without a revision it is taken over"


async def test_publishing(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    await put(owner, tenant, small_flow())
    conflict = await owner.post(path(tenant, "/publish"), json={"revision": 0, "note": ""})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "draft_changed")
    response = await owner.post(path(tenant, "/publish"), json={"revision": 1, "note": " Shorter "})
    assert (response.status_code, response.json()) == (200, {"version": 2})
    flow = await get_flow(owner, tenant)
    assert flow["campaign"]["published_version"] == 2
    newest = flow["versions"][0]
    assert (newest["version"], newest["note"], newest["author"]) == (2, "Shorter", "Robin")
    second_response = await owner.post(path(tenant, "/publish"), json={"revision": 1, "note": "The same"})
    assert second_response.json() == {"version": 2}
    log = (await owner.get("/api/v1/audit-log", params={"action": "campaigns.published"})).json()["data"]
    assert [entry["new"] for entry in log] == [{"version": 2, "name": "Homes", "note": "Shorter"}]


async def test_errors_keep_a_flow_from_being_published(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    definition = small_flow()
    definition["edges"].pop()
    assert (await put(owner, tenant, definition)).status_code == 200, "a draft may be wrong"
    refusal = await owner.post(path(tenant, "/publish"), json={"revision": 1, "note": ""})
    assert (refusal.status_code, refusal.headers["content-type"]) == (422, PROBLEM)
    body = refusal.json()
    assert body["code"] == "flow_has_errors"
    errors = [problem for problem in body["problems"] if problem["severity"] == "error"]
    assert errors
    assert all(problem.keys() == PROBLEM_KEYS for problem in body["problems"])
    assert (await get_flow(owner, tenant))["campaign"]["published_version"] == 1


async def test_a_flow_is_checked_without_being_kept(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    sound_check = await owner.post(path(tenant, "/check"), json={"definition": small_flow()})
    assert [problem for problem in sound_check.json()["problems"] if problem["severity"] == "error"] == []
    failing_check = await owner.post(path(tenant, "/check"), json={"definition": small_flow() | {"edges": []}})
    assert any(problem["severity"] == "error" for problem in failing_check.json()["problems"])
    assert (await get_flow(owner, tenant))["draft"]["revision"] == 0


async def test_versions_and_drawing_on_from_one(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    first = await owner.get(path(tenant, "/versions/1"))
    assert first.json()["version"] == 1
    await put(owner, tenant, small_flow())
    conflict = await owner.post(path(tenant, "/versions/1/restore"), json={"revision": 0})
    assert conflict.status_code == 409
    response = await owner.post(path(tenant, "/versions/1/restore"), json={"revision": 1})
    assert (response.status_code, response.json()["revision"]) == (200, 2)
    assert response.json().keys() == SAVED_KEYS
    assert (await get_draft(owner, tenant))["definition"] == first.json()["definition"]
    for missing in ("/versions/2", f"/versions/{(1 << 31) - 1}"):
        assert (await owner.get(path(tenant, missing))).status_code == 404
    for suffix in ("/versions/0", "/versions/-1", f"/versions/{1 << 31}", "/versions/x"):
        assert (await owner.get(path(tenant, suffix))).status_code == 422


async def test_an_export_can_be_put_in_again(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    await put(owner, tenant, small_flow() | {"persona": "You say “hello”, 你好."})
    file = await owner.get(path(tenant, "/export"))
    assert file.headers["content-disposition"] == 'attachment; filename="homes-draft.json"'
    assert file.headers["content-type"].startswith("application/json")
    assert "你好" in file.text
    await put(owner, tenant, small_flow())
    assert (await put(owner, tenant, json.loads(file.text))).status_code == 200
    assert (await owner.get(path(tenant, "/export"))).text == file.text
    version = await owner.get(path(tenant, "/export"), params={"version": 1})
    assert version.headers["content-disposition"] == 'attachment; filename="homes-v1.json"'
    assert (await owner.get(path(tenant, "/export"), params={"version": 7})).status_code == 404


async def test_an_old_flow_can_be_put_in(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    old = {
        "start": "start",
        "nodes": [
            {"type": "start", "id": "start", "greeting": "Hello.", "next": "end"},
            {"type": "end", "id": "end", "farewell": "Goodbye."},
        ],
    }
    assert (await put(owner, tenant, old)).status_code == 200
    definition = (await get_flow(owner, tenant))["draft"]["definition"]
    assert (definition["schema_version"], [edge["target"] for edge in definition["edges"]]) == (3, ["end"])
    refusal = await put(owner, tenant, small_flow() | {"schema_version": 99})
    assert (refusal.status_code, refusal.json()["code"]) == (400, "flow_too_new")


async def test_publishing_changes_nothing_for_a_call_that_began(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    call_id = ids.encode("call", await call(tenant))
    await put(owner, tenant, small_flow())
    assert (await owner.post(path(tenant, "/publish"), json={"revision": 1, "note": ""})).json() == {"version": 2}
    assert (await owner.get(f"/api/v1/calls/{call_id}")).json()["flow_version"] == 1


HOSTILE: dict[str, Any] = {
    "no object": [],
    "no nodes": {},
    "nodes that are none": {"start": "a", "nodes": [1, None, "x", []]},
    "an unknown node": {"start": "a", "nodes": [{"type": "bomb", "id": "a"}]},
    "an unknown field": small_flow() | {"evil": 1},
    "half a character as a name": small_flow() | {"\ud800": 1},
    "half a character": small_flow() | {"persona": "\ud800"},
    "a NUL": small_flow() | {"persona": "a\0b"},
    "infinity": small_flow() | {"nodes": [{"type": "start", "id": "start", "greeting": "x", "x": float("inf")}]},
    "no number": small_flow() | {"nodes": [{"type": "start", "id": "start", "greeting": "x", "x": float("nan")}]},
    "a huge number": small_flow() | {"nodes": [{"type": "start", "id": "start", "greeting": "x", "x": 10**400}]},
    "a path as an id": small_flow() | {"start": "../../etc/passwd"},
    "too many nodes": small_flow() | {"nodes": [{"type": "end", "id": f"n{n}", "farewell": ""} for n in range(501)]},
    "no version": small_flow() | {"schema_version": "2; drop table flow_drafts"},
    "an old flow of anything": {
        "knowledge": [1, {}],
        "nodes": [{"type": "rag_answer", "passages": [{}, 1]}, {"id": []}],
    },
    "too deep": json.loads("[" * 400 + "]" * 400),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_no_flow_is_refused(owner: httpx.AsyncClient, tenant: Tenant, name: str) -> None:
    # In ASCII, and with the numbers that JSON has not: as a program may send it.
    body = json.dumps({"definition": HOSTILE[name], "revision": None})
    headers = {"content-type": "application/json"}
    for method, suffix in (("PUT", "/draft"), ("POST", "/check")):
        answer = await owner.request(method, path(tenant, suffix), content=body, headers=headers)
        assert answer.status_code in {400, 422}, answer.text
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["detail"]
    assert (await get_flow(owner, tenant))["draft"]["revision"] == 0


CHANGES: dict[str, Any] = {
    "an unknown list": {"webhooks": {"put": []}},
    "a list that is none": {"nodes": 7},
    "an item that is none": {"edges": {"put": [{"id": "e"}]}},
    "another schema": {"set": {"schema_version": 4}},
    "a value too long": {"set": {"fillers": ["x" * 201]}},
    "too many": {"notes": {"put": [{"id": f"n{n}", "text": ""} for n in range(201)]}},
    "half a character": {"nodes": {"put": [{"\udfff": 1}]}},
    "infinity": {"notes": {"put": [{"id": "n", "text": "", "x": float("inf")}]}},
}


@pytest.mark.parametrize("name", CHANGES)
async def test_what_is_no_change_is_refused(owner: httpx.AsyncClient, tenant: Tenant, name: str) -> None:
    body = json.dumps({"revision": 0, "client": "tab", "change": CHANGES[name]})
    answer = await owner.patch(path(tenant, "/draft"), content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert (await get_flow(owner, tenant))["draft"]["revision"] == 0


async def test_a_flow_of_more_than_a_megabyte_is_refused(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    sources = [{"id": f"s{part}", "name": "s", "texts": ["x" * 4000] * count} for part, count in enumerate((200, 100))]
    # Two changes that are small enough each.
    answers = [await patch(owner, tenant, part, knowledge={"put": [source]}) for part, source in enumerate(sources)]
    assert (answers[1].status_code, answers[1].json()["code"]) == (413, "flow_too_large")
    refusal = await put(owner, tenant, small_flow() | {"persona": "x" * 1_200_000})
    assert (refusal.status_code, refusal.json()["code"]) == (413, "too_large")
    assert (await get_flow(owner, tenant))["draft"]["revision"] == 1


async def test_an_answer_to_a_change_does_not_grow_with_the_flow(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    knowledge = {"id": "prices", "name": "Prices", "texts": ["x" * 4000] * 100}
    assert (await put(owner, tenant, small_flow() | {"knowledge": [knowledge]})).status_code == 200
    response = await patch(owner, tenant, 1, set={"persona": "You are brief."})
    assert response.status_code == 200, response.text
    assert len(response.content) < 1000 < len(json.dumps(await get_draft(owner, tenant)))


async def test_templates_can_be_published_once_they_are_filled_in(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    templates = (await owner.get("/api/flows/templates")).json()
    assert len(templates) >= 5
    for template in templates:
        assert template.keys() == {"id", "name", "description", "definition"}
        assert "Homes" in template["definition"]["nodes"][0]["greeting"]
        definition = FlowDefinition.model_validate(template["definition"])
        facts = dict.fromkeys((*placeholders.labels(definition), "opening hours"), "nine to five")
        filled = placeholders.fill(definition, facts)
        revision = (await put(owner, tenant, drafts.plain(filled))).json()["revision"]
        response = await owner.post(path(tenant, "/publish"), json={"revision": revision, "note": template["name"]})
        assert response.status_code == 200, response.text


async def test_a_placeholder_keeps_a_flow_from_being_published(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    unfilled = small_flow() | {"persona": "You work at [[address]]."}
    revision = (await put(owner, tenant, unfilled)).json()["revision"]
    refusal = await owner.post(path(tenant, "/publish"), json={"revision": revision})
    assert refusal.status_code == 422
    problem = refusal.json()["problems"][0]
    assert (problem["code"], problem["message"]) == ("placeholder_unfilled", "Fill in: address.")
    assert problem["field"] == "persona"


async def test_cases_are_kept(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    assert (await owner.get(path(tenant, "/cases"))).json() == {"cases": []}
    creation = await owner.post(path(tenant, "/cases"), json={"name": "Price", "turns": ["What is a studio?"]})
    assert creation.status_code == 201, creation.text
    case = creation.json()
    assert case.keys() == {"id", "name", "case", "created_at", "updated_at"}
    assert (case["name"], case["case"]["turns"][0]["says"]) == ("Price", "What is a studio?")
    assert (await owner.get(path(tenant, "/cases"))).json() == {"cases": [case]}
    place = path(tenant, f"/cases/{case['id']}")
    update = await owner.put(place, json={"name": "Prices", "expected": {"phrases": ["980"]}})
    assert update.status_code == 200, update.text
    assert (update.json()["id"], update.json()["name"], update.json()["created_at"]) == (
        case["id"],
        "Prices",
        case["created_at"],
    )
    (item,) = (await owner.get(path(tenant, "/cases"))).json()["cases"]
    assert item == update.json()
    for body in ({}, {"name": ""}, {"name": "x", "evil": 1}, {"name": "x", "turns": [{"says": 7}]}):
        assert (await owner.post(path(tenant, "/cases"), json=body)).status_code == 400
        assert (await owner.put(place, json=body)).status_code == 400
    assert (await owner.delete(place)).status_code == 204
    for method in ("PUT", "DELETE"):
        refusal = await owner.request(method, place, json={"name": "x"} if method == "PUT" else None)
        assert (refusal.status_code, refusal.json()["code"]) == (404, "case_not_found")


async def test_drawing_on_from_an_earlier_draft(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    await put(owner, tenant, small_flow() | {"persona": "Mine."})
    await put(owner, tenant, small_flow(), 1)
    (earlier_draft,) = (await owner.get(path(tenant, "/earlier"))).json()["drafts"]
    place = f"/earlier/{earlier_draft['id']}"
    assert (await owner.get(path(tenant, place))).json()["definition"]["persona"] == "Mine."
    assert (await owner.post(path(tenant, f"{place}/restore"), json={"revision": 0})).status_code == 409
    response = await owner.post(path(tenant, f"{place}/restore"), json={"revision": 2})
    assert (response.status_code, response.json()["revision"], response.json().keys()) == (200, 3, SAVED_KEYS)
    assert (await get_draft(owner, tenant))["definition"]["persona"] == "Mine."
    for missing in ("draft_x", ids.encode("draft", new_id()), ids.encode("cmp", new_id())):
        for answer in (
            await owner.get(path(tenant, f"/earlier/{missing}")),
            await owner.post(path(tenant, f"/earlier/{missing}/restore"), json={"revision": 3}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "draft_not_found")


async def test_a_case_is_its_campaigns(owner: httpx.AsyncClient, tenant: Tenant) -> None:
    case = (await owner.post(path(tenant, "/cases"), json={"name": "Price"})).json()
    async with account_session(tenant.account_id) as session:
        other = await campaigns.create(session, tenant.account_id, tenant.actor, "Other", drafts.empty())
    place = f"/api/flows/{ids.encode('cmp', other)}/cases/{case['id']}"
    assert (await owner.put(place, json={"name": "Mine"})).status_code == 404
    assert (await owner.delete(place)).status_code == 404
    assert len((await owner.get(path(tenant, "/cases"))).json()["cases"]) == 1


READS = [
    ("GET", ""),
    ("GET", "/draft"),
    ("GET", "/export"),
    ("GET", "/versions/1"),
    ("GET", "/cases"),
    ("POST", "/check"),
]
READS += [("GET", "/earlier"), ("GET", "/earlier/draft_00000000000000000000000000")]
WRITES = [
    ("PATCH", "/draft"),
    ("PUT", "/draft"),
    ("POST", "/publish"),
    ("POST", "/versions/1/restore"),
    ("POST", "/earlier/draft_00000000000000000000000000/restore"),
    ("POST", "/cases"),
    ("PUT", "/cases/case_00000000000000000000000000"),
]


@pytest.mark.parametrize("role", Role)
async def test_roles(owner: httpx.AsyncClient, tenant: Tenant, superuser: psycopg.Connection, role: Role) -> None:
    superuser.execute("update memberships set role = %s where account_id = %s", [role, tenant.account_id])
    reads, writes = role is not Role.OPERATOR, role in {Role.OWNER, Role.ADMIN, Role.BUILDER}
    flow_response = await owner.get(path(tenant))
    assert flow_response.status_code == (200 if reads else 403)
    assert not reads or flow_response.json()["can_write"] is writes
    check = await owner.post(path(tenant, "/check"), json={"definition": small_flow()})
    assert check.status_code == (200 if reads else 403)
    for method, suffix in WRITES:
        body = {"revision": 0, "client": "tab", "change": {}, "definition": small_flow(), "note": ""}
        answer = await owner.request(method, path(tenant, suffix), json=body)
        assert (answer.status_code == 403) is not writes, (method, suffix, answer.text)


async def test_a_stranger_finds_nothing(owner: httpx.AsyncClient) -> None:
    other = await create_tenant()
    unknown = (path(other), f"/api/flows/{ids.encode('cmp', new_id())}", "/api/flows/demo", "/api/flows/cmp_")
    for place in unknown:
        for method, suffix in (*READS, *WRITES):
            body = {"revision": 0, "client": "tab", "change": {}, "definition": small_flow(), "note": ""}
            answer = await owner.request(method, place + suffix, json=body if method != "GET" else None)
            assert (answer.status_code, answer.json()["code"]) == (404, "campaign_not_found"), (method, place + suffix)
