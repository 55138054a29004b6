"""Events that happen on a call, and actions that the engine asks for. Plain data.

An action that asks for something carries a `request` number; the event that brings the result carries the same. A
result that nobody waits for any more changes nothing.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from quantum_app.domain.flows.model.base import Frozen
from quantum_app.domain.flows.model.definition import Tool, Value
from quantum_app.domain.flows.model.rules import Priority

EndedBy = Literal["goodbye", "silence", "max_duration", "flow", "caller_left"]

# Events


class Event(Frozen):
    """at: seconds since the call began; 0 says no more than was known."""

    at: float = 0.0


class CallStarted(Event):
    """values: what is known of the caller · consent: what was agreed to on the call page · resumed: after a break."""

    type: Literal["call_started"] = "call_started"
    started_at: AwareDatetime | None = None
    time_zone: str = "UTC"
    values: dict[str, Value] = Field(default={})
    consent: bool | None = None
    known_caller: bool = False
    resumed: bool = False


class CallerSaid(Event):
    type: Literal["caller_said"] = "caller_said"
    text: str


class Classified(Event):
    """choice: the id of the option that was meant; none: no option. candidates: (option, 0..1). signals: rules met.

    answer_score: how well the node's knowledge fits the words, 0..1; what can be answered is rather a question than a
    wish.
    """

    type: Literal["classified"] = "classified"
    request: int
    choice: str | None = None
    confidence: float = 0.0
    candidates: tuple[tuple[str, float], ...] = ()
    signals: tuple[str, ...] = ()
    answer_score: float = 0.0


class Extracted(Event):
    """values: by variable, of the variable's type."""

    type: Literal["extracted"] = "extracted"
    request: int
    values: dict[str, Value] = Field(default={})


class AnswerFound(Event):
    """The answer was worded, and spoken as it came. confidence: of what it was made from, 0..1. text: what was said."""

    type: Literal["answer_found"] = "answer_found"
    request: int
    confidence: float = Field(default=1.0, ge=0, le=1)
    sources: tuple[str, ...] = ()
    text: str = ""


class AnswerNotFound(Event):
    """was_spoken: the node's fallback has been said already."""

    type: Literal["answer_not_found"] = "answer_not_found"
    request: int
    confidence: float = Field(default=0.0, ge=0, le=1)
    was_spoken: bool = False


class ToolResult(Event):
    """text: what may be said of it."""

    type: Literal["tool_result"] = "tool_result"
    request: int
    ok: bool
    text: str = ""


class Timer(Event):
    """`silence`: nothing was heard for a while · `gone_silent`: … for too long · `turn`: an answer is overdue ·
    `time_up`: the call has lasted as long as it may · `tick`: time has passed.
    """

    type: Literal["timer"] = "timer"
    kind: Literal["silence", "gone_silent", "turn", "time_up", "tick"]


class Interrupted(Event):
    """The caller spoke into the assistant's words."""

    type: Literal["interrupted"] = "interrupted"


class OperatorAvailable(Event):
    """A person has taken the call; available False: nobody can, or the person has given it back."""

    type: Literal["operator_available"] = "operator_available"
    available: bool


class CallerGone(Event):
    type: Literal["caller_gone"] = "caller_gone"


FlowEvent = Annotated[
    CallStarted
    | CallerSaid
    | Classified
    | Extracted
    | AnswerFound
    | AnswerNotFound
    | ToolResult
    | Timer
    | Interrupted
    | OperatorAvailable
    | CallerGone,
    Field(discriminator="type"),
]

# Actions


class Enter(Frozen):
    """The call is at this node now; by which edge."""

    type: Literal["enter"] = "enter"
    node: str
    edge: str | None = None


class Say(Frozen):
    """Speak these very words."""

    type: Literal["say"] = "say"
    text: str


class Ask(Frozen):
    """Speak this question; it is about this variable, or about "consent". It may read back what was heard for it."""

    type: Literal["ask"] = "ask"
    text: str
    variable: str


class Option(Frozen):
    """Something that may be meant."""

    id: str
    description: str
    examples: tuple[str, ...] = ()


class Classify(Frozen):
    """Which of the options is meant, or none; and each of the signals that is there."""

    type: Literal["classify"] = "classify"
    request: int
    text: str
    options: tuple[Option, ...]
    signals: tuple[Option, ...] = ()


class Extract(Frozen):
    """Which of these variables the words tell.

    asked_variable: the one that the last question was about · now: in the account's zone.
    """

    type: Literal["extract"] = "extract"
    request: int
    text: str
    variables: tuple[str, ...]
    asked_variable: str | None = None
    now: datetime | None = None


class Answer(Frozen):
    """Have a model answer from the node's knowledge, aloud; say nothing when nothing reaches the threshold."""

    type: Literal["answer"] = "answer"
    request: int
    question: str
    node: str


class WebSearch(Frozen):
    """Answer from the web, as `Answer` does."""

    type: Literal["web_search"] = "web_search"
    request: int
    question: str
    node: str


class UseTool(Frozen):
    """question: the words that brought the call here · arguments: what the flow knows; ids of the account and the
    caller are bound by who runs the tool.
    """

    type: Literal["use_tool"] = "use_tool"
    request: int
    tool: Tool
    question: str = ""
    arguments: dict[str, Value] = Field(default={})


class Collect(Frozen):
    """A variable has a value now; none: it was taken back."""

    type: Literal["collect"] = "collect"
    variable: str
    value: Value | None


class Score(Frozen):
    """Points for a reason. total: with them."""

    type: Literal["score"] = "score"
    rule: str
    points: int
    reason: str
    total: int


class HandOff(Frozen):
    """Look for a person. reason: which trigger, in words."""

    type: Literal["hand_off"] = "hand_off"
    reason: str
    priority: Priority
    skills: tuple[str, ...] = ()


class EndCall(Frozen):
    """Hang up after everything said so far was heard."""

    type: Literal["end_call"] = "end_call"
    reason: EndedBy


FlowAction = Annotated[
    Enter | Say | Ask | Classify | Extract | Answer | WebSearch | UseTool | Collect | Score | HandOff | EndCall,
    Field(discriminator="type"),
]
