"""What nodes say, ask, know and use."""

from collections import Counter
from collections.abc import Collection, Iterator

from quantum_app.domain.flows.engine.prompts import EN
from quantum_app.domain.flows.model import expressions, placeholders
from quantum_app.domain.flows.model.definition import (
    AnswerNode,
    ClarifyNode,
    DispatchNode,
    EndNode,
    LeadGateNode,
    Node,
    StartNode,
    Tool,
    Variable,
)
from quantum_app.domain.flows.model.voices import VOICES
from quantum_app.domain.flows.nlu import patterns
from quantum_app.domain.flows.validation.graph import Graph
from quantum_app.domain.flows.validation.problem import Problem, ProblemCode

# Words that a voice speaks in a second, and seconds of speech after which callers stop listening.
_PACE, _LONGEST = 2.5, 60
# Characters of persona and instructions together: a thousand tokens that the model reads before each answer.
_LONGEST_PROMPT = 4000
# Words for the choices of one variable: each is compared with what a caller says.
_MOST_CHOICE_WORDS = 600
# Python's own words cannot be names in conditions.
_RESERVED = frozenset("and or not in is if else for lambda True False None await async from import class def".split())


def find(graph: Graph, tools: Collection[Tool]) -> Iterator[Problem]:
    yield from _placeholders(graph)
    yield from _examples(graph)
    yield from _variables(graph)
    persona = len(graph.definition.persona)
    if persona > _LONGEST_PROMPT:
        yield Problem(
            "prompt_too_long",
            f"The persona has {persona} characters. The model reads it before every answer, which makes answers slow.",
            f"Shorten it to {_LONGEST_PROMPT} characters or less.",
            field="persona",
        )
    for node in graph.nodes.values():
        yield from _unsaid(graph, node)
        yield from _too_long(graph, node)
        if isinstance(node, (LeadGateNode, ClarifyNode)):
            yield from _asks(graph, node)
        if isinstance(node, AnswerNode):
            yield from _answers(graph, node)
        if isinstance(node, StartNode) and node.voice and node.voice not in VOICES:
            yield Problem(
                "voice_unknown",
                f"There is no voice “{node.voice}”.",
                "Choose one from the list. Until then, the default voice is used.",
                node=node.id,
                field="voice",
            )
        if isinstance(node, EndNode) and node.outcome == "hang_up" and not node.next_steps.strip():
            yield Problem(
                "no_next_steps",
                f"“{graph.name(node.id)}” doesn't say what happens next.",
                "Tell the caller what happens next, and when.",
                node=node.id,
                field="next_steps",
            )
        node_tools = (
            node.tools if isinstance(node, AnswerNode) else (node.tool,) if isinstance(node, DispatchNode) else ()
        )
        for tool in node_tools:
            if tool is not None and tool not in tools:
                yield Problem(
                    "tool_unavailable",
                    f"“{graph.name(node.id)}” uses “{tool.replace('_', ' ')}”, which isn't available.",
                    "Remove it. Until then, calls continue as if it had failed.",
                    node=node.id,
                    field="tools" if isinstance(node, AnswerNode) else "tool",
                )


def spoken_texts(node: Node) -> tuple[tuple[str, str], ...]:
    """Every text of a node that is spoken as it stands, with its field."""
    match node:
        case StartNode():
            return (("greeting", node.greeting),)
        case LeadGateNode():
            return (("consent", node.consent), ("intro", node.intro))
        case ClarifyNode():
            return (("intro", node.intro),)
        case AnswerNode():
            return (("opening", node.opening), ("fallback", node.fallback), ("searching", node.searching))
        case DispatchNode():
            return (("say", node.say),)
        case EndNode():
            return (("farewell", node.farewell), ("next_steps", node.next_steps))


def seconds(text: str) -> float:
    """How long a voice speaks it."""
    return len(text.split()) / _PACE


