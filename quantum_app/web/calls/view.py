"""Calls as the pages show them: plain data with the words already chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from quantum_app.domain.calls.labels import END_REASONS
from quantum_app.domain.calls.schemas import CallDetail, CallEvent, CallSummary, EventKind, Latency, Turn, Usage
from quantum_app.kit import ids

# The goal for an answer, from the caller's last sound to the assistant's first, in milliseconds.
GOAL_MS = 1000

_STATUS = {
    "active": ("Live", "iris"),
    "completed": ("Completed", "green"),
    "failed": ("Failed", "red"),
    "abandoned": ("Abandoned", "amber"),
}
_REASONS: dict[str, str] = {reason: labels.dashboard for reason, labels in END_REASONS.items()}
_EVENTS: dict[str, str] = {
    EventKind.ASSISTANT_JOINED: "The assistant joined",
    EventKind.ASSISTANT_RESUMED: "The assistant came back",
    EventKind.ASSISTANT_INTERRUPTED: "Interrupted",
    EventKind.FILLER_PLAYED: "Filler said",
    EventKind.FALLBACK_USED: "Fallback answer",
    EventKind.PARTICIPANT_LEFT: "The caller left the room",
    EventKind.PARTICIPANT_RECONNECTED: "The caller came back",
    EventKind.CALL_ENDED: "The call ended",
    EventKind.HANDOFF_REQUESTED: "A person was asked for",
    EventKind.AUDIO_MISSING: "No sound arrived",
    EventKind.STT_NO_TRANSCRIPT: "Not understood, asked again",
    EventKind.STT_UNAVAILABLE: "The caller could not be heard",
    EventKind.TTS_FAILED: "The voice failed",
    EventKind.BACKCHANNEL_DETECTED: "A “mhm”; the assistant went on",
}
_PARTS = {"STT": "hearing", "LLM": "the language model", "RAG": "the knowledge", "TTS": "speech"}
# Shown by themselves: what is known of the caller, and the score.
_ELSEWHERE = {EventKind.SLOT_FILLED, EventKind.SCORE_CHANGED}
_KINDS = {"STT": "hearing", "TTS": "speech", "LLM": "language model", "RAG": "look-ups"}
_LOCAL = "local"
_UNITS = {"seconds": "s", "characters": "characters", "tokens_in": "tokens in", "tokens_out": "tokens out"}


@dataclass
class CallRow:
    """One row of the list. seconds: of a call that is over; since: ISO 8601, of one that is not."""

    id: str = ""
    href: str = ""
    caller: str = ""
    email: str = ""
    campaign: str = ""
    status: str = ""
    tone: str = ""
    live: bool = False
    reason: str = ""
    started: str = ""
    seconds: int = 0
    since: str = ""
    turns: int = 0
    cost: str = ""
    rating: str = ""


@dataclass
class Stage:
    """One bar of a waterfall. left and width: per cent of the whole. tone: a class of the bar."""

    name: str = ""
    left: str = "0%"
    width: str = "0%"
    value: str = ""
    tone: str = ""


@dataclass
class TurnView:
    """One turn. answer: seconds of the wait for it, as text; empty when it answered nothing.

    height: of its bar among all answers. bars: widths of its stages, in pixels, as a small waterfall.
    """

    seq: int = 0
    who: str = ""
    side: str = ""
    text: str = ""
    at: str = ""
    typed: bool = False
    interrupted: bool = False
    sources: list[str] = field(default_factory=list)
    answer: str = ""
    slow: bool = False
    height: str = "0%"
    bars: list[str] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    total_ms: float = 0.0


@dataclass
class EventView:
    name: str = ""
    at: str = ""
    note: str = ""


@dataclass
class CostLine:
    name: str = ""
    cost: str = ""
    share: str = "0%"
    colour: str = ""


def row(call: CallSummary) -> CallRow:
    """A call for the list."""
    word, tone = _STATUS[call.status]
    public = ids.encode("call", call.call_id)
    began = call.answered_at or call.created_at
    return CallRow(
        id=public,
        href=f"/calls/{public}",
        caller=call.caller_name or call.caller_email or "Unknown caller",
        email=call.caller_email if call.caller_name else "",
        campaign=call.campaign_name,
        status=word,
        tone=tone,
        live=call.status == "active",
        reason=_REASONS.get(call.end_reason or "", ""),
        started=call.created_at.isoformat(),
        seconds=int((call.ended_at - began).total_seconds()) if call.ended_at else 0,
        since="" if call.ended_at else began.isoformat(),
        turns=call.turns,
        cost=money(call.cost),
        rating=f"{call.rating} of 5" if call.rating else "",
    )


def turn(item: Turn, assistant: str, caller: str, began: datetime) -> TurnView:
    """A turn of the transcript."""
    who, side = {"caller": (caller, ""), "assistant": (f"{assistant}, AI", "ai")}.get(item.speaker, ("Operator", "op"))
    total = item.latency.total if item.latency else None
    return TurnView(
        seq=item.seq,
        who=who,
        side=side,
        text=item.text,
        at=clock(item.started_at, began),
        typed=item.typed,
        interrupted=item.interrupted,
        sources=list(item.sources),
        answer="" if total is None else f"{total / 1000:.2f} s",
        slow=total is not None and total > GOAL_MS,
        height="0%" if total is None else f"{min(100, total / GOAL_MS / 1.4 * 100):.0f}%",
        bars=_small(item.latency) if item.latency and total is not None else [],
        stages=stages(item.latency) if item.latency and total is not None else [],
        total_ms=total or 0.0,
    )


def stages(latency: Latency) -> list[Stage]:
    """The waterfall of an answer, on a scale that ends at the goal or at the answer, whichever is later.

    Search, words and sound often run while the turn is still being judged; they are drawn up to the moment when the
    sound was ready, one after another.
    """
    total = latency.total or 0.0
    scale = max(total, float(GOAL_MS))
    work = [
        ("Knowledge", latency.retrieval or 0.0, "l2"),
        ("First words", latency.first_token or 0.0, "l3"),
        ("First sound", latency.first_audio or 0.0, "l4"),
    ]
    length = sum(value for _, value, _ in work)
    at = max(0.0, min(latency.transcript or 0.0, total - length))

    def bar(name: str, start: float, value: float, tone: str) -> Stage:
        return Stage(name, f"{start / scale * 100:.1f}%", f"{value / scale * 100:.1f}%", f"{value:.0f}", tone)

    bars = [
        bar("Words final", 0.0, latency.transcript or 0.0, "l1"),
        bar("Turn over", 0.0, latency.end_of_turn or 0.0, "l1"),
    ]
    for name, value, tone in work:
        bars.append(bar(name, at, value, tone))
        at += value
    ours = latency.overhead or 0.0
    bars.append(bar("Ours", max(0.0, total - ours), ours, "ours"))
    return bars


def _small(latency: Latency) -> list[str]:
    """The stages end to end: turn over, knowledge, first words, first sound; 64 px are the goal."""
    total = latency.total or 0.0
    work = [latency.retrieval or 0.0, latency.first_token or 0.0, latency.first_audio or 0.0]
    waited = max(0.0, total - sum(work))
    whole = waited + sum(work)
    shown = min(total, 1.4 * GOAL_MS) / GOAL_MS * 64
    return [f"{value / whole * shown:.1f}px" for value in (waited, *work) if value] if whole else []


def events(items: Sequence[CallEvent], began: datetime) -> list[EventView]:
    """What happened besides words, values and points."""
    return [event(item, began) for item in items if item.kind not in _ELSEWHERE]


def event(item: CallEvent, began: datetime) -> EventView:
    data = item.data
    match item.kind:
        case EventKind.HANDOFF_REQUESTED:
            priority = str(data.get("priority") or "normal")
            note = _sentence(str(data.get("reason", ""))) + ("" if priority == "normal" else f", {priority} priority")
        case EventKind.FILLER_PLAYED:
            note = f"Waiting for {_part(data.get('component'))}"
        case EventKind.FALLBACK_USED:
            note = _sentence(str(data.get("reason") or f"{_part(data.get('component'))} did not answer"))
        case EventKind.TTS_FAILED:
            note = "Captions carried the words"
        case _:
            note = _REASONS.get(str(data.get("reason", ""))) or _facts(data)
    return EventView(_EVENTS.get(item.kind, _sentence(_plain(item.kind))), clock(item.at, began), note)


def noted(events: Sequence[CallEvent], began: datetime) -> list[EventView]:
    """What is known of the caller, by the name of its variable; of several values the last."""
    found = {str(item.data.get("variable", "")): item for item in events if item.kind == EventKind.SLOT_FILLED}
    return [
        EventView(_sentence(_plain(name)), clock(item.at, began), _value(item.data.get("value")))
        for name, item in found.items()
    ]


def score(events: Sequence[CallEvent], began: datetime) -> tuple[str, list[EventView]]:
    """The points, and what they are for; no text where none were given."""
    scored = [item for item in events if item.kind == EventKind.SCORE_CHANGED]
    reasons = [
        EventView(_sentence(str(item.data.get("reason", ""))), clock(item.at, began), _signed(item.data.get("points")))
        for item in scored
    ]
    return (str(scored[-1].data.get("total", "")) if scored else "", reasons)


def way(turns: Sequence[Turn], names: Mapping[str, str], began: datetime) -> list[EventView]:
    """The nodes that the call came to, as the turns tell. names: node → what it is called."""
    nodes = [(item.node_id, item.started_at) for item in turns if item.node_id]
    return [
        EventView(names.get(node) or _sentence(_plain(node)), clock(at, began))
        for place, (node, at) in enumerate(nodes)
        if place == 0 or nodes[place - 1][0] != node
    ]


def _plain(name: Any) -> str:
    return str(name or "").replace("_", " ")


def _signed(points: Any) -> str:
    return f"{points:+d}".replace("-", "−") if isinstance(points, int) else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _part(component: Any) -> str:
    return _PARTS.get(str(component), str(component))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,g}" if isinstance(value, float) else str(value)


def _facts(data: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key.removesuffix('_ms').replace('_', ' ')} {value}{' ms' if key.endswith('_ms') else ''}"
        for key, value in data.items()
        if value not in (None, "")
    )


def costs(usage: tuple[Usage, ...]) -> list[CostLine]:
    """Usage per provider and unit, the dearest first."""
    sums: dict[tuple[str, str, str], tuple[Decimal, Decimal]] = {}
    for item in usage:
        key = (item.provider, item.kind, item.unit)
        quantity, cost = sums.get(key, (Decimal(0), Decimal(0)))
        sums[key] = (quantity + item.quantity, cost + item.cost)
    whole = sum((cost for _, cost in sums.values()), Decimal(0))
    lines: list[CostLine] = []
    ordered = sorted(sums.items(), key=lambda entry: -entry[1][1])
    for index, ((provider, kind, unit), (quantity, cost)) in enumerate(ordered):
        name = f"{_provider(provider, _KINDS.get(kind, kind.lower()))}, {amount(quantity)} {_UNITS.get(unit, unit)}"
        share = float(cost / whole * 100) if whole else 0.0
        lines.append(CostLine(name, money(cost), f"{share:.1f}%", f"var(--qv-series-{min(index, 4) + 1})"))
    return lines


def _provider(provider: str, work: str) -> str:
    """`deepgram/nova-3` → Deepgram hearing, nova-3; `local/…` → Hearing on this machine."""
    vendor, _, model = provider.partition("/")
    if vendor == _LOCAL:
        return f"{work.capitalize()} on this machine"
    return f"{vendor.capitalize()} {work}, {model}" if model else f"{vendor.capitalize()} {work}"


def median_answer(turns: list[TurnView]) -> str:
    """The median wait for an answer, in seconds."""
    waits = sorted(item.total_ms for item in turns if item.answer)
    if not waits:
        return ""
    middle = len(waits) // 2
    value = waits[middle] if len(waits) % 2 else (waits[middle - 1] + waits[middle]) / 2
    return f"{value / 1000:.2f} s"


def facts(call: CallDetail) -> list[str]:
    """The line below the caller's name."""
    return [call.summary.campaign_name, f"Flow v{call.flow_version}", f"Consent wording {call.consent_version}"]


