"""Flows of campaigns: the draft, its versions, and its cases."""

from typing import Annotated

from pydantic import Field

from quantum_app.api.public_ids import CampaignId, CaseId, EarlierDraftId
from quantum_app.api.schemas.base import Resource, Timestamp
from quantum_app.api.schemas.problem import FlowProblem
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.testing.test_case import Case


class FlowCampaign(Resource):
    """The campaign that a flow belongs to."""

    id: CampaignId
    public_id: str = Field(description="The id in the address of the call page.")
    name: str
    paused: bool = Field(description="Whether it takes no calls even if it's published: paused or archived.")
    published_version: int | None = Field(description="The version that new calls follow.")


class SavedDraft(Resource):
    """What a draft is after a change, without its definition. Retrieve the draft for that."""

    revision: int = Field(description="Grows with each change; 0 while nothing differs from what is published.")
    updated_at: Timestamp | None
    updated_by: str | None = Field(description="The name of the person who changed it last.")
    problems: list[FlowProblem]


class Draft(SavedDraft):
    """The draft of a campaign's flow."""

    definition: FlowDefinition


class Version(Resource):
    """A published version, without its definition."""

    version: int
    note: str
    author: str | None = Field(description="The name of the person who published it.")
    created_at: Timestamp


class Flow(Resource):
    """Everything the designer starts with."""

    campaign: FlowCampaign
    draft: Draft
    versions: list[Version] = Field(description="The newest first.")
    can_write: bool = Field(description="Whether you may change the flow.")
    has_voices: bool = Field(description="Whether voices sound different. The local engine has one voice for all.")


class Checked(Resource):
    """The problems of a flow."""

    problems: list[FlowProblem]


class PublishedVersion(Resource):
    """The version that new calls follow from now on."""

    version: int


class VersionDefinition(Resource):
    """A version with its definition."""

    version: int
    definition: FlowDefinition


class EarlierDraft(Resource):
    """A draft that was replaced by a whole flow, without its definition."""

    id: EarlierDraftId
    replaced_by: str | None = Field(description="The name of the person who replaced it.")
    replaced_at: Timestamp


class EarlierDrafts(Resource):
    """Earlier drafts, the latest first."""

    drafts: list[EarlierDraft]


class EarlierDraftDefinition(Resource):
    """An earlier draft with its definition."""

    id: EarlierDraftId
    definition: FlowDefinition


class StoredCase(Resource):
    """A test case of a campaign's flow."""

    id: CaseId
    name: str
    created_at: Timestamp
    updated_at: Timestamp
    case: Case


class StoredCases(Resource):
    """Test cases, the oldest first."""

    cases: list[StoredCase]


class Template(Resource):
    """A flow to start from."""

    id: str
    name: str
    description: str
    definition: Annotated[FlowDefinition, Field(description="In the current schema version.")]
