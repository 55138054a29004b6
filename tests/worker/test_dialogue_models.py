"""The dialogue models and the embedder: what they say, and how they fail, against the real local servers."""

import asyncio
import hashlib
import json
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest
from livekit.agents import APIConnectOptions
from pydantic import SecretStr
from redis.asyncio import Redis

from quantum_app.domain.campaigns.demo import flow
from quantum_app.domain.flows.model.definition import AnswerNode, Passage, Variable
from quantum_app.domain.flows.model.runtime import Option
from quantum_app.domain.flows.ports import AnswerRequest, ClassifyRequest, DialogueModel, ExtractRequest, ScoredPassage
from quantum_app.domain.knowledge.flow_knowledge import Knowledge
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.ids import new_id
from quantum_app.providers.embeddings import E5_SIMILARITY_RANGE, Embeddings
from quantum_app.providers.nlu import dialogue_models, intent_classifier, llm
from quantum_app.providers.nlu.budget import Budget, BudgetSpent
from quantum_app.providers.nlu.llm import LlmNlu
from quantum_app.providers.nlu.local import LocalNlu
from quantum_app.settings import Embeddings as EmbeddingSettings
from quantum_app.settings import ModelLimits, OpenAI, Settings
from tests.stack import Stack

pytestmark = pytest.mark.provider

FLOW = flow()
PASSAGES = FLOW.passages(next(node for node in FLOW.nodes if isinstance(node, AnswerNode)))
PETS = Passage(source="House rules", text="Pets are welcome. Each apartment may have up to two cats or dogs.")
FEES = Passage(source="House rules", text="A pet costs 25 euros a month.")
FALLBACK = "I do not know that."
Fault = Callable[..., None]
# Nothing listens there: without a server.
AWAY = Embeddings(EmbeddingSettings(base_url="http://127.0.0.1:1"))


def request(question: str = "Do you allow pets?", *passages: tuple[Passage, float], **changes: Any) -> AnswerRequest:
    fields = {
        "passages": tuple(ScoredPassage(passage, score) for passage, score in passages),
        "history": (("caller", "Hello."), ("assistant", "Hello, this is Mira."), ("caller", question)),
        "persona": "You are Mira.",
        "fallback": FALLBACK,
        "threshold": 0.35,
    }
    return AnswerRequest(question=question, **(fields | changes))


async def answer_text(dialogue_model: DialogueModel, answer_request: AnswerRequest) -> str:
    return "".join([piece async for piece in dialogue_model.answer(answer_request)])


@pytest.fixture
def providers(stack: Stack) -> Stack:
    stack.need("providers")
    return stack


@pytest.fixture
async def model(providers: Stack) -> AsyncIterator[LlmNlu]:
    """The language model against the local chat server."""
    local = providers.settings.local_providers
    dialogue_model = LlmNlu(OpenAI(base_url=f"http://127.0.0.1:{local.port}/v1", api_key=local.key, model="extractive"))
    yield dialogue_model
    await dialogue_model.aclose()


@pytest.fixture
def fault(providers: Stack) -> Iterator[Fault]:
    """`fault("chat", status=500)` until the test ends."""
    local = providers.settings.local_providers

    def admin(method: str, endpoint: str, body: dict[str, Any] | None) -> None:
        admin_request = urllib.request.Request(
            f"http://127.0.0.1:{local.port}/admin/faults/{endpoint}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {local.key.get_secret_value()}"},
        )
        urllib.request.urlopen(admin_request, timeout=10).close()

    yield lambda endpoint, **fault_fields: admin("PUT", endpoint, fault_fields)
    for endpoint in ("chat", "embeddings"):
        admin("DELETE", endpoint, None)


# Without a language model


async def test_the_best_passage_is_the_answer() -> None:
    assert await answer_text(LocalNlu(AWAY), request("Do you allow pets?", (PETS, 0.9), (FEES, 0.5))) == PETS.text


async def test_a_second_passage_joins_when_it_fits_nearly_as_well() -> None:
    deposit = Passage(source="Fees", text="The deposit for a pet is 200 euros.")
    model, question = LocalNlu(AWAY), "What does a pet cost?"
    both = await answer_text(model, request(question, (FEES, 0.9), (deposit, 0.85)))
    assert both == f"{FEES.text} {deposit.text}"
    assert await answer_text(model, request(question, (FEES, 0.9), (deposit, 0.7))) == FEES.text
    assert await answer_text(model, request(question, (FEES, 0.9), (PETS, 0.85))) == FEES.text


