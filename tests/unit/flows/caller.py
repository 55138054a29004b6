"""A caller on a flow: what they say, and what they hear of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from quantum_app.domain.flows.engine.engine import opening, step
from quantum_app.domain.flows.model.conditions import Expression, Fallback, Intent
from quantum_app.domain.flows.model.definition import (
    AnswerNode,
    ClarifyNode,
    DispatchNode,
    Edge,
    EndNode,
    FlowDefinition,
    KnowledgeSource,
    LeadGateNode,
    NodeField,
    StartNode,
    Variable,
)
from quantum_app.domain.flows.model.rules import Keywords, Rules, ScoreRule
from quantum_app.domain.flows.model.runtime import (
    Answer,
    AnswerFound,
    AnswerNotFound,
    Ask,
    CallerSaid,
    CallStarted,
    Classified,
    Classify,
    Extract,
    Extracted,
    FlowEvent,
    Say,
)
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.nlu import entity_extraction
from quantum_app.domain.flows.ports import ExtractRequest

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday

FLOW = FlowDefinition(
    start="start",
    variables=(
        Variable(name="name", type="name", ask="Who is calling, please?"),
        Variable(name="email", type="email", ask="What is your e-mail address?"),
        Variable(
            name="rooms", type="number", ask="How many rooms do you need?", ask_again="A number of rooms, please?"
        ),
    ),
    knowledge=(KnowledgeSource(id="rules", name="House rules", texts=("Pets are welcome.",)),),
    nodes=(
        StartNode(id="start", greeting="Hello, this is Mira."),
        LeadGateNode(
            id="gate",
            consent="May we keep your contact details?",
            fields=(NodeField(variable="name"), NodeField(variable="email", required=False)),
        ),
        AnswerNode(id="answers", fallback="I do not know that.", opening="Thank you, {name}! What is your question?"),
        ClarifyNode(id="home", intro="Good choice.", fields=(NodeField(variable="rooms"),)),
        DispatchNode(id="route"),
        EndNode(id="person", farewell="We will call you, {name}.", outcome="handoff"),
        EndNode(id="bye", next_steps="We write to you.", farewell="Thank you, {name}. Goodbye!"),
    ),
    edges=(
        Edge(id="greeted", source="start", target="gate", condition=Fallback()),
        Edge(id="known", source="gate", target="answers", condition=Fallback()),
        Edge(id="tour", source="answers", target="home", condition=Intent(description="wants to see a home")),
        Edge(id="enough", source="answers", target="bye", condition=Fallback()),
        Edge(id="asked", source="home", target="route", condition=Fallback()),
        Edge(id="hot", source="route", target="person", condition=Expression(expression="score >= 25 and rooms >= 2")),
        Edge(id="cold", source="route", target="bye", condition=Fallback()),
    ),
    rules=Rules(
        scores=(
            ScoreRule(id="price", when=Keywords(keywords=("how much",)), points=10, reason="Asked for the price"),
            ScoreRule(id="big", when=Expression(expression="rooms >= 3"), points=15, reason="Wants three rooms"),
        )
    ),
)


class Caller:
    """A call on a flow. intent: what the classifier finds · topics: what the knowledge has an answer to."""

    def __init__(self, flow: FlowDefinition = FLOW, **start_fields: Any) -> None:
        self.flow = flow
        self.state: FlowState = opening(flow)
        self.actions: list[Any] = []
        self.intent: str | None = None
        self.sure = 0.95
        self.topics: Sequence[str] = ("pets",)
        self.happens(CallStarted(**({"started_at": NOON, "consent": True} | start_fields)))

    def says(self, text: str) -> str:
        return self.happens(CallerSaid(text=text))

    def happens(self, event: FlowEvent) -> str:
        """What the caller hears of it."""
        texts: list[str] = []
        events: list[FlowEvent] = [event]
        while events:
            self.state, actions = step(self.flow, self.state, events.pop(0))
            self.actions += actions
            for action in actions:
                match action:
                    case Say(text=text) | Ask(text=text):
                        texts.append(text)
                    case Classify(request=request, options=options):
                        choice = self.intent if self.intent in {option.id for option in options} else None
                        events.append(Classified(request=request, choice=choice, confidence=self.sure))
                    case Extract(request=request, text=text, variables=names, asked_variable=current):
                        variables = tuple(item for item in self.flow.variables if item.name in names)
                        values = entity_extraction.extract(
                            ExtractRequest(text, variables, NOON, current, known_values=self.state.slots.values)
                        )
                        events.append(Extracted(request=request, values=values))
                    case Answer(request=request, question=question):
                        if any(word in question for word in self.topics):
                            texts.append("(answer)")
                            events.append(AnswerFound(request=request, confidence=0.8))
                        else:
                            events.append(AnswerNotFound(request=request, confidence=0.2))
                    case _:
                        pass
        return " ".join(texts)

    def did(self, kind: type[Any]) -> list[Any]:
        return [action for action in self.actions if isinstance(action, kind)]


def with_node(flow: FlowDefinition, node_id: str, **fields: Any) -> FlowDefinition:
    nodes = tuple(node.model_copy(update=fields) if node.id == node_id else node for node in flow.nodes)
    return flow.model_copy(update={"nodes": nodes})


def ruled(**fields: Any) -> FlowDefinition:
    return FLOW.model_copy(update={"rules": FLOW.rules.model_copy(update=fields)})


def asking() -> Caller:
    return Caller(values={"name": "Ines", "email": "ines@example.com"})
