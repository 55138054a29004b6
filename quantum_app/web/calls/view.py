"""Calls as shown on the pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from quantum_app.domain.calls.collected import HIDDEN, in_words
from quantum_app.domain.calls.labels import END_REASONS, EVENTS
from quantum_app.domain.calls.schemas import (
    CallDetail,
    CallEvent,
    CallSummary,
    CollectedValue,
    EventKind,
    Latency,
    Origin,
    Turn,
    Usage,
)
from quantum_app.kit import ids

# Target latency of an answer, from the caller's last sound to the assistant's first, in milliseconds.
GOAL_MS = 1000
# Callers notice a pause that is longer.
SLOW_MS = 1500

_STATUS = {
    "active": ("Live", "iris"),
    "completed": ("Completed", "green"),
    "failed": ("Failed", "red"),
    "abandoned": ("Abandoned", "amber"),
}
_REASONS: dict[str, str] = {reason: labels.dashboard for reason, labels in END_REASONS.items()}
_EVENTS: dict[str, str] = {**EVENTS}
_COMPONENTS = {
    "STT": "speech recognition",
    "LLM": "the language model",
    "RAG": "the knowledge search",
    "TTS": "text to speech",
}
# Shown on cards of their own.
_OTHER_CARDS = {EventKind.NODE_ENTERED, EventKind.SLOT_FILLED, EventKind.SCORE_CHANGED}
_NAMELESS = "Caller"
_ORIGINS = {Origin.TEST: "Test", Origin.SAMPLE: "Sample"}
_SHOWN_IN_LIST = 2  # collected values of a call
_LINKS = {"email": "mailto:", "phone": "tel:"}
_SERVICES = {"STT": "speech to text", "TTS": "text to speech", "LLM": "language model", "RAG": "knowledge search"}
_LOCAL = "local"
_UNITS = {"seconds": "s", "characters": "characters", "tokens_in": "tokens in", "tokens_out": "tokens out"}


@dataclass
class CallRow:
    """A row of the list.

    title: The caller's name, else their address.
    speaker: The caller in the transcript.
    result: The first collected values.
    origin: Badge of a call that isn't a caller's.
    done: Whether a member marked the result as done.
    seconds: Length of a call that has ended.
    since: Start of a call that hasn't, in ISO 8601.
    """

    id: str = ""
    href: str = ""
    caller: str = ""
    title: str = ""
    speaker: str = ""
    email: str = ""
    campaign: str = ""
    result: list[str] = field(default_factory=list)
    origin: str = ""
    done: bool = False
    status: str = ""
    tone: str = ""
    live: bool = False
    reason: str = ""
    start: str = ""
    seconds: int = 0
    since: str = ""
    turns: int = 0
    cost: str = ""
    rating: str = ""


@dataclass
class Link:
    """A filter by status, or a campaign to call. on: it's chosen."""

    word: str = ""
    href: str = ""
    on: bool = False


@dataclass
class Stage:
    """A bar of a waterfall.

    left, width: Percentages of the whole.
    tone: CSS class.
    """

    name: str = ""
    left: str = "0%"
    width: str = "0%"
    value: str = ""
    tone: str = ""


@dataclass
class TurnView:
    """A turn.

    answer: Latency as text, or empty if it isn't an answer.
    height: Height of its bar in the chart of all answers.
    bars: Widths of its stages in pixels.
    """

    seq: int = 0
    speaker: str = ""
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
class ValueView:
    """A collected value.

    variable: Its name, to reveal it.
    link: Where a value that can be called or written to leads.
    hidden: Whether the flow hides it from emails.
    """

    variable: str = ""
    label: str = ""
    text: str = ""
    link: str = ""
    masked: bool = False
    can_be_revealed: bool = False
    hidden: bool = False
    at: str = ""


@dataclass
class CostLine:
    name: str = ""
    cost: str = ""
    share: str = "0%"
    color: str = ""


# Beside the statuses of calls: what nobody has marked as done.
WAITING = "waiting"


def statuses() -> dict[str, str]:
    """The words of statuses that calls can be filtered by. Empty: all."""
    return {"": "All", WAITING: "To follow up", **{status: word for status, (word, _) in _STATUS.items()}}


