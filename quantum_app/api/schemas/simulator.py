"""Trying a flow without a call."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from quantum_app.api.public_ids import CallId, CaseId
from quantum_app.api.schemas.base import Resource, Timestamp
from quantum_app.domain.flows.model.definition import Tool, Value
from quantum_app.domain.flows.model.rules import Priority
from quantum_app.domain.flows.model.runtime import Option
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.testing.test_case import Case
from quantum_app.errors import Component

Score = Annotated[float, Field(ge=0, le=1)]


class SimulatedAction(BaseModel):
    """Something the flow did, with the fields of its type. The others are missing."""

    model_config = ConfigDict(extra="forbid")

    type: Literal[
        "enter", "say", "ask", "classify", "extract", "answer", "web_search", "use_tool", "collect", "score",
        "hand_off", "end_call",
    ]  # fmt: skip
    node: str = Field(description="The id of the node where it happened.")
    speech: str = Field(description="What the assistant said, or an empty string.")
    to: str = Field("", description="The id of the node that was entered, or that answers.")
    edge: str | None = Field(None, description="The id of the edge that was followed to enter.")
    text: str = Field("", description="The words to speak, or the caller's words to understand.")
    request: int = Field(0, description="The number that the result carries.")
    question: str = Field("", description="The caller's words that are to be answered.")
    options: list[Option] = Field([], description="The intents that the caller may mean.")
    signals: list[Option] = Field([], description="What else may be in the caller's words.")
    variables: list[str] = Field([], description="The variables to find in the caller's words.")
    asked_variable: str | None = Field(None, description="The variable that the last question was about.")
    now: Timestamp | None = Field(None, description="The time of the call, for days like “tomorrow”.")
    variable: str = Field("", description="The variable that is asked for or set.")
    value: Value | None = Field(None, description="What the variable was set to; null when it was cleared.")
    tool: Tool | None = Field(None, description="The tool that was called.")
    arguments: dict[str, Value] = Field({}, description="What the tool was told.")
    rule: str = Field("", description="The id of the score rule.")
    points: int = Field(0, description="The points that were added.")
    total: int = Field(0, description="The score with these points.")
    reason: str = Field("", description="Why points were added, a person was called, or the call ended.")
    priority: Priority = Field("normal", description="How urgently a person is needed.")
    skills: list[str] = Field([], description="The skills that the person needs.")


class RetrievedPassage(Resource):
    """A passage that was retrieved to answer a question."""

    source: str
    text: str
    score: Score
    used: bool = Field(description="Whether the answer was made from it.")


class CandidateOption(Resource):
    """An edge or a score rule that the classifier considered."""

    id: str
    label: str
    score: Score
    chosen: bool


class ScoreReason(Resource):
    """A score rule that has added points."""

    rule: str
    points: int
    reason: str


class SimulatedScore(Resource):
    """The caller's points and where they come from."""

    total: int
    reasons: list[ScoreReason]


class ComponentProblem(Resource):
    """A part that failed and what took its place."""

    component: Component
    message: str


class Simulation(Resource):
    """What an event made of a call."""

    state: FlowState = Field(description="Send it with the next event.")
    actions: list[SimulatedAction]
    passages: list[RetrievedPassage]
    candidates: list[CandidateOption]
    values: dict[str, Value] = Field(description="The value of each variable that is known.")
    score: SimulatedScore
    timings: dict[str, float] = Field(description="Milliseconds by step.")
    problems: list[ComponentProblem]


class CaseResult(BaseModel):
    """What a flow made of a test case."""

    id: str = Field(description="The id of the stored case, or the position of a case that was sent, from 1.")
    name: str
    ok: bool
    why: list[str] = Field(description="A sentence for each expectation that wasn't met.")
    path: list[str] = Field(description="The ids of the nodes that the call came to.")
    values: dict[str, Value]
    score: int = Field(0, description="The caller's points. Missing when there was no time to run the case.")
    ended: bool = Field(False, description="Whether the call ended. Missing when there was no time to run the case.")


class CaseResults(Resource):
    """The result of each test case."""

    cases: list[CaseResult]


class RecordedCall(Resource):
    """A past call that can become a test case."""

    id: CallId
    caller: str = Field(description="The caller's name or, without one, their email address.")
    at: Timestamp
    turns: int


class RecordedCalls(Resource):
    """The campaign's latest calls."""

    calls: list[RecordedCall]


class CaseOfCall(Resource):
    """The test case that was made from a call."""

    id: CaseId
    name: str
    case: Case
    result: CaseResult


class Transcription(Resource):
    """What was said in a recording."""

    text: str
