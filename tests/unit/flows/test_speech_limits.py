"""What is spoken ends: with a sentence, or at least with a word."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from itertools import repeat

import pytest

from quantum_app.domain.flows.engine.speech_limits import Unfinished, limited, shortened

pytestmark = pytest.mark.unit

SENTENCE = "Pets are welcome in each apartment. "


async def stream(pieces: Iterable[str], *, then: BaseException | None = None) -> AsyncGenerator[str, None]:
    for piece in pieces:
        await asyncio.sleep(0)
        yield piece
    if then is not None:
        raise then


async def joined_text(pieces: AsyncGenerator[str, None], *, letters: int = 200, seconds: float = 60) -> str:
    return "".join([piece async for piece in limited(pieces, letters=letters, seconds=seconds)])


@pytest.mark.parametrize("cut", range(1, 12))
async def test_what_is_short_comes_whole_however_it_is_cut_into_pieces(cut: int) -> None:
    text = f"{SENTENCE * 3}A pet costs 3.50 euros"
    pieces = [text[at : at + cut] for at in range(0, len(text), cut)]
    assert await joined_text(stream(pieces)) == text


@pytest.mark.parametrize("cut", [1, 3, 7, 50, 1000])
async def test_what_has_no_end_ends_with_a_sentence(cut: int) -> None:
    text = SENTENCE * 100
    pieces = (text[at : at + cut] for at in range(0, len(text), cut))
    whole = await joined_text(stream(pieces))
    assert whole == (SENTENCE * 5).strip(), "180 of 200 characters"


async def test_without_sentences_it_ends_with_a_word() -> None:
    whole = await joined_text(stream(repeat("apart", 1)), letters=50)
    assert whole == "apart"
    whole = await joined_text(stream(piece for _ in repeat(None) for piece in ("apart", "ment ")), letters=50)
    assert whole == "apartment " * 4 + "apartment"


async def test_a_sentence_that_began_in_time_and_does_not_end_is_cut_at_a_word() -> None:
    pieces = [SENTENCE, "But ", *repeat("very ", 100)]
    whole = await joined_text(stream(pieces), letters=100)
    assert whole.startswith(f"{SENTENCE}But very ")
    assert whole.endswith(" very")
    assert len(whole) <= 100


async def test_one_endless_word_is_cut_all_the_same() -> None:
    assert await joined_text(stream(repeat("aaaaaaaaaa")), letters=50) == "a" * 50


async def test_the_first_words_are_not_held_back() -> None:
    pieces = limited(stream(repeat("word ")), letters=600, seconds=60)
    assert await anext(pieces) == "word "
    await pieces.aclose()


async def test_text_that_a_limit_of_tokens_cut_ends_with_a_sentence() -> None:
    pieces = stream([*[SENTENCE] * 3, "A pet costs twenty-f"], then=Unfinished())
    assert (await joined_text(pieces, letters=200)).strip() == (SENTENCE * 3).strip()
    with pytest.raises(Unfinished):
        await joined_text(stream(["A"], then=Unfinished()))


async def test_when_the_time_is_up_what_came_is_brought_to_an_end() -> None:
    closed = asyncio.Event()

    async def hanging(first: list[str]) -> AsyncGenerator[str, None]:
        try:
            for piece in first:
                yield piece
            await asyncio.Event().wait()
        finally:
            closed.set()

    whole = await joined_text(hanging([SENTENCE, SENTENCE, SENTENCE, "And it"]), seconds=0.05)
    assert whole.strip() == (SENTENCE * 3).strip()
    assert closed.is_set(), "nobody reads on"
    with pytest.raises(TimeoutError):
        await joined_text(hanging([]), seconds=0.05)


async def test_who_stops_listening_stops_the_source() -> None:
    closed = asyncio.Event()

    async def source() -> AsyncGenerator[str, None]:
        try:
            while True:
                yield "word "
        finally:
            closed.set()

    pieces = limited(source(), letters=600, seconds=60)
    await anext(pieces)
    await pieces.aclose()
    assert closed.is_set()


@pytest.mark.parametrize(
    ("text", "letters", "expected"),
    [
        ("One. Two.", 9, "One. Two."),
        ("One. Two.", 8, "One."),
        ("One two three", 9, "One two"),
        ("One two three", 7, "One two"),
        ("It costs 3.50 euros", 11, "It costs"),
        ("onetwothree", 5, ""),
        ("one", 0, ""),
        ("", 0, ""),
        ("これは。それは。", 5, "これは。"),
    ],
)
def test_texts_are_shortened_where_they_may_end(text: str, letters: int, expected: str) -> None:
    assert shortened(text, letters) == expected
