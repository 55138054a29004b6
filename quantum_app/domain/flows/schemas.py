"""The flow engine's vocabulary: a definition, a state, events in, actions out. Plain, serialisable data."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Passage(_Frozen):
    """A piece of knowledge and where it comes from."""

    source: str
    text: str


class StartNode(_Frozen):
    type: Literal["start"] = "start"
    id: str
    greeting: str
    next: str


class AnswerNode(_Frozen):
    """Answers questions from its knowledge. threshold: below it the fallback is said, 0..1."""

    type: Literal["rag_answer"] = "rag_answer"
    id: str
    passages: tuple[Passage, ...]
    threshold: float = Field(0.35, ge=0, le=1)
    fallback: str
    next: str


class EndNode(_Frozen):
    type: Literal["end"] = "end"
    id: str
    farewell: str


Node = Annotated[StartNode | AnswerNode | EndNode, Field(discriminator="type")]


class FlowDefinition(_Frozen):
    """What a flow version stores as JSON. fillers: said while a slow answer is on its way."""

    nodes: tuple[Node, ...]
    start: str
    persona: str = ""
    fillers: tuple[str, ...] = ("One moment, please.",)


class FlowState(_Frozen):
    """Where a call is. turn: caller turns so far. offered: the last words asked whether there is anything else."""

    node: str
    turn: int = 0
    offered: bool = False
    ended: bool = False


Intent = Literal["question", "goodbye", "smalltalk", "no"]


class CallOpened(_Frozen):
    type: Literal["call_opened"] = "call_opened"
    resumed: bool = False


class CallerSaid(_Frozen):
    """The caller's words. intent: what the classifier made of them."""

    type: Literal["caller_said"] = "caller_said"
    text: str
    intent: Intent = "question"


class CallerSilent(_Frozen):
    """Nothing was heard for a while. final: it is time to end."""

    type: Literal["caller_silent"] = "caller_silent"
    final: bool = False


class TimeUp(_Frozen):
    type: Literal["time_up"] = "time_up"


FlowEvent = Annotated[CallOpened | CallerSaid | CallerSilent | TimeUp, Field(discriminator="type")]


class Say(_Frozen):
    """Speak these very words."""

    type: Literal["say"] = "say"
    text: str


class Answer(_Frozen):
    """Have the brain answer from the node's passages; say the fallback when nothing reaches the threshold."""

    type: Literal["answer"] = "answer"
    question: str
    node: str


class EndCall(_Frozen):
    """Hang up after everything said so far was heard."""

    type: Literal["end_call"] = "end_call"
    reason: Literal["goodbye", "silence", "max_duration", "flow"]


FlowAction = Annotated[Say | Answer | EndCall, Field(discriminator="type")]
