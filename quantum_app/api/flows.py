"""Flows of campaigns, for the designer and for programs: draft, versions, test cases, templates."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field, RootModel
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.api import flow_work, rate_limits
from quantum_app.api.endpoint import NO_CONTENT, Endpoint
from quantum_app.api.guard import allowed
from quantum_app.api.public_ids import CampaignId, CaseId, EarlierDraftId
from quantum_app.api.schemas import flows as schemas
from quantum_app.api.schemas.problem import DraftConflict, FlowProblem, NotPublishable, Responses
from quantum_app.api.unread import Unread
from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.drafts import Change
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.schemas import CaseText, Draft, StoredCase
from quantum_app.domain.flows.service import DraftChanged, Writer
from quantum_app.domain.flows.testing import service as case_service
from quantum_app.domain.flows.testing import test_case
from quantum_app.domain.flows.testing.test_case import Case
from quantum_app.domain.identity.schemas import Identity
from quantum_app.kit import ids
from quantum_app.kit.file_names import file_stem
from quantum_app.settings import settings

Reader = Annotated[Identity, allowed(Permission.CAMPAIGNS_READ)]
Editor = Annotated[Identity, allowed(Permission.CAMPAIGNS_WRITE)]
Revision = Annotated[int, Field(ge=0, lt=1 << 31, description="The revision of the draft that the change is based on.")]
VersionNumber = Annotated[int, Path(ge=1, lt=1 << 31)]

_CONFLICT: Responses = {409: {"model": DraftConflict}}
_ANY_SCHEMA = "A flow. One of an earlier schema version is upgraded."


class FlowEndpoint(Endpoint):
    """A route that takes whole flows."""

    max_body = drafts.LARGEST + 64 * 1024


router = APIRouter(prefix="/api/flows", route_class=FlowEndpoint)


class ChangeDraft(BaseModel):
    revision: Revision
    client: str = Field(max_length=64, description="An id of the tab, so that it can send again what was not answered.")
    change: Unread[Change]


class ReplaceDraft(BaseModel):
    definition: Unread[FlowDefinition] = Field(description=_ANY_SCHEMA)
    revision: Revision | None = Field(description="null replaces the draft whatever its revision is.")


class CheckFlow(BaseModel):
    definition: Unread[FlowDefinition] = Field(description=_ANY_SCHEMA)


class Publish(BaseModel):
    revision: Revision
    note: str = Field("", max_length=500)


class Restore(BaseModel):
    revision: Revision


class SentCase(RootModel[Unread[Case]]):
    """A test case."""


@router.get("/templates", tags=["Flows"], summary="List templates", response_model=list[schemas.Template])
async def list_templates(identity: Reader) -> Response:
    """Returns flows to start from, with the account's name filled in."""
    await _count_check(identity)
    return _json(await flow_work.run(identity.account_id, flow_work.templates, identity.account_name))


@router.get("/{campaign_id}", tags=["Flows"], summary="Retrieve a flow", response_model=schemas.Flow)
async def retrieve_flow(campaign_id: CampaignId, identity: Reader) -> Response:
    """Returns everything the designer starts with: the campaign, the draft, and the versions."""
    await _count_check(identity)
    async with account_session(identity.account_id) as session:
        campaign = await campaigns.get_snapshot(session, campaign_id)
        flow = await flows.view(session, campaign_id)
    about = schemas.FlowCampaign(
        id=campaign_id,
        public_id=campaign.public_id,
        name=campaign.name,
        paused=campaign.paused,
        published_version=flow.published_version,
    )
    versions = [schemas.Version.model_validate(item) for item in flow.versions]
    body = {
        "campaign": about.model_dump(mode="json"),
        "draft": _draft_body(flow.draft),
        "versions": [item.model_dump(mode="json") for item in versions],
        "can_write": identity.may(Permission.CAMPAIGNS_WRITE),
        "has_voices": not settings().deepgram.is_local,
    }
    answer = await flow_work.checked_answer(
        identity.account_id, body, flow.draft.document, flow.longest_call, within="draft"
    )
    return _json(answer)


