"""The runner: whoever fails, the next takes its place, and the call goes on with words."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.engine.runner import (
    MAX_SPEECH,
    ProviderFailed,
    Runner,
    Searcher,
    SpeechChunk,
    StateChanged,
)
from quantum_app.domain.flows.model.conditions import Expression, Fallback, Intent
from quantum_app.domain.flows.model.definition import (
    AnswerNode,
    DispatchNode,
    Edge,
    EndNode,
    FlowDefinition,
    KnowledgeSource,
    Passage,
    StartNode,
    Value,
    Variable,
)
from quantum_app.domain.flows.model.rules import HandoffRules, Rules
from quantum_app.domain.flows.model.runtime import (
    CallerSaid,
    CallStarted,
    FlowEvent,
)
from quantum_app.domain.flows.model.state import FlowState
from quantum_app.domain.flows.ports import (
    AnswerRequest,
    Classification,
    ClassifyRequest,
    DialogueModel,
    ExtractRequest,
    ScoredPassage,
)
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.errors import Component, DependencyUnavailable

pytestmark = pytest.mark.unit

FLOW = FlowDefinition(
    start="start",
    nodes=(
        StartNode(id="start", greeting="Hello."),
        AnswerNode(id="answers", fallback="I do not know that."),
        DispatchNode(id="look", tool="search_faq"),
        DispatchNode(id="book", tool="book_appointment"),
        EndNode(id="bye", farewell="Goodbye."),
    ),
    edges=(
        Edge(id="1", source="start", target="answers", condition=Fallback()),
        Edge(id="2", source="answers", target="look", condition=Intent(description="wants it looked up")),
        Edge(id="3", source="answers", target="book", condition=Intent(description="wants an appointment")),
        Edge(id="4", source="answers", target="bye", condition=Fallback()),
        Edge(id="5", source="look", target="answers", condition=Expression(expression="tool_ok")),
        Edge(id="6", source="look", target="bye", condition=Fallback()),
        Edge(id="7", source="book", target="answers", condition=Fallback()),
    ),
    knowledge=(KnowledgeSource(id="k", name="House rules", texts=("Pets are welcome in each apartment.",)),),
    rules=Rules(handoff=HandoffRules(wish=True)),
)


class Away:
    """Nobody understands, words or embeds."""

    async def query(self, text: str) -> Sequence[float]:
        raise DependencyUnavailable(Component.RAG, "away")

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        raise DependencyUnavailable(Component.RAG, "away")

    async def classify(self, request: ClassifyRequest) -> Classification:
        raise DependencyUnavailable(Component.LLM, "away")

    async def extract(self, request: ExtractRequest) -> dict[str, Value]:
        raise DependencyUnavailable(Component.LLM, "away")

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        raise DependencyUnavailable(Component.LLM, "away")
        yield ""


class Understands(Away):
    """Chooses one edge always, and answers with the best passage, piece by piece."""

    def __init__(self, choice: str | None = None) -> None:
        self._choice = choice

    async def classify(self, request: ClassifyRequest) -> Classification:
        return Classification(self._choice, 1.0)

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        for piece in request.usable[0].passage.text.split(" "):
            yield f"{piece} "


class Endless(Understands):
    async def answer(self, request: AnswerRequest) -> AsyncGenerator[str, None]:
        while True:
            yield "and on "


class Stuck(Away):
    async def classify(self, request: ClassifyRequest) -> Classification:
        await asyncio.Event().wait()
        raise AssertionError("nobody waits for that long")


class Broken:
    async def search(self, question: str, limit: int) -> Sequence[ScoredPassage]:
        raise DependencyUnavailable(Component.RAG, "away")


async def first_answer(
    models: Sequence[DialogueModel], text: str, searchers: dict[str, Searcher] | None = None, **options: object
) -> tuple[str, FlowState, list[Component]]:
    """What is answered to the first words of a call; the state after them; what failed meanwhile."""
    searchers_by_source = dict[str, Searcher](flow_knowledge.of_flow(FLOW, Away())) if searchers is None else searchers
    runner = Runner(FLOW, models, searchers_by_source, answer_timeout=0.2, **options)  # type: ignore[arg-type]
    state, words, failed = engine.opening(FLOW), "", list[Component]()
    events: list[FlowEvent] = [CallStarted(), CallerSaid(text=text)]
    for event in events:
        words = ""
        async for item in runner.run(state, event):
            match item:
                case StateChanged():
                    state = item.state
                case SpeechChunk():
                    words += f" {item.text}" if item.begins else item.text
                case ProviderFailed():
                    failed.append(item.component)
                case _:
                    pass
    return words.strip(), state, failed


class Unsure(Understands):
    """Takes a question for an intent, not quite sure."""

    async def classify(self, request: ClassifyRequest) -> Classification:
        return Classification("3", 0.6)


class Counting:
    """Knowledge that counts how often it is searched for the same words."""

    def __init__(self) -> None:
        self.questions: list[str] = []

    async def search(self, question: str, limit: int) -> Sequence[ScoredPassage]:
        self.questions.append(question)
        return [ScoredPassage(Passage(source="House", text="Pets are welcome."), 0.9)]


async def test_an_utterance_is_searched_once_for_its_intent_and_its_answer() -> None:
    searcher = Counting()
    node = next(node for node in FLOW.nodes if isinstance(node, AnswerNode))
    words, _, _ = await first_answer([Unsure()], "Are pets welcome?", {node.id: searcher})
    assert words == "Pets are welcome."
    assert searcher.questions == ["Are pets welcome?"]


async def test_pieces_of_an_answer_belong_together() -> None:
    words, state, failed = await first_answer([Understands()], "Are pets welcome?")
    assert words == "Pets are welcome in each apartment."
    assert (state.answering.answered, failed) == (True, [])


async def test_the_next_one_understands_and_answers_for_one_that_fails_or_hangs() -> None:
    for first in (Away(), Stuck()):
        words, _, failed = await first_answer([first, Understands()], "Are pets welcome?")
        assert words == "Pets are welcome in each apartment."
        assert failed == [Component.LLM], "it is not waited for twice in one turn"


async def test_what_is_spoken_in_one_turn_has_an_end_whoever_wrote_it() -> None:
    words, state, failed = await first_answer([Endless()], "Are pets welcome?")
    assert MAX_SPEECH - 20 < len(words) <= MAX_SPEECH
    assert words.split()[-1] in {"and", "on"}
    assert (state.answering.answered, failed) == (True, [])


async def test_a_callers_words_cannot_blow_up_what_the_flow_says() -> None:
    start = StartNode(id="start", greeting="{name} " * 500)
    name = Variable(name="name", type="text")
    loud = FLOW.model_copy(update={"nodes": (start, *FLOW.nodes[1:]), "variables": (name,)})
    runner = Runner(loud, [Understands()], {})
    event = CallStarted(values={"name": "Pneumono Ultra Microscopic " * 10})
    texts = [item.text async for item in runner.run(engine.opening(loud), event) if isinstance(item, SpeechChunk)]
    assert 1000 < sum(map(len, texts)) <= MAX_SPEECH


async def test_with_nobody_the_fallback_is_said() -> None:
    words, state, failed = await first_answer([Away()], "Are pets welcome?")
    assert words == "I do not know that."
    assert state.pending is None
    assert failed == [Component.LLM, Component.LLM]


async def test_a_search_that_fails_is_an_answer_not_found() -> None:
    broken: dict[str, Searcher] = {"answers": Broken()}
    words, state, failed = await first_answer([Understands()], "Are pets welcome?", broken)
    assert words == "I do not know that."
    assert (state.pending, failed) == (None, [Component.RAG])


async def test_the_knowledge_is_a_tool_and_others_are_not_connected() -> None:
    words, state, _ = await first_answer([Understands("2")], "Look up pets, welcome in each apartment")
    assert words.startswith("Pets are welcome in each apartment.")
    assert (state.node, state.answering.tool_ok) == ("answers", True)
    words, state, _ = await first_answer([Understands("2")], "Please look up the weather")
    assert words == "I'm sorry, that didn't work just now. Goodbye."
    words, state, _ = await first_answer([Understands("3")], "I need an appointment")
    assert words.startswith("I'm sorry, that didn't work just now.")
    assert (state.node, state.answering.tool_ok) == ("answers", False)


async def test_without_operators_nobody_is_free() -> None:
    words, state, _ = await first_answer([Understands()], "Can I talk to a person?")
    assert words.endswith("Nobody is available right now, but I'm happy to keep helping you.")
    words, state, _ = await first_answer([Understands()], "Can I talk to a person?", operators=True)
    assert state.handoff.status == "requested"