_REQUIRED = {
    "greeting": ("has no greeting", "Write what the assistant says first."),
    "fallback": ("has nothing to say when it doesn't know", "Write what the caller hears then."),
    "farewell": ("has no farewell", "Write a farewell."),
}


def _unsaid(graph: Graph, node: Node) -> Iterator[Problem]:
    for field, text in spoken_texts(node):
        if field in _REQUIRED and not text.strip():
            lack, remedy = _REQUIRED[field]
            yield Problem("words_missing", f"“{graph.name(node.id)}” {lack}.", remedy, node=node.id, field=field)


def _too_long(graph: Graph, node: Node) -> Iterator[Problem]:
    for field, text in spoken_texts(node):
        if (length := seconds(text)) > _LONGEST:
            yield Problem(
                "speech_too_long",
                f"“{graph.name(node.id)}” talks for about {length:.0f} seconds without a pause.",
                f"Shorten it to {_LONGEST} seconds or less, about {_LONGEST * _PACE:.0f} words.",
                node=node.id,
                field=field,
            )
    persona = len(graph.definition.persona)
    if isinstance(node, AnswerNode) and persona + len(node.instructions) > _LONGEST_PROMPT >= persona:
        yield Problem(
            "prompt_too_long",
            f"The persona and the instructions of “{graph.name(node.id)}” have "
            f"{persona + len(node.instructions)} characters. The model reads them before every answer, which makes "
            "answers slow.",
            f"Shorten them to {_LONGEST_PROMPT} characters or less. Facts belong in knowledge.",
            node=node.id,
            field="instructions",
        )


def _asks(graph: Graph, node: LeadGateNode | ClarifyNode) -> Iterator[Problem]:
    name = graph.name(node.id)
    if not node.fields:
        yield Problem(
            "nothing_asked",
            f"“{name}” doesn't ask for anything.",
            "Choose the variables it collects.",
            node=node.id,
            field="fields",
        )
    questioned_names: set[str] = set()
    for item in node.fields:
        variable = graph.variables.get(item.variable)
        field = f"fields.{item.variable}"
        if variable is None:
            yield Problem(
                "unknown_variable",
                f"“{name}” asks for “{item.variable}”, which isn't a variable of this flow.",
                "Add it to the variables, or choose another one.",
                node=node.id,
                field=field,
            )
        elif not variable.ask.strip():
            yield Problem(
                "question_missing",
                f"“{name}” asks for “{item.variable}” with a generated question: "
                f"“{EN.question(variable, {}, again=False)}”",
                "Write the question callers hear.",
                node=node.id,
                field=field,
            )
        elif variable.is_read_back and node.attempts == 1:
            yield Problem(
                "confirm_once",
                f"“{name}” reads “{item.variable}” back but asks only once, so callers can't correct it.",
                "Allow at least two attempts.",
                node=node.id,
                field="attempts",
            )
        if item.variable in questioned_names:
            yield Problem(
                "asked_twice",
                f"“{name}” asks for “{item.variable}” twice.",
                "Remove one of them.",
                node=node.id,
                field=field,
            )
        questioned_names.add(item.variable)


def _answers(graph: Graph, node: AnswerNode) -> Iterator[Problem]:
    name = graph.name(node.id)
    sources_by_id = {source.id: source for source in graph.definition.knowledge}
    for source in node.knowledge:
        if source not in sources_by_id:
            yield Problem(
                "unknown_knowledge",
                f"“{name}” answers from “{source}”, which isn't a knowledge source of this flow.",
                "Choose another source, or add this one.",
                node=node.id,
                field=f"knowledge.{source}",
            )
    sources = (
        [sources_by_id[source] for source in node.knowledge if source in sources_by_id]
        if node.knowledge
        else sources_by_id.values()
    )
    if node.web_search:
        yield Problem(
            "web_search_missing",
            f"“{name}” searches the web, which isn't available, so it finds nothing.",
            "Turn it off, or add knowledge.",
            node=node.id,
            field="web_search",
        )
    own = [source for source in sources if not source.example]
    if any(source.base or any(text.strip() for text in source.texts) for source in own):
        return
    yield Problem(
        "knowledge_missing",
        f"“{name}” has no knowledge to answer from.",
        "Add knowledge.",
        node=node.id,
        field="knowledge",
    )


