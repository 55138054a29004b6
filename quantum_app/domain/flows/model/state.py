"""Where a call is in its flow. Plain data, in slices by subject: any process can go on with it."""

from typing import Annotated, Any, Literal, cast

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from quantum_app.domain.flows.model.base import Frozen
from quantum_app.domain.flows.model.definition import Value

Awaited = Literal["classify", "extract", "answer", "web_search", "tool"]


class PendingRequest(Frozen):
    """A request to a model, to knowledge or to a tool that has not been answered yet."""

    request: int = Field(description="Number that the results carry.")
    awaited: frozenset[Awaited] = Field(description="Results that are still missing.")
    text: str = Field(default="", description="The caller's words that it is about.")
    offer: str = Field(default="", description="What they accepted, in the words of the offer.")
    intent: str | None = Field(default=None, description="Exit that the classifier chose.")
    values: dict[str, Value] = Field(default={}, description="Values that were extracted, by variable.")
    optional: bool = Field(default=False, description="Without an answer, nothing needs to be said.")


class SlotState(Frozen):
    """Slot filling: the flow's variables."""

    values: dict[str, Value] = Field(default={}, description="Confirmed values, by variable.")
    set_at_turn: dict[str, int] = Field(default={}, description="Turn in which each value was last set.")
    asking: str | None = Field(default=None, description="Variable of the last question, or `consent`.")
    attempts: dict[str, int] = Field(default={}, description="Questions at this node, by variable.")
    complete: bool = Field(default=False, description="The last asking node has all that it requires.")


class ConfirmationState(Frozen):
    """Values that the caller has told and not confirmed. Nothing else sees them before."""

    unconfirmed_slots: dict[str, Value] = Field(default={}, description="Values by variable.")
    awaiting_confirmation: bool = Field(default=False, description="The last question was whether they are right.")
    attempts: dict[str, int] = Field(default={}, description="Times read back and not confirmed, by variable.")


class TurnState(Frozen):
    """The conversation around the caller's last words."""

    turns_at_node: int = Field(default=0, description="Caller turns at this node.")
    transitions_since_input: int = Field(default=0, description="Nodes entered since the caller's last words.")
    response_pending: bool = Field(default=False, description="The last turn has not been answered yet.")
    deferred_input: str = Field(default="", description="Words of the caller that no node has dealt with.")
    asked_for_more: bool = Field(default=False, description="The last words asked whether there is anything else.")
    offer: str = Field(default="", description="What a caller says who accepts what the last words offered.")


class AnswerState(Frozen):
    """What came of the last question to the knowledge, and of the last tool."""

    answered: bool | None = Field(default=None, description="Whether it was answered. None: nothing was asked.")
    confidence: float | None = Field(default=None, description="Confidence of that answer, 0 to 1.")
    asked_here: bool = Field(default=False, description="It was asked since the call came to its node.")
    low_confidence_streak: int = Field(default=0, description="Unsure answers in a row.")
    tool_ok: bool | None = Field(default=None, description="Whether the last tool worked.")


def _current_status(status: Any) -> Any:
    """Checkpoints of calls that began before these words have others."""
    return {"asked": "requested", "held": "active"}.get(status, status) if isinstance(status, str) else status


class HandoffState(Frozen):
    """Handing the call over to a person."""

    status: Annotated[Literal["requested", "active"] | None, BeforeValidator(_current_status)] = Field(
        default=None, description="`requested`: a person is looked for. `active`: one speaks."
    )
    fired_rules: frozenset[str] = Field(
        default=frozenset(), description="Handoff rules that fire no more on this call."
    )


class ScoreState(Frozen):
    """Points of the caller."""

    total: int = Field(default=0, description="Sum of points.")
    applied_rules: frozenset[str] = Field(default=frozenset(), description="Score rules that have counted.")


class FlowState(Frozen):
    """The state of a call. States of before the slices are read, too."""

    node: str = Field(description="Node where the call is.")
    started: bool = False
    ended: bool = False
    turn: int = Field(default=0, description="Caller turns so far.")
    elapsed: float = Field(default=0.0, description="Seconds since the call began.")
    started_at: AwareDatetime | None = None
    time_zone: str = Field(default="UTC", description="IANA time zone of the account.")
    known_caller: bool = Field(default=False, description="The caller has called before.")
    consent: bool | None = Field(default=None, description="Whether contact data may be stored. None: not asked.")
    slots: SlotState = SlotState()
    confirmation: ConfirmationState = ConfirmationState()
    conversation: TurnState = TurnState()
    answering: AnswerState = AnswerState()
    handoff: HandoffState = HandoffState()
    scoring: ScoreState = ScoreState()
    pending: PendingRequest | None = Field(default=None, description="Request that the engine waits for.")
    last_request: int = Field(default=0, description="Number of the last request.")

    @model_validator(mode="before")
    @classmethod
    def _from_flat(cls, document: Any) -> Any:
        """Checkpoints of calls that began before the slices had all fields in one object."""
        if not isinstance(document, dict):
            return document
        fields = cast("dict[str, Any]", document)
        return _sliced(fields) if "hops" in fields else fields


# Fields of a flat state → their slices and names.
_SLICES: dict[str, dict[str, str]] = {
    "slots": {
        "values": "values",
        "since": "set_at_turn",
        "asking": "asking",
        "asked": "attempts",
        "complete": "complete",
    },
    "confirmation": {"heard": "unconfirmed_slots", "reading": "awaiting_confirmation", "reads": "attempts"},
    "conversation": {
        "here": "turns_at_node",
        "hops": "transitions_since_input",
        "owed": "response_pending",
        "pending": "deferred_input",
        "offered": "asked_for_more",
        "offer": "offer",
    },
    "answering": {
        "answered": "answered",
        "confidence": "confidence",
        "unsure": "low_confidence_streak",
        "tool_ok": "tool_ok",
    },
    "handoff": {"handoff": "status", "triggered": "fired_rules"},
    "scoring": {"score": "total", "scored": "applied_rules"},
}
_REQUEST = {"kinds": "awaited", "choice": "intent", "quiet": "optional"}


def _sliced(flat: dict[str, Any]) -> dict[str, Any]:
    rest = dict(flat)
    slices = {
        name: {field: rest.pop(old) for old, field in fields.items() if old in rest} for name, fields in _SLICES.items()
    }
    pending = rest.pop("waiting", None)
    if isinstance(pending, dict):
        pending = {_REQUEST.get(name, name): value for name, value in cast("dict[str, Any]", pending).items()}
    return {**slices, "pending": pending, "last_request": rest.pop("request", 0), **rest}
