"""What a flow is: nodes, edges with conditions, variables, knowledge and rules. Plain data, stored as JSON.

A call is at one node at a time. A node does its work (greets, collects, answers, routes) and leaves by the first edge
whose condition holds: expressions first, in their order; then the intent that a classifier chooses among them; then the
fallback, which each node but End has. Numbers that only look nice (positions, notes) are data too: a flow is exported
and imported as one document.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = 2

# What a variable holds. Dates are ISO 8601 days; money is in the currency's major unit.
Value = bool | int | float | str


class Frozen(BaseModel):
    """Base of everything in a flow: plain, immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
NodeId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Line = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=4000)]


class Passage(Frozen):
    """A piece of knowledge and where it comes from."""

    source: str
    text: str


class KnowledgeSource(Frozen):
    """Something the assistant knows, under a name that answers cite. texts: one passage each."""

    id: NodeId
    name: Line
    texts: tuple[Words, ...] = Field(default=(), max_length=400)


VariableType = Literal["text", "name", "email", "phone", "number", "money", "date", "choice", "yes_no"]
# What says who somebody is: kept only after consent.
CONTACT_TYPES: frozenset[VariableType] = frozenset({"name", "email", "phone"})


class Choice(Frozen):
    """One value of a choice. also: other words for it."""

    value: Line
    also: tuple[Line, ...] = Field(default=(), max_length=40)


class Variable(Frozen):
    """Something a call finds out.

    ask: the question · ask_again: the question after an answer that did not fit; empty: `ask` with a word of regret ·
    minimum, maximum: of a number or an amount · pattern: a regular expression that a text has to match whole ·
    sensitivity: `redact` shows it as “•••” to whoever looks at the call, `encrypt` says that it has to be encrypted
    wherever it is kept. What the caller said stays in the transcript · confirm: it is read back to the caller before it
    counts.
    """

    name: Identifier
    type: VariableType = "text"
    label: Line = ""
    ask: Words = ""
    ask_again: Words = ""
    choices: tuple[Choice, ...] = Field(default=(), max_length=60)
    minimum: float | None = None
    maximum: float | None = None
    pattern: Line = ""
    sensitivity: Literal["none", "redact", "encrypt"] = "none"
    confirm: bool = False

    @property
    def is_read_back(self) -> bool:
        """A yes is not asked whether it is a yes."""
        return self.confirm and self.type != "yes_no"


class Expression(Frozen):
    """Holds when the expression over variables does: `score >= 70 and bedrooms == 2` (see `expressions`)."""

    type: Literal["expression"] = "expression"
    expression: Annotated[str, Field(max_length=500)]


class Intent(Frozen):
    """Holds when the classifier finds that this is what the caller wants. examples: how callers say it."""

    type: Literal["intent"] = "intent"
    description: Annotated[str, Field(max_length=300)]
    examples: tuple[Line, ...] = Field(default=(), max_length=40)


class Fallback(Frozen):
    """Holds when nothing else does, and when a node has reached its limit."""

    type: Literal["fallback"] = "fallback"


Condition = Annotated[Expression | Intent | Fallback, Field(discriminator="type")]


class Edge(Frozen):
    """A way from a node to another. The order of edges in the flow is the order in which they are tried."""

    id: NodeId
    source: NodeId
    target: NodeId
    condition: Condition
    label: Line = ""


class _Node(Frozen):
    """x, y: where it lies on the canvas, in pixels. limit: caller turns it may take before its fallback is followed."""

    id: NodeId
    name: Line = ""
    x: float = 0
    y: float = 0
    limit: int = Field(default=20, ge=1, le=100)


Tool = Literal["check_order_status", "book_appointment", "search_faq", "get_customer_profile", "trigger_human_handoff"]


class StartNode(_Node):
    """Greets. voice: one of `voices.VOICES`; empty, or none of them: the one that calls have anyway."""

    type: Literal["start"] = "start"
    greeting: Words
    voice: Line = ""


class Asked(Frozen):
    """A variable that a node collects."""

    variable: Identifier
    required: bool = True


class _AskingNode(_Node):
    """Collects variables, one question at a time; takes several answers from one sentence, and corrections.

    intro: said before the first question · attempts: questions for one variable before it is left alone · questions:
    whether the caller's own questions are answered in between, from all knowledge.
    """

    fields: tuple[Asked, ...] = Field(default=(), max_length=30)
    intro: Words = ""
    attempts: int = Field(default=2, ge=1, le=5)
    questions: bool = True


class LeadGateNode(_AskingNode):
    """Contact data. consent: what is asked before anything is stored, unless the caller agreed on the call page."""

    type: Literal["lead_gate"] = "lead_gate"
    consent: Words = ""


class ClarifyNode(_AskingNode):
    """Qualification: what the business wants to know about the wish."""

    type: Literal["clarify"] = "clarify"


