"""What a caller's page gets, without a login."""

from typing import Literal

from pydantic import Field

from quantum_app.api.public_ids import CallId
from quantum_app.api.schemas.base import Resource, Timestamp


class Consent(Resource):
    """What the caller has to agree to."""

    version: str = Field(description="Send it back to start the call.")
    text: str


class CallPage(Resource):
    """What the call page shows."""

    public_id: str
    account_name: str
    verified_domain: str | None = Field(description="The domain of the owner's confirmed email address, if shown.")
    name: str
    assistant_name: str
    language: str
    status: Literal["active", "paused"]
    email_required: bool
    consent: Consent


class StartedCall(Resource):
    """How to join the call's room."""

    call_id: CallId
    server_url: str = Field(description="The address of the LiveKit server.")
    token: str = Field(description="Admits one participant to the room, and authorizes the call's other requests.")
    expires_at: Timestamp
    test: bool = Field(description="Whether the call counts as a test.")


class ToldValue(Resource):
    """Something the caller told."""

    label: str
    kind: str = Field(description="The type of the flow's variable.")
    value: str | bool | int | float | None = Field(
        description="Null while it is masked. Phone numbers are in international format."
    )
    masked: bool


class TranscriptTurn(Resource):
    """Something that was said."""

    speaker: Literal["caller", "assistant", "operator"]
    text: str
    interrupted: bool = Field(description="Whether the caller spoke into it. The rest was not said.")
    offset: int = Field(description="Seconds since the call began.")


class CallResult(Resource):
    """What a call came to, for its caller."""

    status: Literal["active", "ended"] = Field(description="While it is active, more may be added.")
    started_at: Timestamp
    ended_at: Timestamp | None
    values: list[ToldValue]
    turns: list[TranscriptTurn] = Field(description="The transcript, with the times that the business sees.")


class SharedTranscript(Resource):
    """A transcript, as the page behind an email's link shows it."""

    account_name: str
    verified_domain: str | None
    assistant_name: str
    language: str
    started_at: Timestamp
    ended_at: Timestamp | None
    expires_at: Timestamp = Field(description="When the link stops working.")
    turns: list[TranscriptTurn]


class AssistantRequest(Resource):
    """Whether an assistant is there or on its way."""

    status: Literal["present", "pending", "dispatched"]
