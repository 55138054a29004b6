"""The demo's sample calls: scripted callers, led by the real flow engine. Words are understood by rules alone."""

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from quantum_app.domain.calls import collected
from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.runner import Runner
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.model.runtime import (
    CallerSaid,
    CallStarted,
    Collect,
    EndCall,
    Enter,
    FlowAction,
    FlowEvent,
    Score,
    Timer,
)
from quantum_app.domain.flows.testing.simulation import SimulationStep, simulate
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.providers.nlu.local import LocalNlu

PATH = "quantum_app/domain/campaigns/demo_calls.json"
_PACE = 2.5  # words a second
_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
Record = dict[str, Any]


@dataclass(frozen=True)
class Script:
    """A caller. ends: why the call ends, where the flow doesn't end it. typed: they write instead of speaking."""

    days_ago: int
    time: str
    name: str
    says: Sequence[str]
    ends: str = ""
    rating: int | None = None
    typed: bool = False


_TOUR = "I'd like to arrange a tour."
_BYE = "Thank you, goodbye!"
SCRIPTS = (
    Script(0, "08:12", "Nora Lindqvist", ("How much is a studio?", "Do you allow pets?", _BYE), rating=5),
    Script(0, "09:47", "Tom Baker", (_TOUR, "555 0142", "four one oh, five five five, oh one four two", "yes",
        "a one bedroom", "as soon as possible", "on Saturday"), rating=5),
    Script(0, "10:31", "Ifeoma Obi", (), ends="caller_left"),
    Script(1, "08:05", "Marco Rossi", ("What does a parking space cost?", "Are there charging points?", _BYE),
        rating=4),
    Script(1, "10:20", "Grace Kim", ("How much is a three-bedroom apartment?", "When can I move in?", _TOUR,
        "410 555 0177", "That's right", "three bedrooms", "next month", "weekday evening"), rating=5),
    Script(1, "13:55", "Lars Holm", ("Can I pay in bitcoin?", "How long is the lease?", _BYE)),
    Script(1, "17:40", "Priya Nair", ("Is there a gym?", "Which floor is the gym on?"), ends="caller_left"),
    Script(2, "09:10", "Ben Osei", ("Please have the office call me back.", "I'd rather not give my number",
        "no", "What documents do I need to apply?", _BYE), rating=3),
    Script(2, "11:26", "Sofia Costa", ("Are heating and water included?", "How much is electricity?", _BYE),
        typed=True),
    Script(2, "15:02", "Jack Turner", ("How much is a studio?",), ends="connection_lost"),
    Script(2, "16:48", "Yuki Tanaka", (_TOUR, "212 555 0190", "yes", "a studio", "in spring", "in the morning")),
    Script(3, "08:50", "Emma Wilson", ("How long is the shortest lease?", "Can I end the lease early?",
        "How much is the deposit?", _BYE), rating=5),
    Script(3, "12:15", "Omar Haddad", ("Can I smoke on the balcony?", _BYE), typed=True),
    Script(3, "14:33", "Chloe Martin", ("How far is the tram?", _TOUR, "617 555 0123", "no", "617 555 0132", "yes",
        "two bedrooms", "no hurry", "after work"), rating=4),
    Script(4, "09:29", "David Novak", ("When is the office open?", _BYE)),
    Script(4, "10:58", "Aisha Khan", ("Can I sublet a room?", "Are pets welcome?", _BYE), rating=5),
    Script(4, "13:07", "Peter Schmidt", (), ends="silence"),
    Script(5, "10:41", "Lucia Fernandez", ("Is there fiber internet?", "Is there a supermarket nearby?", _BYE)),
    Script(5, "14:19", "Henry Clark", (_TOUR, "303 555 0115", "yes", "a two bedroom", "as soon as possible",
        "Saturday"), rating=5),
    Script(6, "11:11", "Mia Andersen", ("What does a one-bedroom apartment cost?", "Does it have a balcony?", _BYE),
        rating=4),
    Script(6, "12:36", "Noah Weber", ("Is there a primary school nearby?", "Do you speak Spanish?"),
        ends="caller_left"),
)  # fmt: skip


class _Away:
    """No embedding server: the calls are the same on every machine."""

    async def query(self, text: str) -> Sequence[float]:
        raise DependencyUnavailable(Component.RAG, "Words have to do.")

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        raise DependencyUnavailable(Component.RAG, "Words have to do.")

    async def similarity_range(self) -> None:
        return None