@router.get("/{campaign_id}/draft", tags=["Flows"], summary="Retrieve a draft", response_model=schemas.Draft)
async def retrieve_draft(campaign_id: CampaignId, identity: Reader) -> Response:
    """Returns the draft with its definition and problems."""
    await _count_check(identity)
    async with account_session(identity.account_id) as session:
        draft = await flows.draft(session, campaign_id)
        longest_call = await flows.longest_call(session, campaign_id)
    answer = await flow_work.checked_answer(identity.account_id, _draft_body(draft), draft.document, longest_call)
    return _json(answer)


@router.patch("/{campaign_id}/draft", tags=["Flows"], summary="Update a draft", responses=_CONFLICT)
async def update_draft(campaign_id: CampaignId, body: ChangeDraft, identity: Editor) -> schemas.SavedDraft:
    """Changes parts of the draft. Answers 409 with the present draft if somebody else changed it in the meantime."""
    await _count_change(identity)
    await _require_campaign(identity, campaign_id)
    change = await flow_work.run(identity.account_id, drafts.read_change, body.change.json)
    async with _changing(identity) as session:
        writer = Writer(identity.account_id, identity.actor, body.client)
        result = await flows.change(session, writer, campaign_id, change, revision=body.revision)
        draft = await flows.draft(session, campaign_id)
    return await _saved_draft(identity, draft, result.longest_call)


@router.put("/{campaign_id}/draft", tags=["Flows"], summary="Replace a draft", responses=_CONFLICT)
async def replace_draft(campaign_id: CampaignId, body: ReplaceDraft, identity: Editor) -> schemas.SavedDraft:
    """Replaces the draft with a whole flow of any schema version, as an import does."""
    await _count_change(identity)
    await _require_campaign(identity, campaign_id)
    definition = await flow_work.run(identity.account_id, drafts.read, body.definition.json)
    async with _changing(identity) as session:
        writer = Writer(identity.account_id, identity.actor)
        result = await flows.replace(session, writer, campaign_id, definition, revision=body.revision)
        draft = await flows.draft(session, campaign_id)
    return await _saved_draft(identity, draft, result.longest_call)


@router.post("/{campaign_id}/check", tags=["Flows"], summary="Check a flow")
async def check_flow(campaign_id: CampaignId, body: CheckFlow, identity: Reader) -> schemas.Checked:
    """Returns the problems of a flow without storing it."""
    await _count_check(identity)
    async with account_session(identity.account_id) as session:
        await campaigns.get_snapshot(session, campaign_id)
        longest_call = await flows.longest_call(session, campaign_id)
    return schemas.Checked(problems=await _problems(identity, body.definition.json, longest_call))


@router.post(
    "/{campaign_id}/publish",
    tags=["Flows"],
    summary="Publish a draft",
    responses={422: {"model": NotPublishable}, **_CONFLICT},
)
async def publish_draft(campaign_id: CampaignId, body: Publish, identity: Editor) -> schemas.PublishedVersion:
    """Makes the draft the flow that new calls follow. Answers 422 with the problems if some are errors."""
    await _count_check(identity)
    await rate_limits.count(rate_limits.PUBLICATIONS_BY_ACCOUNT, "publish by account", str(identity.account_id))
    async with _changing(identity) as session:
        definition, longest_call = await flows.draft_at(session, campaign_id, body.revision)
    flow_problems = await flow_work.check(identity.account_id, definition, longest_call)
    async with _changing(identity) as session:
        writer = Writer(identity.account_id, identity.actor)
        version = await flows.publish(
            session, writer, campaign_id, revision=body.revision, note=body.note.strip(), problems=flow_problems
        )
    return schemas.PublishedVersion(version=version)


@router.get(
    "/{campaign_id}/versions/{version}",
    tags=["Flows"],
    summary="Retrieve a version",
    response_model=schemas.VersionDefinition,
)
async def retrieve_version(campaign_id: CampaignId, version: VersionNumber, identity: Reader) -> Response:
    """Returns a published flow in the current schema version."""
    await _count_check(identity)
    async with account_session(identity.account_id) as session:
        document = await flows.stored_version(session, campaign_id, version)
    return await _answer(identity, {"version": version}, document)


