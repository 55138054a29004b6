"""Flows of campaigns, for the designer and for programs: draft, versions, cases, templates."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, RootModel
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.api import flow_work, limits
from quantum_app.api.guard import allowed
from quantum_app.api.problems import Endpoint
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.schemas import CaseText, Saved, StoredCase
from quantum_app.domain.flows.service import DraftChanged, Writer, problem_data
from quantum_app.domain.flows.templates import TEMPLATES
from quantum_app.domain.flows.testing import service as case_service
from quantum_app.domain.flows.testing import test_case
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import NotFound
from quantum_app.kit import ids

Reader = Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]
Drawing = Annotated[Identity, allowed(Permission.CAMPAIGNS_WRITE)]
Revision = Annotated[int, Field(ge=0, lt=1 << 31)]
Number = Annotated[int, Path(ge=1, lt=1 << 31)]


class FlowEndpoint(Endpoint):
    """A route that takes whole flows."""

    largest_body = drafts.LARGEST + 64 * 1024


router = APIRouter(prefix="/api/flows", route_class=FlowEndpoint)


class ChangeDraft(BaseModel):
    """change: `domain.flows.drafts.Change`. client: an id of the tab, for sending again what was not answered."""

    revision: Revision
    client: str = Field(max_length=64)
    change: dict[str, Any]


class PutDraft(BaseModel):
    """revision: None puts the definition in place of whatever is there."""

    definition: dict[str, Any]
    revision: Revision | None


class Check(BaseModel):
    definition: dict[str, Any]


class Publish(BaseModel):
    revision: Revision
    note: str = Field("", max_length=500)


class Restore(BaseModel):
    revision: Revision


class SentCase(RootModel[dict[str, Any]]):
    """A `domain.flows.testing.test_case.Case`."""


@router.get("/templates")
async def list_templates(who: Reader) -> Response:
    """Flows to begin with."""
    await _count_check(who)
    return _json(_templates())


@router.get("/{campaign_id}")
async def show_flow(campaign_id: str, who: Reader) -> Response:
    """What the designer begins with."""
    await _count_check(who)
    wanted = _known(campaign_id)
    async with account_session(who.account_id) as session:
        campaign = await campaigns.snapshot(session, wanted)
        flow = await flows.view(session, wanted)
    problems = await flow_work.check(who.account_id, flow.draft.stored, flow.longest_call)
    return await _answer(
        who,
        {
            "campaign": {
                "id": ids.encode("cmp", wanted),
                "public_id": campaign.public_id,
                "name": campaign.name,
                "active": campaign.active,
                "published_version": flow.published_version,
            },
            "draft": {
                "revision": flow.draft.revision,
                "updated_at": _time(flow.draft.updated_at),
                "updated_by": flow.draft.updated_by,
            },
            "problems": [problem_data(problem) for problem in problems],
            "versions": [
                {
                    "version": item.version,
                    "note": item.note,
                    "author": item.author,
                    "created_at": _time(item.created_at),
                }
                for item in flow.versions
            ],
            "can_write": who.may(Permission.CAMPAIGNS_WRITE),
        },
        flow.draft.stored,
        within="draft",
    )


@router.patch("/{campaign_id}/draft")
async def change_draft(campaign_id: str, sent: ChangeDraft, who: Drawing) -> JSONResponse:
    """Change a part of it. 409 with what is there, when somebody else changed it meanwhile."""
    await _count_change(who)
    wanted = await _existing(who, campaign_id)
    change = await flow_work.run(who.account_id, drafts.read_change, sent.change)
    async with _changing(who) as session:
        writer = Writer(who.account_id, who.actor, sent.client)
        saved = await flows.change(session, writer, wanted, change, revision=sent.revision)
    return JSONResponse(await _saved(who, saved))


@router.put("/{campaign_id}/draft")
async def put_draft(campaign_id: str, sent: PutDraft, who: Drawing) -> JSONResponse:
    """Put a whole flow in its place; of any schema version, so this is the import too."""
    await _count_change(who)
    wanted = await _existing(who, campaign_id)
    made = await flow_work.run(who.account_id, drafts.read, sent.definition)
    async with _changing(who) as session:
        writer = Writer(who.account_id, who.actor)
        saved = await flows.replace(session, writer, wanted, made, revision=sent.revision)
    return JSONResponse(await _saved(who, saved))


@router.post("/{campaign_id}/check")
async def check_flow(campaign_id: str, sent: Check, who: Reader) -> JSONResponse:
    """What the author of a flow should know, without keeping it."""
    await _count_check(who)
    wanted = _known(campaign_id)
    async with account_session(who.account_id) as session:
        await campaigns.snapshot(session, wanted)
        longest_call = await flows.longest_call(session, wanted)
    problems = await flow_work.check(who.account_id, sent.definition, longest_call)
    return JSONResponse({"problems": [problem_data(problem) for problem in problems]})


@router.post("/{campaign_id}/publish")
async def publish_draft(campaign_id: str, sent: Publish, who: Drawing) -> JSONResponse:
    """New calls follow the draft from now on. 422 with the problems, when some are errors."""
    await _count_check(who)
    await limits.count(limits.PUBLICATIONS_BY_ACCOUNT, "publish by account", str(who.account_id))
    wanted = _known(campaign_id)
    async with _changing(who) as session:
        definition, longest_call = await flows.draft_at(session, wanted, sent.revision)
    problems = await flow_work.check(who.account_id, definition, longest_call)
    async with _changing(who) as session:
        writer = Writer(who.account_id, who.actor)
        version = await flows.publish(
            session, writer, wanted, revision=sent.revision, note=sent.note.strip(), problems=problems
        )
    return JSONResponse({"version": version})


@router.get("/{campaign_id}/versions/{version}")
async def show_version(campaign_id: str, version: Number, who: Reader) -> Response:
    """A flow as it was published, in today's schema."""
    await _count_check(who)
    async with account_session(who.account_id) as session:
        stored = await flows.stored_version(session, _known(campaign_id), version)
    return await _answer(who, {"version": version}, stored)