def _placeholders(graph: Graph) -> Iterator[Problem]:
    for item in placeholders.find(graph.definition):
        yield Problem(
            "placeholder_unfilled",
            f"Fill in: {item.label}.",
            f"Write your own words in place of “[[{item.label}]]”.",
            node=item.node,
            edge=item.edge,
            field=item.field,
        )


def _examples(graph: Graph) -> Iterator[Problem]:
    for source in graph.definition.knowledge:
        if source.example:
            yield Problem(
                "example_knowledge",
                f"“{source.name or source.id}” is sample text and isn't used in calls.",
                "Replace it with your own knowledge, or remove it.",
                field=f"knowledge.{source.id}",
            )


def _variables(graph: Graph) -> Iterator[Problem]:
    for variable in graph.variables.values():
        for code, field, message, remedy in _variable(variable):
            yield Problem(code, message, remedy, field=f"variables.{variable.name}.{field}")
        if variable.pattern and (wrong := patterns.problem(variable.pattern)):
            yield _pattern(variable, wrong)
        if variable.confirm and not variable.is_read_back:
            yield Problem(
                "confirm_needless",
                f"“{variable.name}” is a yes-or-no variable, which isn't read back.",
                "Turn it off.",
                field=f"variables.{variable.name}.confirm",
            )
        for field, text in (("ask", variable.ask), ("ask_again", variable.ask_again)):
            if (length := seconds(text)) > _LONGEST:
                yield Problem(
                    "speech_too_long",
                    f"The question for “{variable.name}” takes about {length:.0f} seconds.",
                    "Ask in one short sentence.",
                    field=f"variables.{variable.name}.{field}",
                )


def _variable(variable: Variable) -> Iterator[tuple[ProblemCode, str, str, str]]:
    """Code, field, message, remedy."""
    name = variable.name
    if name in expressions.BUILT_IN:
        yield "name_taken", "name", f"The name “{name}” is reserved.", "Choose another name."
    elif name in _RESERVED:
        yield "name_taken", "name", f"The name “{name}” is reserved in conditions.", "Choose another name."
    if variable.type == "choice" and not any(item.value.strip() for item in variable.choices):
        yield "choices_missing", "choices", f"“{name}” has no choices.", "Add choices."
    words = [word.casefold().strip() for item in variable.choices for word in {item.value, *item.also}]
    if variable.type == "choice" and len(words) > _MOST_CHOICE_WORDS:
        message = f"The choices of “{name}” have {len(words)} words and synonyms, too many to tell apart on a call."
        yield "choices_too_many", "choices", message, f"Keep {_MOST_CHOICE_WORDS} or fewer."
    if variable.type == "choice" and (twice := sorted(word for word, count in Counter(words).items() if count > 1)):
        yield "choice_twice", "choices", f"“{twice[0]}” stands for two choices of “{name}”.", "Keep it for one of them."
    if variable.minimum is not None and variable.maximum is not None and variable.minimum > variable.maximum:
        yield "range_empty", "minimum", f"The minimum of “{name}” is above its maximum.", "Swap them."


def _pattern(variable: Variable, wrong: str) -> Problem:
    name, field = variable.name, f"variables.{variable.name}.pattern"
    if patterns.was_supported(variable.pattern):
        # No error: published flows with it go on.
        message = f"The pattern of “{name}” may never match. {wrong}"
        return Problem("pattern_unsupported", message, "Remove it, or leave the pattern empty.", field=field)
    message = f"The pattern of “{name}” can't be used. {wrong}"
    return Problem("pattern_invalid", message, "Correct it, or leave it empty.", field=field)
