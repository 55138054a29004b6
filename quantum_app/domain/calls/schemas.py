"""Types of calls. Frozen and serializable."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from quantum_app.kit import ids


class CallStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    ABANDONED = "abandoned"


class Speaker(StrEnum):
    CALLER = "caller"
    ASSISTANT = "assistant"
    OPERATOR = "operator"


class EndReason(StrEnum):
    """Why a call ended."""

    GOODBYE = "goodbye"
    FLOW = "flow"
    CALLER_LEFT = "caller_left"
    """The caller pressed "End call"."""
    CONNECTION_LOST = "connection_lost"
    """The caller closed or reloaded the page, or lost the network, and didn't come back."""
    SILENCE = "silence"
    NO_AUDIO = "no_audio"
    MAX_DURATION = "max_duration"
    WORKER_LOST = "worker_lost"
    ERROR = "error"
    NEVER_JOINED = "never_joined"


class EventKind(StrEnum):
    """What may happen on a call besides utterances. Stored with the call, so a new name needs a migration."""

    ASSISTANT_JOINED = "assistant.joined"
    ASSISTANT_RESUMED = "assistant.resumed"
    ASSISTANT_INTERRUPTED = "assistant.interrupted"
    PARTICIPANT_LEFT = "participant.left"
    PARTICIPANT_RECONNECTED = "participant.reconnected"
    BACKCHANNEL_DETECTED = "backchannel.detected"
    FILLER_PLAYED = "filler.played"
    FALLBACK_USED = "fallback.used"
    NODE_ENTERED = "node.entered"
    SLOT_FILLED = "slot.filled"
    SCORE_CHANGED = "score.changed"
    HANDOFF_REQUESTED = "handoff.requested"
    AUDIO_MISSING = "audio.missing"
    STT_NO_TRANSCRIPT = "stt.no_transcript"
    STT_UNAVAILABLE = "stt.unavailable"
    TTS_FAILED = "tts.failed"
    CALL_ENDED = "call.ended"


class Origin(StrEnum):
    """Where a call comes from."""

    CALLER = "caller"
    TEST = "test"
    """A member tried their assistant."""
    SAMPLE = "sample"
    """Made up, for the demo account."""


class LiveEventType(StrEnum):
    """The type of a live event, as pages receive it."""

    CALL_STARTED = "call.started"
    CALL_STAGE_CHANGED = "call.stage_changed"
    CALL_ENDED = "call.ended"
    TURN_RECORDED = "turn.recorded"
    EVENT_RECORDED = "event.recorded"
    USAGE_RECORDED = "usage.recorded"


@dataclass(frozen=True, slots=True)
class Latency:
    """Latency breakdown of one answer, in milliseconds. None for a stage that didn't happen."""

    end_of_turn: float | None = None
    """From the caller's end of speech until the turn was considered over."""
    transcript: float | None = None
    """From the caller's end of speech until the final transcript."""
    flow: float | None = None
    """Duration of the flow's step."""
    retrieval: float | None = None
    """Duration of the knowledge search."""
    first_token: float | None = None
    """Time to the first token of the answer."""
    first_audio: float | None = None
    """Time from the first text to the first audio."""
    total: float | None = None
    """From the caller's end of speech until the first audio frame was sent."""
    overhead: float | None = None
    """`total` minus the endpointing delay and the providers."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance."""

    call_id: UUID
    seq: int
    """Record number within the call, from 1. Turns, events, usage and checkpoints share the counter."""
    speaker: Speaker
    text: str
    started_at: datetime
    ended_at: datetime
    typed: bool = False
    interrupted: bool = False
    node_id: str | None = None
    sources: tuple[str, ...] = ()
    latency: Latency | None = None


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Something on a call that isn't an utterance. `kind` is an `EventKind`."""

    call_id: UUID
    seq: int
    kind: str
    at: datetime
    data: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class StoredValue:
    """The latest value of a variable, as it is kept. `value` or `encrypted_value`, or neither: it was taken back."""

    call_id: UUID
    variable: str
    seq: int
    """Number of the record that told it."""
    label: str
    kind: str
    """A `VariableType`."""
    sensitivity: str
    """`none`, `redact` or `encrypt`."""
    value: Any
    encrypted_value: str | None
    contact_hash: bytes | None
    """Of an email address or a phone number."""
    at: datetime


