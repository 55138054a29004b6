"""What crosses the boundary of calls: plain, frozen, serialisable."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID


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
    """Why a call ended; the page and the dashboard put it in words."""

    GOODBYE = "goodbye"
    FLOW = "flow"
    CALLER_LEFT = "caller_left"
    SILENCE = "silence"
    GHOST = "ghost"
    MAX_DURATION = "max_duration"
    WORKER_LOST = "worker_lost"
    ERROR = "error"
    NEVER_JOINED = "never_joined"


@dataclass(frozen=True, slots=True)
class Latency:
    """One answer's waterfall in milliseconds since the caller's end of speech; None where a stage did not happen.

    end_of_turn: the turn was judged over · transcript: the final words were there · retrieval, first_token,
    first_audio: duration of each of these stages · total: end of speech → first audio frame sent ·
    overhead: total minus end-pointing wait and providers.
    """

    end_of_turn: float | None = None
    transcript: float | None = None
    flow: float | None = None
    retrieval: float | None = None
    first_token: float | None = None
    first_audio: float | None = None
    total: float | None = None
    overhead: float | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance.

    seq: the record number within the call, from 1; turns, events and usage share the counter.
    """

    call_id: UUID
    seq: int
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
    """Something that happened on a call that is not an utterance (joined, interrupted, filler, fallback, ended …)."""

    call_id: UUID
    seq: int
    kind: str
    at: datetime
    data: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Usage:
    """What a provider was used for. quantity in `unit` (seconds, characters, tokens_in, tokens_out); cost in USD."""

    call_id: UUID
    seq: int
    provider: str
    kind: str
    unit: str
    quantity: Decimal
    cost: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class CallEnd:
    """The last record of a call."""

    call_id: UUID
    status: CallStatus
    reason: EndReason
    ended_at: datetime
    interruptions: int = 0


# The event that keeps where a call's flow stands, encrypted: for the worker alone.
FLOW_STATE = "flow_state"


@dataclass(frozen=True, slots=True)
class CallBriefing:
    """What the worker needs to hold a call, loaded once when it joins.

    known_caller: called this account before · time_zone: the account's, IANA name · flow_state: where the flow stood,
    encrypted, on a call that goes on.
    """

    call_id: UUID
    account_id: UUID
    account_name: str
    campaign_id: UUID
    campaign_name: str
    assistant_name: str
    caller_name: str | None
    caller_email: str | None
    known_caller: bool
    consent_version: str
    consented_at: datetime
    created_at: datetime
    flow_version: int
    flow: dict[str, Any]
    flow_state: str | None
    time_zone: str
    max_duration: int
    status: CallStatus
    last_seq: int
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallStarted:
    """What the page gets when a call may begin."""

    call_id: UUID
    account_id: UUID
    campaign_id: UUID


@dataclass(frozen=True, slots=True)
class CallSummary:
    """One row of the list of calls."""

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


@dataclass(frozen=True, slots=True)
class CallPage:
    """A page of the list of calls, newest first. after: pass it on to get the next page; None at the end."""

    calls: tuple[CallSummary, ...]
    after: UUID | None


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that has not ended, as the sweep sees it."""

    account_id: UUID
    call_id: UUID


@dataclass(frozen=True, slots=True)
class CallDetail:
    """One call with everything that is known of it."""

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