@router.post(
    "/{campaign_id}/versions/{version}/restore", tags=["Flows"], summary="Restore a version", responses=_CONFLICT
)
async def restore_version(
    campaign_id: CampaignId, version: VersionNumber, body: Restore, identity: Editor
) -> schemas.SavedDraft:
    """Replaces the draft with a published version."""
    await _count_change(identity)
    async with _changing(identity) as session:
        writer = Writer(identity.account_id, identity.actor)
        result = await flows.restore(session, writer, campaign_id, version, revision=body.revision)
        draft = await flows.draft(session, campaign_id)
    return await _saved_draft(identity, draft, result.longest_call)


@router.get("/{campaign_id}/earlier", tags=["Flows"], summary="List earlier drafts")
async def list_earlier_drafts(campaign_id: CampaignId, identity: Reader) -> schemas.EarlierDrafts:
    """Returns the drafts that were replaced by whole flows, the latest first."""
    async with account_session(identity.account_id) as session:
        earlier_drafts = await flows.earlier(session, campaign_id)
    return schemas.EarlierDrafts(drafts=[schemas.EarlierDraft.model_validate(item) for item in earlier_drafts])


@router.get(
    "/{campaign_id}/earlier/{draft_id}",
    tags=["Flows"],
    summary="Retrieve an earlier draft",
    response_model=schemas.EarlierDraftDefinition,
)
async def retrieve_earlier_draft(campaign_id: CampaignId, draft_id: EarlierDraftId, identity: Reader) -> Response:
    """Returns an earlier draft in the current schema version."""
    await _count_check(identity)
    async with account_session(identity.account_id) as session:
        document = await flows.stored_earlier(session, campaign_id, draft_id)
    return await _answer(identity, {"id": ids.encode("draft", draft_id)}, document)


@router.post(
    "/{campaign_id}/earlier/{draft_id}/restore",
    tags=["Flows"],
    summary="Restore an earlier draft",
    responses=_CONFLICT,
)
async def restore_earlier_draft(
    campaign_id: CampaignId, draft_id: EarlierDraftId, body: Restore, identity: Editor
) -> schemas.SavedDraft:
    """Replaces the draft with an earlier one."""
    await _count_change(identity)
    async with _changing(identity) as session:
        writer = Writer(identity.account_id, identity.actor)
        result = await flows.restore_earlier(session, writer, campaign_id, draft_id, revision=body.revision)
        draft = await flows.draft(session, campaign_id)
    return await _saved_draft(identity, draft, result.longest_call)


@router.get("/{campaign_id}/export", tags=["Flows"], summary="Export a flow", response_model=FlowDefinition)
async def export_flow(
    campaign_id: CampaignId,
    identity: Reader,
    version: Annotated[
        int | None, Query(ge=1, lt=1 << 31, description="A version. Without one, the draft is exported.")
    ] = None,
) -> Response:
    """Returns the draft or a version as a file that can be imported."""
    await _count_check(identity)
    async with account_session(identity.account_id) as session:
        campaign = await campaigns.get_snapshot(session, campaign_id)
        if version is None:
            document = (await flows.draft(session, campaign_id)).document
        else:
            document = await flows.stored_version(session, campaign_id, version)
    file = await flow_work.run(identity.account_id, flow_work.export, document)
    name = f"{file_stem(campaign.name, 'flow')}-{f'v{version}' if version else 'draft'}.json"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(file, media_type="application/json", headers=headers)


@router.get("/{campaign_id}/cases", tags=["Test cases"], summary="List test cases", response_model=schemas.StoredCases)
async def list_cases(campaign_id: CampaignId, identity: Reader) -> Response:
    """Returns the test cases of a flow, the oldest first."""
    await _count_check(identity)
    async with account_session(identity.account_id) as session:
        cases = await case_service.texts(session, campaign_id)
    return _json(f'{{"cases":[{",".join(_case(item, item.body) for item in cases)}]}}'.encode())


@router.post(
    "/{campaign_id}/cases",
    tags=["Test cases"],
    summary="Create a test case",
    status_code=201,
    response_model=schemas.StoredCase,
)
async def create_case(campaign_id: CampaignId, body: SentCase, identity: Editor) -> Response:
    """Stores a test case."""
    await _count_change(identity)
    await _require_campaign(identity, campaign_id)
    case = await flow_work.run(identity.account_id, test_case.read, body.root.json)
    async with account_session(identity.account_id) as session:
        stored_case = await case_service.add(session, identity.account_id, campaign_id, case)
    return _json(_case(stored_case, json.dumps(stored_case.body)).encode(), status_code=201)