@dataclass(frozen=True, slots=True)
class CollectedValue:
    """The latest value of a variable, as its reader may see it."""

    variable: str
    label: str
    kind: str
    value: Any
    """None while it is masked."""
    masked: bool
    can_be_revealed: bool
    at: datetime
    hidden: bool = False
    """Whether the flow keeps it out of emails."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Billable usage of a provider."""

    call_id: UUID
    seq: int
    provider: str
    kind: str
    """`stt`, `llm` or `tts`."""
    unit: str
    """`seconds`, `characters`, `tokens_in` or `tokens_out`."""
    quantity: Decimal
    cost: Decimal
    """In US dollars."""
    at: datetime


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended: its last record."""

    call_id: UUID
    status: CallStatus
    reason: EndReason
    ended_at: datetime
    interruptions: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a call's flow stands, so that another worker can resume it. Of each call only the newest is stored."""

    call_id: UUID
    seq: int
    encrypted_state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CallBriefing:
    """What the worker needs to hold a call. Loaded once when it joins."""

    call_id: UUID
    account_id: UUID
    account_name: str
    campaign_id: UUID
    campaign_name: str
    assistant_name: str
    caller_name: str | None
    caller_email: str | None
    known_caller: bool
    """Whether somebody with this email address has called the account before."""
    consent_version: str
    consented_at: datetime
    created_at: datetime
    flow_version: int
    flow: dict[str, Any]
    checkpoint: str | None
    """Encrypted state of the flow, if the call is being resumed."""
    time_zone: str
    """IANA name of the account's time zone."""
    max_duration: int
    """In seconds."""
    status: CallStatus
    last_seq: int
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallRef:
    """Identifies a call, and whose it is."""

    account_id: UUID
    call_id: UUID
    campaign_id: UUID
    address: str = ""
    """The caller's network address, which limits count by. Empty if unknown."""

    @property
    def public_id(self) -> str:
        """The ID in URLs. It also names the call's room."""
        return ids.encode("call", self.call_id)


@dataclass(frozen=True, slots=True)
class CallSummary:
    """A row in the list of calls."""

    call_id: UUID
    campaign_name: str
    caller_email: str
    caller_name: str | None
    status: CallStatus
    end_reason: EndReason | None
    created_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    turns: int
    cost: Decimal
    rating: int | None
    origin: Origin
    handled_at: datetime | None
    """When a member marked the result as done."""
    values: tuple[CollectedValue, ...] = ()
    """What the call collected, in the order in which it was told."""

    @property
    def name(self) -> str | None:
        """What the caller said their name is, if the reader may see it, else what they wrote on the call page."""
        names = (str(item.value) for item in self.values if item.kind == "name" and item.value)
        return next(names, None) or self.caller_name


@dataclass(frozen=True, slots=True)
class CallerResult:
    """What a caller told on their call, and the call as it is recorded."""

    started_at: datetime
    ended_at: datetime | None
    """None while anything may still be added."""
    values: tuple[CollectedValue, ...]
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class CallerTranscript:
    """A transcript for the caller."""

    account_name: str
    verified_domain: str | None
    assistant_name: str
    language: str
    started_at: datetime
    ended_at: datetime | None
    expires_at: datetime
    """When its link stops working."""
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class CallFilters:
    """Which calls to list. All conditions have to hold.

    text: in the caller's name or contact data, collected values, words of the call; or the call's public ID.
    since, until: when the call began, `until` excluded.
    tests: include test calls. waiting: only callers' results of the last 30 days that nobody has
    marked as done.
    """

    text: str = ""
    status: CallStatus | None = None
    waiting: bool = False
    campaign_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    tests: bool = False


@dataclass(frozen=True, slots=True)
class CallFigures:
    """The account's calls at a glance, without tests and samples."""

    active: int
    today: int
    yesterday: int
    waiting: int
    """Calls of the last 30 days whose result nobody has marked as done, up to `FIGURES_LIMIT`."""


@dataclass(frozen=True, slots=True)
class CampaignCalls:
    """How many calls a campaign has, without deleted and erased ones."""

    active: int
    past: int


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """A caller's call that has ended, as its result is told."""

    campaign_id: UUID
    campaign_name: str
    caller_name: str | None
    caller_email: str | None
    caller_phone: str | None
    began: datetime
    time_zone: str
    """IANA name of the account's time zone."""
    status: CallStatus
    end_reason: EndReason


@dataclass(frozen=True, slots=True)
class DeletedCall:
    """A call that can still be restored."""

    call_id: UUID
    campaign_name: str
    caller_email: str
    caller_name: str | None
    created_at: datetime
    deleted_at: datetime
    kept_until: datetime


@dataclass(frozen=True, slots=True)
class CallPage:
    """One page of calls, newest first."""

    calls: tuple[CallSummary, ...]
    after: UUID | None
    """Cursor of the next page, or None on the last one."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that hasn't ended."""

    account_id: UUID
    call_id: UUID


@dataclass(frozen=True, slots=True)
class CallDetail:
    """A call with its transcript, events and usage."""

    summary: CallSummary
    campaign_id: UUID
    assistant_name: str
    flow_version: int
    consent_version: str
    language: str
    interruptions: int
    comment: str | None
    turns: tuple[Turn, ...]
    events: tuple[CallEvent, ...]
    usage: tuple[Usage, ...]
