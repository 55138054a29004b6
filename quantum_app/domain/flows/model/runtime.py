"""What a flow does while a call runs: a state, events in, actions out. Plain data: any process can go on with it.

An action that asks for something carries a `request` number; the event that brings the result carries the same. A
result that nobody waits for any more changes nothing.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from quantum_app.domain.flows.model.definition import Frozen, Tool, Value

# State

Awaited = Literal["classify", "extract", "answer", "web_search", "tool"]
EndedBy = Literal["goodbye", "silence", "max_duration", "flow", "caller_left"]


class Waiting(Frozen):
    """What the engine waits for.

    text: the caller's words it is about · offer: what they took up, in words of their own · choice, values: what has
    come already · quiet: when there is no answer, nothing needs to be said.
    """

    request: int
    kinds: frozenset[Awaited]
    text: str = ""
    offer: str = ""
    choice: str | None = None
    values: dict[str, Value] = Field(default={})
    quiet: bool = False


class FlowState(Frozen):
    """Where a call is.

    turn: caller turns so far; here: those at this node · hops: nodes come to since the caller's last words · owed: the
    last turn has not been answered yet · elapsed: seconds since the call began · values: variables, and since which
    turn · asked: questions put for each variable at this node · asking: the variable that the last question was about,
    or "consent" · heard: what the caller told and has not confirmed yet; nothing else sees it before · reading: the
    last question was whether that is right · reads: how often each was read back and not confirmed · complete: all that
    the last asking node requires is known · pending: words of the caller that no node has dealt with yet · unsure:
    answers in a row that found little · offered: the last words asked whether there is anything else · offer: what a
    caller says who takes up what they offered · handoff: `asked` while a person is looked for, `held` while one
    speaks · triggered: the handoff rules that have fired.
    """

    node: str
    started: bool = False
    turn: int = 0
    here: int = 0
    hops: int = 0
    owed: bool = False
    elapsed: float = 0.0
    started_at: AwareDatetime | None = None
    time_zone: str = "UTC"
    known_caller: bool = False
    consent: bool | None = None
    values: dict[str, Value] = Field(default={})
    since: dict[str, int] = Field(default={})
    asked: dict[str, int] = Field(default={})
    asking: str | None = None
    heard: dict[str, Value] = Field(default={})
    reading: bool = False
    reads: dict[str, int] = Field(default={})
    complete: bool = False
    pending: str = ""
    waiting: Waiting | None = None
    request: int = 0
    score: int = 0
    scored: frozenset[str] = frozenset()
    answered: bool | None = None
    confidence: float | None = None
    tool_ok: bool | None = None
    unsure: int = 0
    offered: bool = False
    offer: str = ""
    handoff: Literal["asked", "held"] | None = None
    triggered: frozenset[str] = frozenset()
    ended: bool = False


# Events


class _Event(Frozen):
    """at: seconds since the call began; 0 says no more than was known."""

    at: float = 0.0


class CallStarted(_Event):
    """values: what is known of the caller · consent: what was agreed to on the call page · resumed: after a break."""

    type: Literal["call_started"] = "call_started"
    started_at: AwareDatetime | None = None
    time_zone: str = "UTC"
    values: dict[str, Value] = Field(default={})
    consent: bool | None = None
    known_caller: bool = False
    resumed: bool = False


class CallerSaid(_Event):
    type: Literal["caller_said"] = "caller_said"
    text: str


class Classified(_Event):
    """choice: the id of the option that was meant; none: no option. considered: (option, 0..1). signals: rules met.

    known: how well the node's knowledge fits the words, 0..1: what can be answered is rather a question than a wish.
    """

    type: Literal["classified"] = "classified"
    request: int
    choice: str | None = None
    confidence: float = 0.0
    considered: tuple[tuple[str, float], ...] = ()
    signals: tuple[str, ...] = ()
    known: float = 0.0


class Extracted(_Event):
    """values: by variable, of the variable's type."""

    type: Literal["extracted"] = "extracted"
    request: int
    values: dict[str, Value] = Field(default={})


class AnswerFound(_Event):
    """The answer was worded, and spoken as it came. confidence: of what it was made from, 0..1. text: what was said."""

    type: Literal["answer_found"] = "answer_found"
    request: int
    confidence: float = Field(default=1.0, ge=0, le=1)
    sources: tuple[str, ...] = ()
    text: str = ""


class AnswerNotFound(_Event):
    """said: the node's fallback has been said already."""

    type: Literal["answer_not_found"] = "answer_not_found"
    request: int
    confidence: float = Field(default=0.0, ge=0, le=1)
    said: bool = False


class ToolResult(_Event):
    """text: what may be said of it."""

    type: Literal["tool_result"] = "tool_result"
    request: int
    ok: bool
    text: str = ""


class Timer(_Event):
    """`silence`: nothing was heard for a while · `gone_silent`: … for too long · `turn`: an answer is overdue ·
    `time_up`: the call has lasted as long as it may · `tick`: time has passed.
    """

    type: Literal["timer"] = "timer"
    kind: Literal["silence", "gone_silent", "turn", "time_up", "tick"]


class Interrupted(_Event):
    """The caller spoke into the assistant's words."""

    type: Literal["interrupted"] = "interrupted"


class OperatorAvailable(_Event):
    """A person has taken the call; available False: nobody can, or the person has given it back."""

    type: Literal["operator_available"] = "operator_available"
    available: bool


class CallerGone(_Event):
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
    """Which of these variables the words tell. asked: what the last question was about. now: in the account's zone."""

    type: Literal["extract"] = "extract"
    request: int
    text: str
    variables: tuple[str, ...]
    asked: str | None = None
    now: datetime | None = None


class Answer(Frozen):
    """Have the brain answer from the node's knowledge, aloud; say nothing when nothing reaches the threshold."""

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
    priority: Literal["low", "normal", "high", "urgent"]
    skills: tuple[str, ...] = ()


class EndCall(Frozen):
    """Hang up after everything said so far was heard."""

    type: Literal["end_call"] = "end_call"
    reason: EndedBy


FlowAction = Annotated[
    Enter | Say | Ask | Classify | Extract | Answer | WebSearch | UseTool | Collect | Score | HandOff | EndCall,
    Field(discriminator="type"),
]