def row(call: CallSummary) -> CallRow:
    """A row of the list."""
    word, tone = _STATUS[call.status]
    public = ids.encode("call", call.call_id)
    began = call.answered_at or call.created_at
    return CallRow(
        id=public,
        href=f"/calls/{public}",
        caller=call.name or _NAMELESS,
        title=call.name or call.caller_email or _NAMELESS,
        speaker=next(iter((call.name or "").split()), _NAMELESS),
        email=call.caller_email,
        campaign=call.campaign_name,
        result=[f"{item.label}: {value_text(item)}" for item in _result(call)[:_SHOWN_IN_LIST]],
        origin=_ORIGINS.get(call.origin, ""),
        done=call.handled_at is not None,
        status=word,
        tone=tone,
        live=call.status == "active",
        reason=_REASONS.get(call.end_reason or "", ""),
        start=call.created_at.isoformat(),
        seconds=int((call.ended_at - began).total_seconds()) if call.ended_at else 0,
        since="" if call.ended_at else began.isoformat(),
        turns=call.turns,
        cost=money(call.cost),
        rating=f"{call.rating} of 5" if call.rating else "",
    )


def turn(item: Turn, assistant: str, caller: str, began: datetime) -> TurnView:
    """A turn of the transcript."""
    speaker, side = {"caller": (caller, ""), "assistant": (f"{assistant}, AI", "ai")}.get(
        item.speaker, ("Operator", "op")
    )
    total = item.latency.total if item.latency else None
    return TurnView(
        seq=item.seq,
        speaker=speaker,
        side=side,
        text=item.text,
        at=clock(item.started_at, began),
        typed=item.typed,
        interrupted=item.interrupted,
        sources=list(item.sources),
        answer="" if total is None else f"{total / 1000:.2f} s",
        slow=total is not None and total > SLOW_MS,
        height="0%" if total is None else f"{min(100, total / GOAL_MS / 2 * 100):.0f}%",
        bars=_mini_bars(item.latency) if item.latency and total is not None else [],
        stages=stages(item.latency) if item.latency and total is not None else [],
        total_ms=total or 0.0,
    )


def stages(latency: Latency) -> list[Stage]:
    """The latency breakdown of an answer, on a scale that ends at the target or at the answer, whichever is later.

    Search, text and audio often run while the end of the turn is still being detected. They are drawn one after
    another, ending when the audio was ready.
    """
    total = latency.total or 0.0
    scale = max(total, float(GOAL_MS))
    work = [
        ("Knowledge", latency.retrieval or 0.0, "l2"),
        ("First token", latency.first_token or 0.0, "l3"),
        ("First audio", latency.first_audio or 0.0, "l4"),
    ]
    length = sum(value for _, value, _ in work)
    at = max(0.0, min(latency.transcript or 0.0, total - length))

    def bar(name: str, start: float, value: float, tone: str) -> Stage:
        return Stage(name, f"{start / scale * 100:.1f}%", f"{value / scale * 100:.1f}%", f"{value:.0f}", tone)

    bars = [
        bar("Final transcript", 0.0, latency.transcript or 0.0, "l1"),
        bar("End of turn", 0.0, latency.end_of_turn or 0.0, "l1"),
    ]
    for name, value, tone in work:
        bars.append(bar(name, at, value, tone))
        at += value
    ours = latency.overhead or 0.0
    bars.append(bar("Our overhead", max(0.0, total - ours), ours, "ours"))
    return bars


def _mini_bars(latency: Latency) -> list[str]:
    """Widths of the stages, end to end. 64 px are the target."""
    total = latency.total or 0.0
    work = [latency.retrieval or 0.0, latency.first_token or 0.0, latency.first_audio or 0.0]
    waiting_time = max(0.0, total - sum(work))
    whole = waiting_time + sum(work)
    width = min(total, 1.4 * GOAL_MS) / GOAL_MS * 64
    return [f"{value / whole * width:.1f}px" for value in (waiting_time, *work) if value] if whole else []


def events(items: Sequence[CallEvent], began: datetime) -> list[EventView]:
    """Events that have no card of their own."""
    return [event(item, began) for item in items if item.kind not in _OTHER_CARDS]


def event(item: CallEvent, began: datetime) -> EventView:
    data = item.data
    match item.kind:
        case EventKind.HANDOFF_REQUESTED:
            priority = str(data.get("priority") or "normal")
            note = _sentence(str(data.get("reason", ""))) + ("" if priority == "normal" else f", {priority} priority")
        case EventKind.FILLER_PLAYED:
            note = f"Waiting for {_part(data.get('component'))}"
        case EventKind.FALLBACK_USED:
            note = _sentence(str(data.get("reason") or f"{_part(data.get('component'))} didn't respond"))
        case EventKind.TTS_FAILED:
            note = "The answer was shown as captions"
        case _:
            note = _REASONS.get(str(data.get("reason", ""))) or _facts(data)
    return EventView(_EVENTS.get(item.kind, _sentence(_plain(item.kind))), clock(item.at, began), note)