@pytest.mark.parametrize("make", [lambda _: LocalNlu(AWAY), lambda model: model], ids=["rules", "llm"])
async def test_without_knowledge_the_fallback_is_said(model: LlmNlu, make: Callable[[LlmNlu], DialogueModel]) -> None:
    assert await answer_text(make(model), request("Do you sell cars?")) == FALLBACK
    assert await answer_text(make(model), request("Do you sell cars?", (PETS, 0.34))) == FALLBACK


@pytest.mark.parametrize("make", [lambda _: LocalNlu(AWAY), lambda model: model], ids=["rules", "llm"])
async def test_the_last_words_are_said_again(model: LlmNlu, make: Callable[[LlmNlu], DialogueModel]) -> None:
    assert await answer_text(make(model), request("Sorry, what was that?", (PETS, 0.9))) == "Hello, this is Mira."
    assert await answer_text(make(model), request("What?", history=())) == FALLBACK


def test_which_dialogue_models_answer_follows_from_the_settings() -> None:
    alone = Settings(openai=OpenAI(api_key=SecretStr(""), base_url=""))
    assert [type(dialogue_model) for dialogue_model in dialogue_models(alone.openai, AWAY)] == [LocalNlu]
    both = Settings(openai=OpenAI(base_url="http://127.0.0.1:1/v1"))
    assert [type(dialogue_model) for dialogue_model in dialogue_models(both.openai, AWAY)] == [LlmNlu, LocalNlu]


# With a language model


async def test_the_model_answers_from_the_knowledge_in_pieces(model: LlmNlu) -> None:
    pieces = [piece async for piece in model.answer(request("Do you allow pets?", (PETS, 0.9), (FEES, 0.8)))]
    assert len(pieces) > 3
    assert "pet" in "".join(pieces).lower()
    assert model.tokens.prompt_tokens > 20
    assert model.tokens.completion_tokens > 3


async def test_the_plugin_asks_for_structured_output(model: LlmNlu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm, "_UNDERSTAND", 20.0)
    wishes = (
        Option(id="bill", description="A question about the bill"),
        Option(id="repair", description="Something is broken and needs repair"),
    )
    assert (await model.classify(ClassifyRequest("my heating is broken", wishes))).choice in {"bill", "repair", None}
    read = model.tokens.prompt_tokens
    assert read > 20
    rooms = Variable(name="rooms", type="number", ask="How many rooms?")
    # The local model fills in nothing where it may leave something out.
    assert await model.extract(ExtractRequest("two", (rooms,), datetime.now(UTC), "rooms")) == {}
    assert model.tokens.prompt_tokens > read


