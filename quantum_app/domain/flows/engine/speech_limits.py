"""Cutting words that are too long to be spoken: after a sentence where one ends, else after a word."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

# The end of a sentence: a full stop, with what closes after it; in some scripts no space follows.
_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s|$)|[。！？]")
# … also where more of the text may come, as in "3." of "3.50".
_SURE_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？]")
_WORD = re.compile(r"\S(?=\s)")
_WORD_AND_SPACE = re.compile(r"\S\s+")


class Unfinished(Exception):
    """Raised by pieces that stop before their end, as by a limit of tokens: what came last is no whole sentence."""


def shortened(text: str, letters: int) -> str:
    """At most so many characters of the text: whole sentences, or whole words where no sentence ends."""
    if len(text) <= letters:
        return text
    # One more, to see whether a word ends exactly there.
    start = text[: max(0, letters) + 1]
    end = _last(_END, start, letters) or _last(_WORD, start, letters)
    return text[:end].rstrip()


async def limited(pieces: AsyncGenerator[str, None], *, letters: int, seconds: float) -> AsyncGenerator[str, None]:
    """The text as it comes, by whole words, until so many characters were said or so many seconds have passed.

    The first half is passed on at once. After that whole sentences are, so that the text can end with one. Raises
    TimeoutError, or Unfinished, when nothing was said by then.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    length, buffer, complete = 0, "", False
    async with aclosing(pieces):
        while length + len(buffer) <= letters:
            try:
                async with asyncio.timeout_at(until):
                    buffer += await anext(pieces)
            except StopAsyncIteration:
                if buffer:
                    yield buffer
                return
            except (TimeoutError, Unfinished):
                if not length:
                    raise
                break
            end = _last(
                _WORD_AND_SPACE if length + len(buffer) <= letters // 2 else _SURE_END, buffer, letters - length
            )
            if ready := buffer[:end]:
                buffer = buffer[end:]
                length += len(ready)
                complete = _ends_sentence(ready)
                yield ready
    rest = buffer[: letters - length]
    end = _last(_END, buffer, len(rest)) or (0 if complete else _last(_WORD, buffer, len(rest)))
    if not length:
        end = end or len(rest)
    if rest[:end].strip():
        yield rest[:end].rstrip()


def _last(pattern: re.Pattern[str], text: str, most: int) -> int:
    """Where the last match ends, within the first `most` characters; 0 for none."""
    return max((match.end() for match in pattern.finditer(text) if match.end() <= most), default=0)


def _ends_sentence(text: str) -> bool:
    return any(match.end() == len(text.rstrip()) for match in _END.finditer(text))