def values(call: CallSummary, revealed_values: Mapping[str, CollectedValue], began: datetime) -> list[ValueView]:
    """What was collected from the caller. revealed: By variable; a newer value is masked again."""

    def value_view(item: CollectedValue) -> ValueView:
        revealed_value = revealed_values.get(item.variable)
        item = revealed_value if revealed_value is not None and revealed_value.at == item.at else item
        link = _LINKS.get(item.kind, "")
        return ValueView(
            variable=item.variable,
            label=item.label,
            text=value_text(item),
            link="" if item.masked or not link else f"{link}{item.value}",
            masked=item.masked,
            can_be_revealed=item.can_be_revealed,
            hidden=item.hidden,
            at=clock(item.at, began),
        )

    return [value_view(item) for item in call.values]


def value_text(item: CollectedValue) -> str:
    """A value in words, or a mask."""
    return HIDDEN if item.masked else in_words(item.kind, item.value)


def _result(call: CallSummary) -> list[CollectedValue]:
    """What the list doesn't show in the caller's own column."""
    return [item for item in call.values if item.kind != "name" and item.value != call.caller_email]


def score(events: Sequence[CallEvent], began: datetime) -> tuple[str, list[EventView]]:
    """The score as text, or empty, and its reasons."""
    scored = [item for item in events if item.kind == EventKind.SCORE_CHANGED]
    reasons = [
        EventView(_sentence(str(item.data.get("reason", ""))), clock(item.at, began), _signed(item.data.get("points")))
        for item in scored
    ]
    return (str(scored[-1].data.get("total", "")) if scored else "", reasons)


def path(call: CallDetail, names: Mapping[str, str], began: datetime) -> list[EventView]:
    """The nodes that the call visited. names: Node names by ID."""
    entries = [item for item in call.events if item.kind == EventKind.NODE_ENTERED]
    # Older calls know the nodes of their turns alone.
    nodes = [(str(item.data.get("node", "")), item.at) for item in entries] or [
        (item.node_id, item.started_at) for item in call.turns if item.node_id
    ]
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
    return _COMPONENTS.get(str(component), str(component))


def _facts(data: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key.removesuffix('_ms').replace('_', ' ')} {value}{' ms' if key.endswith('_ms') else ''}"
        for key, value in data.items()
        if value not in (None, "")
    )


def costs(usage: tuple[Usage, ...]) -> list[CostLine]:
    """Usage by provider and unit, most expensive first."""
    sums: dict[tuple[str, str, str], tuple[Decimal, Decimal]] = {}
    for item in usage:
        key = (item.provider, item.kind, item.unit)
        quantity, cost = sums.get(key, (Decimal(0), Decimal(0)))
        sums[key] = (quantity + item.quantity, cost + item.cost)
    whole = sum((cost for _, cost in sums.values()), Decimal(0))
    lines: list[CostLine] = []
    ordered = sorted(sums.items(), key=lambda entry: -entry[1][1])
    for index, ((provider, kind, unit), (quantity, cost)) in enumerate(ordered):
        name = f"{_provider(provider, _SERVICES.get(kind, kind.lower()))}, {amount(quantity)} {_UNITS.get(unit, unit)}"
        share = float(cost / whole * 100) if whole else 0.0
        lines.append(CostLine(name, money(cost), f"{share:.1f}%", f"var(--ui-series-{min(index, 4) + 1})"))
    return lines


def _provider(provider: str, work: str) -> str:
    """`deepgram/nova-3` → Deepgram speech to text, nova-3; `local/…` → Speech to text (local)."""
    vendor, _, model = provider.partition("/")
    if vendor == _LOCAL:
        return f"{work.capitalize()} (local)"
    return f"{vendor.capitalize()} {work}, {model}" if model else f"{vendor.capitalize()} {work}"


def median_answer(turns: list[TurnView]) -> str:
    """The median latency of all answers, in seconds."""
    waits = sorted(item.total_ms for item in turns if item.answer)
    if not waits:
        return ""
    middle = len(waits) // 2
    value = waits[middle] if len(waits) % 2 else (waits[middle - 1] + waits[middle]) / 2
    return f"{value / 1000:.2f} s"


def facts(call: CallDetail) -> list[str]:
    """The line below the caller's name."""
    return [call.summary.campaign_name, f"Flow v{call.flow_version}", f"Consent text {call.consent_version}"]


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
    """Add a turn in order, or replace it if it's there already."""
    return sorted([item for item in turns if item.seq != new.seq] + [replace(new)], key=lambda item: item.seq)


def moment(text: str) -> datetime:
    """Parse an ISO 8601 time."""
    return datetime.fromisoformat(text)


def clock(at: datetime, began: datetime) -> str:
    """Minutes and seconds since the call started."""
    seconds = max(0, int((at - began).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


def money(value: Decimal) -> str:
    """US dollars, to a tenth of a cent."""
    return f"${value:.3f}"


def amount(value: Decimal) -> str:
    return f"{value:,.0f}" if value >= 10 or value == value.to_integral_value() else f"{value:.1f}"