@router.post("/{campaign_id}/versions/{version}/restore")
async def restore_version(campaign_id: str, version: Number, sent: Restore, who: Drawing) -> Response:
    """Draw on from an earlier version."""
    await _count_change(who)
    async with _changing(who) as session:
        writer = Writer(who.account_id, who.actor)
        saved = await flows.restore(session, writer, _known(campaign_id), version, revision=sent.revision)
    return await _answer(who, await _saved(who, saved), saved.definition)


@router.get("/{campaign_id}/earlier")
async def list_earlier(campaign_id: str, who: Reader) -> JSONResponse:
    """Drafts that whole flows took the place of, the last one first."""
    async with account_session(who.account_id) as session:
        listed = await flows.earlier(session, _known(campaign_id))
    return JSONResponse(
        {
            "drafts": [
                {
                    "id": ids.encode("draft", item.id),
                    "replaced_by": item.replaced_by,
                    "replaced_at": _time(item.replaced_at),
                }
                for item in listed
            ]
        }
    )


@router.get("/{campaign_id}/earlier/{draft_id}")
async def show_earlier(campaign_id: str, draft_id: str, who: Reader) -> Response:
    """A flow as it was drawn, in today's schema."""
    await _count_check(who)
    async with account_session(who.account_id) as session:
        stored = await flows.stored_earlier(session, _known(campaign_id), _known_draft(draft_id))
    return await _answer(who, {"id": draft_id}, stored)


@router.post("/{campaign_id}/earlier/{draft_id}/restore")
async def restore_earlier(campaign_id: str, draft_id: str, sent: Restore, who: Drawing) -> Response:
    """Draw on from an earlier draft."""
    await _count_change(who)
    wanted, draft = _known(campaign_id), _known_draft(draft_id)
    async with _changing(who) as session:
        writer = Writer(who.account_id, who.actor)
        saved = await flows.restore_earlier(session, writer, wanted, draft, revision=sent.revision)
    return await _answer(who, await _saved(who, saved), saved.definition)


@router.get("/{campaign_id}/export")
async def export_flow(
    campaign_id: str, who: Reader, version: Annotated[int | None, Query(ge=1, lt=1 << 31)] = None
) -> Response:
    """The draft, or a version, as a file that can be put in again."""
    await _count_check(who)
    wanted = _known(campaign_id)
    async with account_session(who.account_id) as session:
        if version is None:
            stored = (await flows.draft(session, wanted)).stored
        else:
            stored = await flows.stored_version(session, wanted, version)
    file = await flow_work.run(who.account_id, flow_work.export, stored)
    name = f"flow-{ids.encode('cmp', wanted)}-{f'v{version}' if version else 'draft'}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(file, media_type="application/json", headers=headers)


@router.get("/{campaign_id}/cases")
async def list_cases(campaign_id: str, who: Reader) -> Response:
    """The oldest first."""
    await _count_check(who)
    async with account_session(who.account_id) as session:
        listed = await case_service.texts(session, _known(campaign_id))
    return _json(f'{{"cases":[{",".join(_case_text(item) for item in listed)}]}}'.encode())