class AnswerNode(_Node):
    """Answers questions from knowledge.

    knowledge: ids of sources; empty: all · threshold: below it nothing is answered, 0..1 · fallback: said then ·
    instructions: for the model that words the answer · searching: said while it takes long · web_search: look there
    once when the knowledge has nothing · tools: what it may use meanwhile.
    """

    type: Literal["rag_answer"] = "rag_answer"
    knowledge: tuple[NodeId, ...] = Field(default=(), max_length=100)
    threshold: float = Field(default=0.35, ge=0, le=1)
    fallback: Words
    opening: Words = ""
    instructions: Words = ""
    searching: Words = ""
    web_search: bool = False
    tools: tuple[Tool, ...] = ()


class DispatchNode(_Node):
    """Decides where the call goes; says `say` on the way, uses `tool` where one is chosen. It hears nothing itself."""

    type: Literal["dispatch"] = "dispatch"
    say: Words = ""
    tool: Tool | None = None


class EndNode(_Node):
    """The last words: thanks, then what happens next.

    outcome `handoff`: a person is asked for first, and the call ends only when nobody can come.
    """

    type: Literal["end"] = "end"
    farewell: Words
    next_steps: Words = ""
    outcome: Literal["hang_up", "handoff"] = "hang_up"


Node = Annotated[
    StartNode | LeadGateNode | AnswerNode | ClarifyNode | DispatchNode | EndNode, Field(discriminator="type")
]
AskingNode = LeadGateNode | ClarifyNode


class Keywords(Frozen):
    """Holds when one of these words or phrases is said, as whole words."""

    type: Literal["keywords"] = "keywords"
    keywords: tuple[Line, ...] = Field(default=(), max_length=60)


class ScoreRule(Frozen):
    """Points for what a caller says or is. reason: how it is explained. Each rule counts once a call."""

    id: NodeId
    when: Annotated[Expression | Intent | Keywords, Field(discriminator="type")]
    points: int = Field(ge=-100, le=100)
    reason: Line


class LowConfidence(Frozen):
    """So many answers in a row that found nothing, or less than `below`."""

    below: float = Field(default=0.35, ge=0, le=1)
    times: int = Field(default=2, ge=1, le=10)


class HandoffRules(Frozen):
    """When a person is asked for: on these words, when the caller wishes it, after minutes, when answers are unsure.

    announcement: said then · unavailable: said when nobody can come; the call goes on where it was.
    """

    keywords: tuple[Line, ...] = Field(default=(), max_length=60)
    wish: bool = False
    after_minutes: float | None = Field(default=None, gt=0, le=240)
    low_confidence: LowConfidence | None = None
    announcement: Words = "One moment, I will see whether somebody can take over."
    unavailable: Words = "Nobody is free right now, but I am happy to go on helping you."
    priority: Literal["low", "normal", "high", "urgent"] = "normal"
    skills: tuple[Line, ...] = Field(default=(), max_length=20)


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class OpenPeriod(Frozen):
    """Hours of one weekday, "09:00" to "18:00" in the account's time zone; "24:00" ends a day."""

    day: Weekday
    opens: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    closes: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class Rules(Frozen):
    """What holds at every node. hours: none given means always open; expressions see it as `open`."""

    handoff: HandoffRules = HandoffRules()
    scores: tuple[ScoreRule, ...] = Field(default=(), max_length=100)
    hours: tuple[OpenPeriod, ...] = Field(default=(), max_length=70)


class Note(Frozen):
    """A remark on the canvas; no call ever sees it."""

    id: NodeId
    text: Words
    x: float = 0
    y: float = 0


class FlowDefinition(Frozen):
    """One flow. persona: who the assistant is, for the model. fillers: said while a slow answer is on its way."""

    schema_version: Literal[2] = SCHEMA_VERSION
    start: NodeId
    nodes: tuple[Node, ...] = Field(max_length=500)
    edges: tuple[Edge, ...] = Field(default=(), max_length=2000)
    variables: tuple[Variable, ...] = Field(default=(), max_length=200)
    knowledge: tuple[KnowledgeSource, ...] = Field(default=(), max_length=100)
    rules: Rules = Rules()
    persona: Words = ""
    fillers: tuple[Line, ...] = Field(default=("One moment, please.",), max_length=10)
    notes: tuple[Note, ...] = Field(default=(), max_length=200)

    def node(self, node_id: str) -> Node:
        """Raises KeyError."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def variable(self, name: str) -> Variable | None:
        return next((item for item in self.variables if item.name == name), None)

    def leaving(self, node_id: str) -> Iterator[Edge]:
        """The edges out of a node, in their order."""
        return (edge for edge in self.edges if edge.source == node_id)

    def passages(self, node: Node) -> tuple[Passage, ...]:
        """What a node answers from."""
        wanted = node.knowledge if isinstance(node, AnswerNode) else ()
        sources = (item for item in self.knowledge if not wanted or item.id in wanted)
        return tuple(Passage(source=item.name, text=text) for item in sources for text in item.texts)
