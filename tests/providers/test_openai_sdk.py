"""OpenAI's own SDK against the real process."""

from collections.abc import AsyncIterator

import numpy as np
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.providers.support import KEY, Server

pytestmark = pytest.mark.provider

MATERIAL = """You are Mira, the assistant of Northquay. Answer from the passages only.
We are open from nine to five on weekdays. Pets are welcome in all our buildings. Parking costs 80 dollars a month.
The deposit is one month of rent. To apply you need a passport and three payslips."""


@pytest.fixture
async def client(server: Server) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key=KEY, base_url=f"{server.http}/v1", max_retries=0) as client:
        yield client


def asking(question: str) -> list[ChatCompletionMessageParam]:
    return [{"role": "system", "content": MATERIAL}, {"role": "user", "content": question}]


async def test_a_question_is_nearest_to_the_passage_that_answers_it(client: openai.AsyncOpenAI) -> None:
    texts = ["We are open from nine to five.", "Pets are welcome.", "The deposit is one month of rent."]
    passages = await client.embeddings.create(
        model="multilingual-e5-small", input=texts, extra_body={"input_type": "passage"}
    )
    question = await client.embeddings.create(
        model="multilingual-e5-small", input="Can I keep a dog?", extra_body={"input_type": "query"}
    )
    matrix = np.array([item.embedding for item in passages.data])
    assert matrix.shape == (3, 384)
    assert np.allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-3)
    assert [item.index for item in passages.data] == [0, 1, 2]
    assert (matrix @ np.array(question.data[0].embedding)).argmax() == 1
    assert passages.usage.total_tokens > 10


async def test_one_text_is_the_same_alone_in_a_batch_and_again(client: openai.AsyncOpenAI) -> None:
    texts = [f"This is the passage with the number {number}." for number in range(40)]
    batch = await client.embeddings.create(model="multilingual-e5-small", input=texts, encoding_format="float")
    again = await client.embeddings.create(model="multilingual-e5-small", input=[texts[7], texts[7]])
    assert np.allclose(batch.data[7].embedding, again.data[0].embedding, atol=1e-6)
    assert again.data[0].embedding == again.data[1].embedding


@pytest.mark.parametrize("texts", [[], "", ["one", ""], ["text"] * 2049])
async def test_inputs_that_cannot_be_embedded(client: openai.AsyncOpenAI, texts: list[str] | str) -> None:
    with pytest.raises(openai.BadRequestError):
        await client.embeddings.create(model="multilingual-e5-small", input=texts)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Can I bring my dog?", "Pets are welcome in all our buildings."),
        ("What papers do I need?", "To apply you need a passport and three payslips."),
        ("How much is the deposit?", "The deposit is one month of rent."),
    ],
)
async def test_it_quotes_the_sentence_that_answers(client: openai.AsyncOpenAI, question: str, answer: str) -> None:
    completion = await client.chat.completions.create(model="extractive", messages=asking(question))
    assert answer in (completion.choices[0].message.content or "")
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


async def test_an_answer_keeps_to_its_limit_of_tokens(client: openai.AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(
        model="extractive", messages=asking("Can I bring my dog?"), max_completion_tokens=6
    )
    assert (completion.choices[0].message.content or "").startswith("Pets")
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage
    assert completion.usage.completion_tokens <= 6


async def test_it_says_when_nothing_answers(client: openai.AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(
        model="extractive", messages=asking("What is the capital of Mongolia?")
    )
    assert completion.choices[0].message.content == "I could not find that in what I was given."


async def test_a_stream_says_the_same_and_ends_with_its_usage(client: openai.AsyncOpenAI) -> None:
    whole = await client.chat.completions.create(model="extractive", messages=asking("How much is parking?"))
    stream = await client.chat.completions.create(
        model="extractive",
        messages=asking("How much is parking?"),
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert not chunks[-1].choices
    assert chunks[-1].usage == whole.usage
    assert all(chunk.usage is None for chunk in chunks[:-1])


async def test_a_schema_is_filled(client: openai.AsyncOpenAI) -> None:
    completion = await client.chat.completions.create(
        model="extractive",
        messages=asking("Can I bring my dog?"),
        response_format={
            "type": "json_schema",
            "json_schema": {
                "name": "intent",
                "schema": {
                    "type": "object",
                    "properties": {"edge": {"enum": ["a question about pets", "a question about parking"]}},
                },
            },
        },
    )
    assert completion.choices[0].message.content == '{"edge": "a question about pets"}'


async def test_models_are_named_and_others_unknown(client: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["extractive", "multilingual-e5-small"]
    with pytest.raises(openai.NotFoundError) as error:
        await client.chat.completions.create(model="gpt-4.1", messages=asking("Hello"))
    assert error.value.code == "model_not_found"


async def test_a_wrong_key_is_refused(server: Server) -> None:
    async with openai.AsyncOpenAI(api_key="wrong", base_url=f"{server.http}/v1", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError) as error:
            await stranger.models.list()
        assert error.value.code == "invalid_api_key"