@router.put(
    "/{campaign_id}/cases/{case_id}",
    tags=["Test cases"],
    summary="Replace a test case",
    response_model=schemas.StoredCase,
)
async def replace_case(campaign_id: CampaignId, case_id: CaseId, body: SentCase, identity: Editor) -> Response:
    """Replaces a test case."""
    await _count_change(identity)
    await _require_campaign(identity, campaign_id)
    case = await flow_work.run(identity.account_id, test_case.read, body.root.json)
    async with account_session(identity.account_id) as session:
        stored_case = await case_service.change(session, identity.account_id, campaign_id, case_id, case)
    return _json(_case(stored_case, json.dumps(stored_case.body)).encode())


@router.delete("/{campaign_id}/cases/{case_id}", tags=["Test cases"], summary="Delete a test case", **NO_CONTENT)
async def delete_case(campaign_id: CampaignId, case_id: CaseId, identity: Editor) -> None:
    """Deletes a test case for good."""
    async with account_session(identity.account_id) as session:
        await case_service.remove(session, campaign_id, case_id)


def _case(item: StoredCase | CaseText, body: str) -> str:
    """`schemas.StoredCase` as JSON. body: the case as JSON, which is not parsed again."""
    about = {
        "id": ids.encode("case", item.id),
        "name": item.name,
        "created_at": item.created_at.isoformat(),
        "updated_at": item.updated_at.isoformat(),
    }
    return f'{json.dumps(about)[:-1]},"case":{body}}}'


async def _count_change(identity: Identity) -> None:
    """Raises TooManyRequests."""
    await rate_limits.count(rate_limits.DRAFTS_BY_PERSON, "draft", str(identity.user_id))
    await rate_limits.count(rate_limits.DRAFTS_BY_ACCOUNT, "draft by account", str(identity.account_id))


async def _count_check(identity: Identity) -> None:
    """Raises TooManyRequests."""
    await rate_limits.count(rate_limits.CHECKS_BY_PERSON, "check", str(identity.user_id))
    await rate_limits.count(rate_limits.CHECKS_BY_ACCOUNT, "check by account", str(identity.account_id))


@asynccontextmanager
async def _changing(identity: Identity) -> AsyncGenerator[AsyncSession]:
    """A session in which somebody else may be faster: DraftChanged then has their draft in the current schema."""
    try:
        async with account_session(identity.account_id) as session:
            yield session
    except DraftChanged as error:
        definition = await flow_work.run(identity.account_id, flow_work.today, error.draft.document)
        error.details = {**error.details, "definition": definition}
        raise


def _draft_body(draft: Draft) -> dict[str, Any]:
    """`schemas.Draft` without what the flow itself gives: its definition and problems."""
    return {
        "revision": draft.revision,
        "updated_at": draft.updated_at.isoformat() if draft.updated_at else None,
        "updated_by": draft.updated_by,
    }


async def _saved_draft(identity: Identity, draft: Draft, longest_call: int | None) -> schemas.SavedDraft:
    """Raises InvalidInput, TooManyRequests."""
    return schemas.SavedDraft(
        revision=draft.revision,
        updated_at=draft.updated_at,
        updated_by=draft.updated_by,
        problems=await _problems(identity, draft.document, longest_call),
    )


async def _problems(identity: Identity, definition: dict[str, Any], longest_call: int | None) -> list[FlowProblem]:
    """Raises InvalidInput, TooManyRequests."""
    problem_list = await flow_work.check(identity.account_id, definition, longest_call)
    return [FlowProblem.model_validate(problem) for problem in problem_list]


async def _answer(identity: Identity, body: dict[str, Any], document: dict[str, Any]) -> Response:
    """The body with a flow in it (`flow_work.answer`). Raises InvalidInput, TooManyRequests."""
    return _json(await flow_work.run(identity.account_id, flow_work.answer, body, document))


def _json(text: bytes, status_code: int = 200) -> Response:
    return Response(text, status_code, media_type="application/json")


async def _require_campaign(identity: Identity, campaign_id: UUID) -> None:
    """Raises NotFound, before anything is done for the campaign."""
    async with account_session(identity.account_id) as session:
        await campaigns.get_snapshot(session, campaign_id)