def live_turn(message: dict[str, Any]) -> Turn:
    """The turn in a live event."""
    latency = message.get("latency")
    return Turn(
        call_id=message["call_id"],
        seq=message["seq"],
        speaker=message["speaker"],
        text=message["text"],
        started_at=datetime.fromisoformat(message["started_at"]),
        ended_at=datetime.fromisoformat(message["ended_at"]),
        typed=message.get("typed", False),
        interrupted=message.get("interrupted", False),
        sources=tuple(message.get("sources", ())),
        latency=Latency(**latency) if latency else None,
    )


def insert(turns: list[TurnView], new: TurnView) -> list[TurnView]:
    """The turns with one more, in order; a turn that is there already is replaced."""
    return sorted([item for item in turns if item.seq != new.seq] + [replace(new)], key=lambda item: item.seq)


def moment(text: str) -> datetime:
    """The instant in an ISO 8601 text."""
    return datetime.fromisoformat(text)


def clock(at: datetime, began: datetime) -> str:
    """Minutes and seconds since the call began."""
    seconds = max(0, int((at - began).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


def money(value: Decimal) -> str:
    """US dollars, to a tenth of a cent."""
    return f"${value:.3f}"


def amount(value: Decimal) -> str:
    return f"{value:,.0f}" if value >= 10 or value == value.to_integral_value() else f"{value:.1f}"
