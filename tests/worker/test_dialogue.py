"""Answers that are prepared ahead, several times, and become the truth once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from livekit.agents import llm

from agent_worker.session.agent import split_conversation
from agent_worker.session.dialogue import Dialogue
from quantum_app.domain.calls.schemas import EndReason
from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.model.definition import AnswerNode, Value
from quantum_app.domain.flows.model.runtime import CallStarted, Timer
from quantum_app.domain.flows.ports import AnswerRequest, Classification, ClassifyRequest, DialogueModel, ExtractRequest
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.providers.nlu.local import LocalNlu

pytestmark = pytest.mark.unit


class NoEmbedder:
    """An embedding server that is away: the search goes by words."""

    async def query(self, text: str) -> list[float]:
        raise DependencyUnavailable(Component.RAG, "away")

    async def passages(self, texts: list[str]) -> list[list[float]]:
        raise DependencyUnavailable(Component.RAG, "away")


class Failing:
    """A dialogue model that is away, or never answers."""

    def __init__(self, *, hangs: bool) -> None:
        self._hangs = hangs
        self.request_event = asyncio.Event()

    async def classify(self, request: ClassifyRequest) -> Classification:
        raise DependencyUnavailable(Component.LLM, "away")

    async def extract(self, request: ExtractRequest) -> dict[str, Value]:
        raise DependencyUnavailable(Component.LLM, "away")

    async def answer(self, request: AnswerRequest) -> AsyncIterator[str]:
        self.request_event.set()
        if self._hangs:
            await asyncio.Event().wait()
        raise DependencyUnavailable(Component.LLM, "away")
        yield ""


class Late(Failing):
    """A dialogue model whose answer comes when nobody waits for it any more."""

    def __init__(self) -> None:
        super().__init__(hangs=True)
        self.release = asyncio.Event()

    async def answer(self, request: AnswerRequest) -> AsyncIterator[str]:
        self.request_event.set()
        await self.release.wait()
        yield "Pets are welcome."


async def dialogue(*dialogue_models: DialogueModel, timeout: float = 0.2) -> Dialogue:
    flow = demo.flow()
    searchers = flow_knowledge.of_flow(flow, NoEmbedder())
    talk = Dialogue(
        flow, engine.opening(flow), dialogue_models or (LocalNlu(NoEmbedder()),), searchers, answer_timeout=timeout
    )
    await talk.react(CallStarted())
    return talk


async def say(talk: Dialogue, *turns: tuple[str, str]) -> str:
    return "".join([piece async for piece in talk.generate_speculative(turns, ())])


async def test_preparing_changes_nothing_and_confirming_does() -> None:
    talk = await dialogue()
    before = talk.state
    assert "welcome" in await say(talk, ("a", "Do you allow pets?"))
    await say(talk, ("b", "Do you allow pets? Goodbye!"))
    assert talk.state == before
    reply = talk.commit("a")
    assert reply is not None
    assert reply.end_reason is None
    assert talk.state.turn == 1
    assert not talk.state.ended


async def test_a_goodbye_that_was_not_one_is_taken_back() -> None:
    talk = await dialogue()
    await say(talk, ("a", "Goodbye"))
    first = talk.commit("a")
    assert first is not None
    assert first.end_reason is EndReason.GOODBYE
    assert talk.state.ended
    answer = await say(talk, ("a", "Goodbye"), ("b", "is what I say last, but first: do you allow pets?"))
    second = talk.commit("b")
    assert second is not None
    assert second.end_reason is None or "welcome" in answer
    assert talk.state.turn == 1


async def test_two_pieces_of_one_sentence_are_one_question() -> None:
    talk = await dialogue()
    await say(talk, ("a", "I would like to know if"))
    talk.commit("a")
    answer = await say(talk, ("a", "I would like to know if"), ("b", "you allow pets."))
    assert "welcome" in answer


@pytest.mark.parametrize("hangs", [False, True])
async def test_the_next_dialogue_model_answers_for_one_that_fails(hangs: bool) -> None:
    talk = await dialogue(Failing(hangs=hangs), LocalNlu(NoEmbedder()))
    assert "welcome" in await say(talk, ("a", "Do you allow pets?"))
    reply = talk.get("a")
    assert reply is not None
    assert [component for component, _ in reply.failures] == [Component.LLM]


async def test_an_answer_that_is_given_up_changes_nothing_any_more() -> None:
    dialogue_model = Failing(hangs=True)
    talk = await dialogue(dialogue_model, timeout=60)
    node = next(node for node in talk.definition.nodes if isinstance(node, AnswerNode))
    answering = asyncio.create_task(say(talk, ("a", "Do you allow pets?")))
    await dialogue_model.request_event.wait()
    talk.commit("a")
    assert talk.state.pending is not None
    talk.cancel_pending()
    words, ends, _ = await talk.react(Timer(kind="turn"))
    assert words == (node.fallback,)
    assert ends is None
    state = talk.state
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    assert talk.state == state
    assert not state.conversation.response_pending


async def test_an_answer_that_comes_after_it_was_given_up_changes_nothing() -> None:
    dialogue_model = Late()
    talk = await dialogue(dialogue_model, timeout=60)
    answering = asyncio.create_task(say(talk, ("a", "Do you allow pets?")))
    await dialogue_model.request_event.wait()
    talk.commit("a")
    talk.cancel_pending()
    await talk.react(Timer(kind="turn"))
    state = talk.state
    dialogue_model.release.set()
    assert "welcome" in await answering
    assert talk.state == state


async def test_an_answer_that_was_interrupted_is_not_waited_for() -> None:
    dialogue_model = Failing(hangs=True)
    talk = await dialogue(dialogue_model, timeout=60)
    answering = asyncio.create_task(say(talk, ("a", "Do you allow pets?")))
    await dialogue_model.request_event.wait()
    talk.commit("a")
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    talk.interrupt()
    assert talk.state.pending is None
    assert "welcome" not in await say(talk, ("b", "Hello."))


async def test_without_any_dialogue_model_the_nodes_fallback_is_said() -> None:
    talk = await dialogue(Failing(hangs=False))
    node = next(node for node in talk.definition.nodes if isinstance(node, AnswerNode))
    assert await say(talk, ("a", "Do you allow pets?")) == node.fallback


async def test_a_node_has_words_of_its_own_while_it_looks() -> None:
    talk = await dialogue()
    assert talk.node_filler == ""
    nodes = tuple(
        node.model_copy(update={"searching": "I am looking."}) if node.id == "answers" else node
        for node in talk.definition.nodes
    )
    talk.definition = talk.definition.model_copy(update={"nodes": nodes})
    assert talk.node_filler == "I am looking."
    assert talk.fillers == (*talk.definition.fillers, "I am looking.")


def test_what_was_not_answered_aloud_belongs_to_the_question() -> None:
    context = llm.ChatContext.empty()
    context.add_message(role="assistant", content="Hello.", created_at=1.0)
    context.add_message(role="user", content="I would like to", created_at=5.0)
    context.add_message(role="user", content="know the rent.", created_at=7.0)
    utterances, history = split_conversation(context, lambda _: True)
    assert [text for _, text in utterances] == ["I would like to", "know the rent."]
    assert history == [("assistant", "Hello.")]


def test_what_was_said_long_before_does_not() -> None:
    context = llm.ChatContext.empty()
    context.add_message(role="user", content="Hello?", created_at=5.0)
    context.add_message(role="user", content="Do you allow pets?", created_at=30.0)
    utterances, history = split_conversation(context, lambda _: True)
    assert [text for _, text in utterances] == ["Do you allow pets?"]
    assert history == [("caller", "Hello?")]


@pytest.mark.parametrize(
    ("typed", "replied", "texts"),
    [
        ("first second", "first", ["And parking?"]),
        ("first second", "", ["Do you allow pets?", "And parking?"]),
        ("second", "first", ["And parking?"]),
        ("first", "first", ["And parking?"]),
        ("", "first", ["Do you allow pets?", "And parking?"]),
    ],
)
def test_what_was_answered_in_writing_belongs_to_no_other_message(typed: str, replied: str, texts: list[str]) -> None:
    context = llm.ChatContext.empty()
    for key, text in (("first", "Do you allow pets?"), ("second", "And parking?")):
        extra = {"typed": "1"} if key in typed else {}
        context.insert(llm.ChatMessage(id=key, role="user", content=[text], extra=extra))
    utterances, history = split_conversation(context, lambda key: key in replied.split())
    assert [text for _, text in utterances] == texts
    assert len(history) == 2 - len(texts)