@pytest.mark.parametrize(
    "fault_fields",
    [{"status": 500}, {"status": 429}, {"status": 401}, {"silence": True}, {"delay_ms": 3000, "drop_after_ms": 50}],
    ids=str,
)
async def test_a_model_that_fails_is_named(
    model: LlmNlu, fault: Fault, fault_fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(llm, "_CONNECT", APIConnectOptions(max_retry=0, timeout=0.5))
    fault("chat", **fault_fields)
    began = time.monotonic()
    with pytest.raises(DependencyUnavailable) as failure:
        await answer_text(model, request("Do you allow pets?", (PETS, 0.9)))
    assert failure.value.component is Component.LLM
    assert time.monotonic() - began < 5


async def test_no_server_at_all_is_named(unused_tcp_port: int) -> None:
    dialogue_model = LlmNlu(OpenAI(base_url=f"http://127.0.0.1:{unused_tcp_port}/v1"))
    with pytest.raises(DependencyUnavailable):
        await answer_text(dialogue_model, request("Do you allow pets?", (PETS, 0.9)))
    await dialogue_model.aclose()


class EndlessModel:
    """A server that goes on writing until the reader leaves; what no real model does within a test."""

    def __init__(self, *, breaks_after: int | None = None) -> None:
        self.closed = asyncio.Event()
        self._breaks_after = breaks_after

    async def __aenter__(self) -> LlmNlu:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._dialogue_model = LlmNlu(
            OpenAI(base_url=f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1")
        )
        return self._dialogue_model

    async def __aexit__(self, *_: object) -> None:
        await self._dialogue_model.aclose()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        count = 0
        while not writer.is_closing() and count != self._breaks_after:
            choice = {"index": 0, "delta": {"content": "word "}, "finish_reason": None}
            chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
            event = b"data: " + json.dumps(chunk).encode() + b"\n\n"
            writer.write(b"%x\r\n%s\r\n" % (len(event), event))
            count += 1
            try:
                await writer.drain()
            except ConnectionError:
                break
            await asyncio.sleep(0.005)
        self.closed.set()
        writer.transport.abort()


async def test_who_stops_listening_closes_the_connection() -> None:
    server = EndlessModel()
    async with server as dialogue_model, asyncio.timeout(10):
        async with aclosing(dialogue_model.answer(request("Pets?", (PETS, 0.9)))) as pieces:
            assert await anext(pieces) == "word "
        await server.closed.wait()
        assert dialogue_model.tokens.prompt_tokens > 20
        assert dialogue_model.tokens.completion_tokens == 2


async def test_a_cancelled_answer_closes_the_connection() -> None:
    server = EndlessModel()
    async with server as dialogue_model, asyncio.timeout(10):
        received = asyncio.Event()

        async def listen() -> None:
            async for _ in dialogue_model.answer(request("Pets?", (PETS, 0.9))):
                received.set()

        listening = asyncio.create_task(listen())
        await received.wait()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await server.closed.wait()


async def test_a_stream_that_breaks_off_is_named_after_its_words() -> None:
    async with EndlessModel(breaks_after=3) as dialogue_model, asyncio.timeout(10):
        pieces = dialogue_model.answer(request("Pets?", (PETS, 0.9)))
        assert [await anext(pieces) for _ in range(3)] == ["word "] * 3
        with pytest.raises(DependencyUnavailable) as failure:
            await anext(pieces)
    assert failure.value.component is Component.LLM


async def test_a_model_that_does_not_stop_is_cut_short(model: LlmNlu, fault: Fault) -> None:
    fault("chat", endless=True)
    words = await answer_text(model, request("Do you allow pets?", (PETS, 0.9)))
    assert 300 < len(words) <= ModelLimits().letters
    assert words.strip().endswith(("?", "."))
    rooms = Variable(name="rooms", type="text", ask="Which rooms?")
    with pytest.raises(DependencyUnavailable):
        await model.extract(ExtractRequest("two", (rooms,), datetime.now(UTC), "rooms"))


async def test_a_model_that_writes_for_too_long_is_cut_short() -> None:
    limits = ModelLimits(letters=1_000_000, seconds=0.3)
    server = EndlessModel()
    async with server as dialogue_model, asyncio.timeout(20):
        dialogue_model._limits = limits
        words = await answer_text(dialogue_model, request("Pets?", (PETS, 0.9)))
        await server.closed.wait()
    assert words.startswith("word word")
    assert set(words.split()) == {"word"}


async def test_an_answer_cut_by_its_tokens_is_no_half_sentence(model: LlmNlu) -> None:
    model._limits = ModelLimits(tokens=16, letters=60)
    words = await answer_text(model, request("Do you allow pets?", (PETS, 0.9)))
    assert words.endswith(("?", "."))


async def test_a_prompt_that_is_too_long_is_not_sent(model: LlmNlu) -> None:
    model._limits = ModelLimits(prompt_letters=1000)
    with pytest.raises(DependencyUnavailable):
        await answer_text(model, request("Do you allow pets?", (PETS, 0.9), history=(("caller", "words " * 1000),)))
    assert model.tokens.prompt_tokens == 0


@pytest.fixture
def redis_url(stack: Stack) -> str:
    stack.need("valkey")
    return stack.settings.redis.url.get_secret_value()


async def test_a_call_whose_budget_is_spent_is_answered_by_the_rules(model: LlmNlu, redis_url: str) -> None:
    model.budget = Budget(ModelLimits(call_tokens=1), new_id(), redis_url)
    questions = request("Do you allow pets?", (PETS, 0.9))
    assert "pet" in (await answer_text(model, questions)).lower()
    with pytest.raises(BudgetSpent) as spent:
        await answer_text(model, questions)
    assert spent.value.component is Component.LLM
    assert await answer_text(LocalNlu(AWAY), questions) == PETS.text


async def test_the_calls_of_a_day_share_their_accounts_budget(model: LlmNlu, redis_url: str) -> None:
    account_id, limits = new_id(), ModelLimits(day_tokens=1)
    questions = request("Do you allow pets?", (PETS, 0.9))
    first = model.budget = Budget(limits, account_id, redis_url)
    await answer_text(model, questions)
    await first.aclose()
    later, other = Budget(limits, account_id, redis_url), Budget(limits, new_id(), redis_url)
    with pytest.raises(BudgetSpent):
        await later.check()
    await other.check()
    async with Redis.from_url(redis_url) as redis:
        (key,) = await redis.keys(f"qv:tokens:{hashlib.sha256(account_id.bytes).hexdigest()[:32]}:*")
        assert int(await redis.get(key)) == model.tokens.prompt_tokens + model.tokens.completion_tokens
        assert 86_400 < await redis.ttl(key) <= 2 * 86_400
    for budget in (later, other):
        await budget.aclose()


async def test_without_redis_a_call_goes_on_within_its_own_budget(model: LlmNlu, unused_tcp_port: int) -> None:
    limits = ModelLimits(call_tokens=1)
    model.budget = Budget(limits, new_id(), f"redis://127.0.0.1:{unused_tcp_port}/0")
    questions = request("Do you allow pets?", (PETS, 0.9))
    assert await answer_text(model, questions)
    with pytest.raises(BudgetSpent):
        await answer_text(model, questions)


# Embeddings


@pytest.fixture
async def embedder(providers: Stack) -> AsyncIterator[Embeddings]:
    embedder = Embeddings(providers.settings.embeddings)
    yield embedder
    await embedder.aclose()


async def test_the_same_question_is_embedded_once(embedder: Embeddings, fault: Fault) -> None:
    first = await embedder.query("Do you allow pets?")
    fault("embeddings", status=500)
    assert await embedder.query("Do you allow pets?") is first
    with pytest.raises(DependencyUnavailable):
        await embedder.query("Do you allow cats?")


async def test_meaning_finds_what_words_do_not(embedder: Embeddings) -> None:
    knowledge = Knowledge(PASSAGES, embedder)
    by_words = (await knowledge.search("Can I surf at home?", 1))[0]
    await knowledge.prepare()
    by_meaning = (await knowledge.search("Can I surf at home?", 1))[0]
    assert by_words.score == 0
    assert by_meaning.passage.source == "Utilities"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Embeddings may take their time: a busy machine is no reason to decide by words here."""
    monkeypatch.setattr(intent_classifier, "PATIENCE", 20.0)


WISHES = (
    Option(id="see", description="The caller wants to see the apartment", examples=("Can I book a viewing?",)),
    Option(id="broken", description="A tenant reports something that is broken"),
    Option(id="leave", description="The caller wants to end the lease"),
)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("when could I come by and have a look", "see"),
        ("The heating has been cold since yesterday.", "broken"),
        ("we are moving out in May and want to give notice", "leave"),
        ("which bus goes to the lake", None),
    ],
)
async def test_meaning_tells_wishes_apart(embedder: Embeddings, text: str, choice: str | None) -> None:
    classification = await LocalNlu(embedder).classify(ClassifyRequest(text, WISHES))
    assert classification.choice == choice
    assert 0.3 < classification.confidence <= 1
    assert {name for name, _ in classification.candidates} == {"see", "broken", "leave"}


@pytest.mark.usefixtures("patient")
async def test_each_signal_is_judged_by_itself(embedder: Embeddings) -> None:
    angry = Option(id="angry", description="The caller is annoyed and complains")
    urgent = Option(id="urgent", description="It is an emergency")
    dialogue_model = LocalNlu(embedder)
    classification = await dialogue_model.classify(
        ClassifyRequest("this is unacceptable I have been waiting for weeks and nobody cares", (), (angry, urgent))
    )
    assert classification.choice is None
    assert classification.signals == ("angry",)
    assert (await dialogue_model.classify(ClassifyRequest("do you have a garden", (), (angry, urgent)))).signals == ()


@pytest.mark.usefixtures("patient")
async def test_options_are_embedded_once(embedder: Embeddings) -> None:
    questions: list[str] = []

    class Counting:
        async def query(self, text: str) -> Sequence[float]:
            questions.append(text)
            return await embedder.query(text)

        async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
            return await embedder.passages(texts)

        async def similarity_range(self) -> tuple[float, float] | None:
            return await embedder.similarity_range()

    dialogue_model = LocalNlu(Counting())
    await dialogue_model.prepare(WISHES)
    ahead = len(questions)
    for number in range(3):
        await dialogue_model.classify(ClassifyRequest(f"the door of room {number} is broken", WISHES))
    assert questions[ahead:] == [f"the door of room {number} is broken" for number in range(3)]


@pytest.mark.usefixtures("patient")
async def test_more_options_than_are_kept_are_compared_all_the_same(
    embedder: Embeddings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intent_classifier, "_VECTOR_CACHE_SIZE", 2)
    monkeypatch.setattr(intent_classifier, "_OPTION_CACHE_SIZE", 1)
    few = await LocalNlu(embedder).classify(ClassifyRequest("I would like to come for a viewing", WISHES))
    monkeypatch.undo()
    many = await LocalNlu(embedder).classify(ClassifyRequest("I would like to come for a viewing", WISHES))
    assert few.choice is not None
    assert few == many


async def test_without_embeddings_words_tell_wishes_apart() -> None:
    dialogue_model = LocalNlu(AWAY)
    await dialogue_model.prepare(WISHES)
    classification = await dialogue_model.classify(ClassifyRequest("I would like a viewing of the apartment", WISHES))
    assert classification.choice == "see"
    assert (await dialogue_model.classify(ClassifyRequest("is there a swimming pool", WISHES))).choice is None
    assert (await dialogue_model.classify(ClassifyRequest("", WISHES))).choice is None
    assert (await dialogue_model.classify(ClassifyRequest("hello", ()))).choice is None


async def test_embeddings_that_come_late_are_not_waited_for(embedder: Embeddings, fault: Fault) -> None:
    fault("embeddings", delay_ms=3000)
    began = time.monotonic()
    classification = await LocalNlu(embedder).classify(ClassifyRequest("something is broken here", WISHES))
    assert time.monotonic() - began < 1.5
    assert classification.choice == "broken"


async def test_embeddings_of_another_model_are_not_trusted() -> None:
    class Other:
        """A server with a model of the same length that means something else by its numbers."""

        async def query(self, text: str) -> list[float]:
            return [float((hash(text) >> place % 60) & 1) for place in range(384)]

        async def passages(self, texts: object) -> list[list[float]]:
            raise AssertionError(texts)

    classification = await LocalNlu(Other()).classify(
        ClassifyRequest("I would like a viewing of the apartment", WISHES)
    )
    assert classification.choice == "see"


async def test_questions_and_passages_are_embedded_differently(embedder: Embeddings) -> None:
    assert await embedder.similarity_range() == E5_SIMILARITY_RANGE
    [passage] = await embedder.passages(["two cats"])
    query = await embedder.query("two cats")
    assert len(passage) == len(query) == 384
    assert list(passage) != list(query)


@pytest.mark.parametrize("fault_fields", [{"status": 500}, {"delay_ms": 3000, "drop_after_ms": 50}], ids=str)
async def test_an_embedding_server_that_fails_is_named(
    embedder: Embeddings, fault: Fault, fault_fields: dict[str, Any]
) -> None:
    fault("embeddings", **fault_fields)
    with pytest.raises(DependencyUnavailable) as failure:
        await embedder.query("Do you allow pets?")
    assert failure.value.component is Component.RAG


async def test_a_slow_embedding_server_costs_no_more_than_patience(embedder: Embeddings, fault: Fault) -> None:
    knowledge = Knowledge(PASSAGES, embedder)
    await knowledge.prepare()
    fault("embeddings", delay_ms=5000)
    began = time.monotonic()
    best = (await knowledge.search("Do you allow pets?", 1))[0]
    assert time.monotonic() - began < 4
    assert best.passage.source == "House rules"
