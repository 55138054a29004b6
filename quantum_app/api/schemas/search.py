"""What the search of the dashboard finds."""

from pydantic import Field

from quantum_app.api.public_ids import CallId, CampaignId
from quantum_app.api.schemas.base import Resource, Timestamp


class CampaignMatch(Resource):
    """A campaign that matches."""

    id: CampaignId
    name: str


class CallMatch(Resource):
    """A call that matches."""

    id: CallId
    caller: str = Field(description="The caller's name or, without one, their email address. Empty if unknown.")
    campaign: str = Field(description="The campaign's name.")
    at: Timestamp


class SearchResults(Resource):
    """The newest matches of each kind."""

    campaigns: list[CampaignMatch]
    calls: list[CallMatch]
