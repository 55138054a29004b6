"""The account: its calls, campaigns, members, API tokens, and audit log."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from quantum_app.api.public_ids import AuditEntryId, CallId, CampaignId, TokenId, UserId
from quantum_app.api.schemas.base import Page, Resource, Timestamp
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.calls.schemas import CallStatus, EndReason, Origin, Speaker


class Caller(Resource):
    """Who called."""

    email: str | None
    name: str | None


class CallValue(Resource):
    """The latest value of a variable that a call filled."""

    variable: str
    label: str
    type: Annotated[str, Field(validation_alias="kind", description="The variable's type, such as `phone`.")]
    value: JsonValue = Field(description="Null where it's masked.")
    masked: bool = Field(description="Whether it's encrypted, or your role doesn't see collected values.")
    at: Timestamp


class Call(Resource):
    """A call, without its turns."""

    id: CallId
    campaign: str = Field(description="The campaign's name.")
    caller: Caller
    status: CallStatus
    end_reason: EndReason | None
    created_at: Timestamp
    answered_at: Timestamp | None
    ended_at: Timestamp | None
    turn_count: int
    cost: Decimal = Field(description="What providers charged for the call, in US dollars.")
    rating: int | None = Field(description="1 to 5 stars.")
    origin: Origin = Field(
        description="`test` for a call that a member placed, `sample` for a made-up call of the demo."
    )
    handled_at: Timestamp | None = Field(description="When a member marked the result of the call as done.")
    values: list[CallValue] = Field(description="What the call collected.")


class CallTurn(Resource):
    """One utterance."""

    seq: int = Field(description="Its position among everything recorded for the call.")
    speaker: Speaker
    text: str
    started_at: Timestamp
    ended_at: Timestamp
    interrupted: bool = Field(description="Whether the other side spoke before it ended.")
    sources: list[str] = Field(description="The knowledge that an answer was made from.")


class CallDetail(Call):
    """A call with its turns."""

    flow_version: int = Field(description="The version of the flow that the call followed.")
    turns: list[CallTurn]


class Campaign(Resource):
    """A campaign."""

    id: CampaignId
    name: str
    status: Literal["active", "paused"]
    call_page: str = Field(description="The path of the page where people call.")


class Member(Resource):
    """A person who belongs to the account."""

    id: Annotated[UserId, Field(validation_alias="user_id")]
    name: str
    email: str
    role: Role
    second_factor: bool
    joined_at: Timestamp


class AuditEntry(Resource):
    """Something that was done in the account."""

    id: AuditEntryId
    at: Timestamp
    actor: str = Field(description="Who did it, by name.")
    action: str
    entity: str = Field(description="The type of resource it was done to.")
    entity_id: str
    previous: dict[str, Any] | None
    new: dict[str, Any] | None
    request_id: str | None
    address: str | None = Field(description="The IP address it was done from.")


class ApiToken(Resource):
    """An API token, without its text."""

    id: TokenId
    name: str
    role: Role
    last_four: str = Field(description="The last four characters of the token.")
    created_by: str
    created_at: Timestamp
    expires_at: Timestamp | None
    last_used_at: Timestamp | None
    own: bool = Field(description="Whether you created it.")


class CreatedApiToken(ApiToken):
    """A new API token."""

    token: str = Field(description="The token. It's returned only once.")


class CallList(Page[Call]):
    """A page of calls, the newest first."""


class CampaignList(Page[Campaign]):
    """Campaigns by name."""


class MemberList(Page[Member]):
    """Members by name."""


class AuditLog(Page[AuditEntry]):
    """A page of the audit log, the newest entry first."""


class ApiTokenList(Page[ApiToken]):
    """API tokens, the newest first."""
