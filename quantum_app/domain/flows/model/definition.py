"""What a flow is: nodes, edges with conditions, variables, knowledge and rules. Plain data, stored as JSON.

A call is at one node at a time. A node does its work (greets, collects, answers, routes) and leaves by the first of its
exits that matches, in their order: an expression that is true, or the intent that the classifier chose. The fallback,
which each node but End has, comes last, wherever it stands. Numbers that only look nice (positions, notes) are data
too: a flow is exported and imported as one document.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from quantum_app.domain.flows.model.base import Frozen, Identifier, Line, NodeId, Words
from quantum_app.domain.flows.model.conditions import Condition
from quantum_app.domain.flows.model.editor import Editor, NodeInfo
from quantum_app.domain.flows.model.rules import Rules
from quantum_app.kit import ids

SCHEMA_VERSION = 3

# What a variable holds. Dates are ISO 8601 days; money is in the currency's major unit.
Value = bool | int | float | str


class Passage(Frozen):
    """A piece of knowledge and where it comes from."""

    source: str
    text: str


class KnowledgeSource(Frozen):
    """Something the assistant knows, under a name that answers cite.

    texts: one passage each · base: public id of a knowledge base whose documents are searched too; they are cited by
    their own names · example: it came with a template and says nothing about this business, so no answer is taken from
    it.
    """

    id: NodeId
    name: Annotated[Line, Editor("Name (cited in answers)", "text", placeholder="Price list 2027")]
    texts: Annotated[tuple[Words, ...], Field(max_length=400), Editor("Passages", "passages")] = ()
    base: Annotated[
        str | None,
        Field(pattern=ids.pattern("kb")),
        Editor("Knowledge base", "knowledge_base", hint="Its documents are searched too, and cited by their names."),
    ] = None
    example: bool = False


VariableType = Literal["text", "name", "email", "phone", "number", "money", "date", "choice", "yes_no"]
VARIABLE_TYPES: dict[VariableType, str] = {
    "text": "Text",
    "name": "Name",
    "email": "Email",
    "phone": "Phone",
    "number": "Number",
    "money": "Amount",
    "date": "Date",
    "choice": "Choice",
    "yes_no": "Yes or no",
}
# What says who somebody is: kept only after consent.
CONTACT_TYPES: frozenset[VariableType] = frozenset({"name", "email", "phone"})
# What the call page may have been told: the first variable of each type gets it.
CALL_PAGE_TYPES: tuple[VariableType, ...] = ("name", "email")


class Choice(Frozen):
    """One value of a choice. also: other words for it."""

    value: Line
    also: Annotated[tuple[Line, ...], Field(max_length=40), Editor("Synonyms", "words", placeholder="studio")] = ()


class Variable(Frozen):
    """Something a call finds out.

    ask: the question · ask_again: the question after an answer that did not fit; empty: `ask` with a word of regret ·
    minimum, maximum: of a number or an amount · pattern: a regular expression that a text has to match whole ·
    sensitivity: `redact` shows it as “•••” to whoever looks at the call, `encrypt` says that it has to be encrypted
    wherever it is kept. What the caller said stays in the transcript · confirm: it is read back to the caller before it
    counts.
    """

    name: Annotated[Identifier, Editor("Name (used in conditions)", "variable_name")]
    type: Annotated[VariableType, Editor("Type", "select", options={**VARIABLE_TYPES})] = "text"
    label: Annotated[Line, Editor("Label", "text")] = ""
    ask: Annotated[Words, Editor("Question", "multiline", placeholder="How many rooms do you need?")] = ""
    ask_again: Annotated[
        Words,
        Editor(
            "Follow-up question",
            "multiline",
            hint="Asked when the answer doesn't fit.",
            placeholder="Sorry, how many rooms do you need?",
        ),
    ] = ""
    choices: Annotated[
        tuple[Choice, ...], Field(max_length=60), Editor("Choices", "choices", placeholder="One bedroom")
    ] = ()
    minimum: Annotated[float | None, Editor("Minimum", "number")] = None
    maximum: Annotated[float | None, Editor("Maximum", "number")] = None
    pattern: Annotated[
        Line,
        Editor(
            "Pattern (optional)",
            "pattern",
            hint="A regular expression (RE2) that the whole answer must match.",
            placeholder="[A-Z]{2}[0-9]{6}",
        ),
    ] = ""
    sensitivity: Annotated[
        Literal["none", "redact", "encrypt"],
        Editor(
            "Sensitivity",
            "select",
            hint="Viewers see •••. Hidden values aren't emailed either, and revealing an encrypted one is audited.",
            options={
                "none": "Visible",
                "redact": "Hidden",
                "encrypt": "Hidden and encrypted",
            },
        ),
    ] = "none"
    confirm: Annotated[
        bool,
        Editor("Read back to the caller", "switch", hint="Saved once the caller confirms it."),
    ] = False

    @property
    def is_read_back(self) -> bool:
        """A yes is not asked whether it is a yes."""
        return self.confirm and self.type != "yes_no"


class Edge(Frozen):
    """An exit of `source`. The order of edges in the flow is the order in which a node tries its exits."""

    id: NodeId
    source: NodeId
    target: NodeId
    condition: Condition
    label: Annotated[Line, Editor("Label (optional)", "text", hint="Shown on the canvas.")] = ""


class _Node(Frozen):
    """x, y: where it lies on the canvas, in pixels. limit: caller turns it may take before its fallback is followed."""

    id: NodeId
    name: Annotated[Line, Editor("Name", "text")] = ""
    x: float = 0
    y: float = 0
    limit: Annotated[
        int,
        Field(ge=1, le=100),
        Editor(
            "Turn limit", "number", hint="After this many caller turns, the “otherwise” exit is taken.", advanced=True
        ),
    ] = 20


Tool = Literal["check_order_status", "book_appointment", "search_faq", "get_customer_profile", "trigger_human_handoff"]
TOOLS: dict[Tool, str] = {
    "check_order_status": "Check an order",
    "book_appointment": "Book an appointment",
    "search_faq": "Search the FAQ",
    "get_customer_profile": "Look up the customer",
    "trigger_human_handoff": "Hand off to a person",
}


class StartNode(_Node):
    """Greets. voice: one of `voices.VOICES`; empty, or none of them: the one that calls have anyway."""

    info: ClassVar[NodeInfo] = NodeInfo("Start", "Greets the caller", "Greeting", speaks=True)

    type: Literal["start"] = "start"
    greeting: Annotated[
        Words,
        Editor(
            "Greeting",
            "multiline",
            hint="Say that it's an AI and what it can help with.",
            initial="Hello, how can I help you?",
        ),
    ]
    voice: Annotated[Line, Editor("Voice", "voice", advanced=True)] = ""


class NodeField(Frozen):
    """A variable that a node collects."""

    variable: Identifier
    required: bool = True


class _AskingNode(_Node):
    """Collects variables, one question at a time; takes several answers from one sentence, and corrections.

    intro: said before the first question · attempts: questions for one variable before it is left alone · questions:
    whether the caller's own questions are answered in between, from all knowledge.
    """

    fields: Annotated[tuple[NodeField, ...], Field(max_length=30), Editor("Asks for", "variables")] = ()
    intro: Annotated[Words, Editor("Introduction (optional)", "multiline")] = ""
    questions: Annotated[bool, Editor("Answer the caller's questions", "switch", advanced=True)] = True
    attempts: Annotated[int, Field(ge=1, le=5), Editor("Attempts per variable", "number", advanced=True)] = 2


class LeadGateNode(_AskingNode):
    """Contact data. consent: what is asked before anything is stored, unless the caller agreed on the call page."""

    info: ClassVar[NodeInfo] = NodeInfo(
        "Get contact details", "Asks for name, email, or phone, with consent", "Who is calling", listens=True
    )

    type: Literal["lead_gate"] = "lead_gate"
    consent: Annotated[
        Words,
        Editor(
            "Consent question",
            "multiline",
            hint="Asked before anything is stored. Skipped if the caller already agreed on the call page.",
            initial="May we keep your contact details so we can get back to you?",
        ),
    ] = ""


class ClarifyNode(_AskingNode):
    """Qualification: what the business wants to know about the wish."""

    info: ClassVar[NodeInfo] = NodeInfo("Ask questions", "Asks what you need to know", "Details", listens=True)

    type: Literal["clarify"] = "clarify"


class AnswerNode(_Node):
    """Answers questions from knowledge.

    knowledge: ids of sources; empty: all · threshold: below it nothing is answered, 0..1 · fallback: said then ·
    instructions: for the model that words the answer · searching: said while it takes long · web_search: look there
    once when the knowledge has nothing · tools: what it may use meanwhile.
    """

    info: ClassVar[NodeInfo] = NodeInfo(
        "Answer questions", "Answers from your knowledge", "Answer questions", speaks=True, listens=True
    )

    type: Literal["rag_answer"] = "rag_answer"
    knowledge: Annotated[
        tuple[NodeId, ...],
        Field(max_length=100),
        Editor("Knowledge", "sources", hint="If you don't select any, all sources are used."),
    ] = ()
    threshold: Annotated[
        float,
        Field(ge=0, le=1),
        Editor("Confidence threshold", "slider", hint="Below this, the assistant says it doesn't know."),
    ] = 0.35
    web_search: Annotated[bool, Editor("Search the web if nothing is found", "switch", unavailable=True)] = False
    opening: Annotated[
        Words,
        Editor(
            "Opening (optional)",
            "multiline",
            hint="Said when the call gets here.",
            initial="What would you like to know?",
        ),
    ] = ""
    searching: Annotated[
        Words, Editor("While searching (optional)", "text", placeholder="One moment, let me check.")
    ] = ""
    fallback: Annotated[Words, Editor("When it doesn't know", "multiline", initial="I'm sorry, I don't know that.")]
    instructions: Annotated[
        Words,
        Editor(
            "Instructions (optional)",
            "multiline",
            placeholder="Keep it short. Always give prices with tax.",
            advanced=True,
        ),
    ] = ""
    tools: Annotated[
        tuple[Tool, ...], Editor("Tools", "tools", options={**TOOLS}, advanced=True, unavailable=True)
    ] = ()


class DispatchNode(_Node):
    """Decides where the call goes; says `say` on the way, uses `tool` where one is chosen. It hears nothing itself."""

    info: ClassVar[NodeInfo] = NodeInfo("Decide", "Chooses where the call goes next", "Next step")

    type: Literal["dispatch"] = "dispatch"
    tool: Annotated[
        Tool | None,
        Editor(
            "Tool",
            "select",
            hint="Exits can check whether it worked with tool_ok.",
            options={"": "None", **TOOLS},
            unavailable=True,
        ),
    ] = None
    say: Annotated[Words, Editor("Message (optional)", "multiline")] = ""


class EndNode(_Node):
    """The last words: what happens next, then the goodbye.

    outcome `handoff`: a person is asked for first, and the call ends only when nobody can come.
    """

    info: ClassVar[NodeInfo] = NodeInfo("End", "Ends the call", "Goodbye")

    type: Literal["end"] = "end"
    outcome: Annotated[
        Literal["hang_up", "handoff"],
        Editor(
            "Outcome",
            "segments",
            options={"hang_up": "Hang up", "handoff": "Hand off to a person"},
            unavailable=True,
        ),
    ] = "hang_up"
    next_steps: Annotated[
        Words,
        Editor(
            "Next steps (optional)",
            "multiline",
            hint="Said before the farewell.",
            placeholder="We'll email you tomorrow.",
        ),
    ] = ""
    farewell: Annotated[
        Words,
        Editor(
            "Farewell",
            "multiline",
            initial="Thank you for calling. Goodbye.",
        ),
    ]


Node = Annotated[
    StartNode | LeadGateNode | AnswerNode | ClarifyNode | DispatchNode | EndNode, Field(discriminator="type")
]
AskingNode = LeadGateNode | ClarifyNode


class Note(Frozen):
    """A remark on the canvas; no call ever sees it."""

    id: NodeId
    text: Annotated[Words, Editor("Text", "multiline", initial="")]
    x: float = 0
    y: float = 0


class FlowDefinition(Frozen):
    """One flow. persona: who the assistant is, for the model. fillers: said while a slow answer is on its way."""

    schema_version: Literal[3] = SCHEMA_VERSION
    start: NodeId
    nodes: tuple[Node, ...] = Field(max_length=500)
    edges: tuple[Edge, ...] = Field(default=(), max_length=2000)
    variables: tuple[Variable, ...] = Field(default=(), max_length=200)
    knowledge: tuple[KnowledgeSource, ...] = Field(default=(), max_length=100)
    rules: Rules = Rules()
    persona: Annotated[
        Words,
        Editor(
            "Persona",
            "multiline",
            hint="Instructions for the language model.",
            placeholder="You are Mira, and you help people find an apartment. Friendly, brief, never pushy.",
        ),
    ] = ""
    fillers: Annotated[
        tuple[Line, ...],
        Field(max_length=10),
        Editor(
            "Filler phrases",
            "words",
            hint="Spoken in turn while an answer takes long.",
            placeholder="One moment, please.",
        ),
    ] = ("One moment, please.",)
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
        """What a node answers from, besides knowledge bases."""
        return tuple(Passage(source=item.name, text=text) for item in self._sources(node) for text in item.texts)

    def bases(self, node: Node) -> tuple[str, ...]:
        """Public ids of the knowledge bases that a node answers from."""
        return tuple(dict.fromkeys(item.base for item in self._sources(node) if item.base is not None))

    def _sources(self, node: Node) -> Iterator[KnowledgeSource]:
        source_ids = node.knowledge if isinstance(node, AnswerNode) else ()
        return (item for item in self.knowledge if not item.example and (not source_ids or item.id in source_ids))