@router.post("/{campaign_id}/cases", status_code=201)
async def add_case(campaign_id: str, sent: SentCase, who: Drawing) -> JSONResponse:
    """Keep a case."""
    await _count_change(who)
    wanted = await _existing(who, campaign_id)
    case = await flow_work.run(who.account_id, test_case.read, sent.root)
    async with account_session(who.account_id) as session:
        made = await case_service.add(session, who.account_id, wanted, case)
    return JSONResponse(_case(made), status_code=201)


@router.put("/{campaign_id}/cases/{case_id}")
async def change_case(campaign_id: str, case_id: str, sent: SentCase, who: Drawing) -> JSONResponse:
    """Put another case in its place."""
    await _count_change(who)
    wanted, known = await _existing(who, campaign_id), _known_case(case_id)
    case = await flow_work.run(who.account_id, test_case.read, sent.root)
    async with account_session(who.account_id) as session:
        changed = await case_service.change(session, who.account_id, wanted, known, case)
    return JSONResponse(_case(changed))


@router.delete("/{campaign_id}/cases/{case_id}", status_code=204)
async def remove_case(campaign_id: str, case_id: str, who: Drawing) -> Response:
    """For good."""
    async with account_session(who.account_id) as session:
        await case_service.remove(session, _known(campaign_id), _known_case(case_id))
    return Response(status_code=204)


@cache
def _templates() -> bytes:
    keys = ("id", "name", "description")
    listed = [{key: getattr(item, key) for key in keys} | {"definition": item.stored} for item in TEMPLATES]
    return json.dumps(listed, ensure_ascii=False).encode()


def _case(item: StoredCase) -> dict[str, Any]:
    return _about(item) | {"case": item.body}


def _case_text(item: CaseText) -> str:
    """`_case` as JSON, without parsing the body."""
    return f'{json.dumps(_about(item))[:-1]},"case":{item.body}}}'


def _about(item: StoredCase | CaseText) -> dict[str, Any]:
    return {
        "id": ids.encode("case", item.id),
        "name": item.name,
        "created_at": _time(item.created_at),
        "updated_at": _time(item.updated_at),
    }


async def _count_change(who: Identity) -> None:
    """Raises TooManyRequests."""
    await limits.count(limits.DRAFTS_BY_PERSON, "draft", str(who.user_id))
    await limits.count(limits.DRAFTS_BY_ACCOUNT, "draft by account", str(who.account_id))


async def _count_check(who: Identity) -> None:
    """Raises TooManyRequests."""
    await limits.count(limits.CHECKS_BY_PERSON, "check", str(who.user_id))
    await limits.count(limits.CHECKS_BY_ACCOUNT, "check by account", str(who.account_id))


@asynccontextmanager
async def _changing(who: Identity) -> AsyncGenerator[AsyncSession]:
    """A session in which somebody else may have been faster: DraftChanged has their draft in today's schema."""
    try:
        async with account_session(who.account_id) as session:
            yield session
    except DraftChanged as error:
        definition = await flow_work.run(who.account_id, flow_work.today, error.draft.stored)
        error.details = {**error.details, "definition": definition}
        raise


async def _answer(
    who: Identity, body: dict[str, Any], definition: FlowDefinition | dict[str, Any], *, within: str = ""
) -> Response:
    """The body with a flow in it (`flow_work.answer`). Raises InvalidInput, TooManyRequests."""
    return _json(await flow_work.run(who.account_id, flow_work.answer, body, definition, within))


def _json(text: bytes) -> Response:
    return Response(text, media_type="application/json")


async def _saved(who: Identity, saved: Saved) -> dict[str, Any]:
    problems = await flow_work.check(who.account_id, saved.definition, saved.longest_call)
    return {"revision": saved.revision, "problems": [problem_data(problem) for problem in problems]}


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


async def _existing(who: Identity, campaign_id: str) -> UUID:
    """The campaign in the address, before anything is done for it. Raises NotFound."""
    wanted = _known(campaign_id)
    async with account_session(who.account_id) as session:
        await campaigns.snapshot(session, wanted)
    return wanted


def _known(campaign_id: str) -> UUID:
    """The campaign in the address; what is no id is of none. Raises NotFound."""
    found = ids.decode("cmp", campaign_id)
    if found is None:
        raise NotFound("There is no such campaign in this account.", code="campaign_not_found")
    return found


def _known_case(case_id: str) -> UUID:
    """Raises NotFound."""
    found = ids.decode("case", case_id)
    if found is None:
        raise NotFound("The campaign has no such case.", code="case_not_found")
    return found


def _known_draft(draft_id: str) -> UUID:
    """Raises NotFound."""
    found = ids.decode("draft", draft_id)
    if found is None:
        raise NotFound("This earlier draft is not kept any more.", code="draft_not_found")
    return found