def text() -> str:
    """The file with all sample calls."""
    # Each turn would warn that no embedding server is there.
    with structlog.testing.capture_logs():
        calls = [asyncio.run(_Call(script, demo.campaign_flow()).record()) for script in SCRIPTS]
    return f"{json.dumps(calls, indent=1, ensure_ascii=False)}\n"


class _Call:
    """A call in the making, on a clock of its own."""

    def __init__(self, script: Script, definition: FlowDefinition) -> None:
        embedder = _Away()
        self._script, self._definition = script, definition
        self._runner = Runner(definition, (LocalNlu(embedder),), flow_knowledge.of_flow(definition, embedder))
        self._chance = random.Random(f"{script.name} {script.time}")
        self._at = 1.0
        self._records: list[Record] = []
        self._history: list[tuple[str, str]] = []
        self._state = engine.opening(definition)
        self._end_reason = ""

    async def record(self) -> Record:
        """`domain.calls.samples.SampleCall`."""
        script = self._script
        self._event("assistant.joined", {})
        await self._handle(CallStarted(started_at=_NOON, values={"name": script.name}, consent=True))
        for words in script.says:
            self._pass(0.6, 1.6)
            self._turn("caller", words, node=self._state.node, typed=script.typed)
            self._history.append(("caller", words))
            await self._handle(CallerSaid(text=words), answers=True)
        if script.ends == "silence":
            for kind in ("silence", "gone_silent"):
                self._at += 15
                await self._handle(Timer(kind=kind))
        reason = self._end_reason or script.ends
        if not reason:
            raise ValueError(f"The sample call of {script.name} has no end.")
        self._pass(0.3, 1.2)
        self._event("call.ended", {"reason": reason})
        return {
            "days_ago": script.days_ago,
            "time": script.time,
            "name": script.name,
            "email": f"{script.name.lower().replace(' ', '.')}@example.com",
            "end_reason": reason,
            "seconds": round(self._at, 1),
            "rating": script.rating,
            "records": self._records,
        }

    async def _handle(self, event: FlowEvent, *, answers: bool = False) -> None:
        step = await simulate(self._runner, self._state, event, self._history)
        self._state = step.state
        latency = self._latency(step) if answers and not self._script.typed else None
        if latency:
            self._at += latency["total"] / 1000
        for item in step.actions:
            self._note(item.action)
        if words := " ".join(step.utterances):
            sources = list(dict.fromkeys(item.passage.source for item in step.used))
            self._turn("assistant", words, node=self._state.node, sources=sources, latency=latency)
            self._history.append(("assistant", words))

    def _note(self, action: FlowAction) -> None:
        match action:
            case Enter():
                self._event("node.entered", {"node": action.node, "edge": action.edge})
            case Collect():
                variable = self._definition.variable(action.variable)
                about = (
                    (variable.name, variable.label, variable.type, variable.sensitivity)
                    if variable
                    else (action.variable, "", "yes_no", "none")
                )
                self._event("slot.filled", collected.event_data(*about, action.value))
            case Score():
                self._event("score.changed", {"points": action.points, "reason": action.reason, "total": action.total})
            case EndCall():
                self._end_reason = str(action.reason)
            case _:
                pass

    def _turn(self, kind: str, words: str, **more: Any) -> None:
        seconds = max(0.5, len(words.split()) / _PACE)
        record = {"at": round(self._at, 2), "kind": kind, "text": words, "seconds": round(seconds, 2)}
        self._records.append(record | {name: value for name, value in more.items() if value})
        self._at += seconds

    def _event(self, kind: str, data: Record) -> None:
        self._records.append({"at": round(self._at, 2), "kind": kind, "data": data})

    def _pass(self, least: float, most: float) -> None:
        self._at += self._chance.uniform(least, most)

    def _latency(self, step: SimulationStep) -> dict[str, float]:
        """What an answer may have taken, in milliseconds."""
        chance = self._chance
        waits, transcript = chance.uniform(320, 620), chance.uniform(180, 300)
        flow, retrieval = chance.uniform(4, 12), chance.uniform(18, 45) if step.passages else 0.0
        audio, overhead = chance.uniform(70, 150), chance.uniform(20, 60)
        total = max(waits, transcript) + flow + retrieval + audio + overhead
        parts = {
            "end_of_turn": waits,
            "transcript": transcript,
            "flow": flow,
            "first_audio": audio,
            "total": total,
            "overhead": overhead,
        }
        return {
            name: round(value, 1) for name, value in (parts | ({"retrieval": retrieval} if retrieval else {})).items()
        }
