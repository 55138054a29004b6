"""Email addresses in words, wherever the pieces of a text are cut."""

from collections.abc import AsyncIterator

import pytest

from agent_worker.audio.pronunciation import pronounce_addresses

pytestmark = pytest.mark.unit


async def pronounce(*pieces: str) -> str:
    async def text() -> AsyncIterator[str]:
        for piece in pieces:
            yield piece

    return "".join([piece async for piece in pronounce_addresses(text())])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Write to hello@northquay.example.", "Write to hello at northquay dot example."),
        ("I have anna.smith@gmail.com, is that right?", "I have anna dot smith at gmail dot com, is that right?"),
        ("j_brandt-99@gmx.de", "J underscore brandt dash 9 9 at G M X dot D E"),
        ("Meet us @ 5 or at northquay.example", "Meet us @ 5 or at northquay.example"),
        ("", ""),
    ],
)
async def test_addresses_are_said_in_words(text: str, words: str) -> None:
    assert await pronounce(text) == words
    assert await pronounce(*text) == words


async def test_other_words_do_not_wait() -> None:
    async def text() -> AsyncIterator[str]:
        yield "The office is "
        raise AssertionError("the rest was asked for first")

    assert await anext(pronounce_addresses(text())) == "The office is "
