"""Where sentences end."""

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+(?=[\"'“‘(\[¿¡]*[^\W_a-zà-öø-ÿ])|[。！？]+[」』”]*\s*|\n+")
# An abbreviation, an initial, or the number of an item before the point: the sentence goes on.
_GOES_ON = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Nos|Inc|Ltd|Co|Corp|vs|etc|approx|Fig|Dept|Ave|Blvd|Rd|ca|bzw|z\.B|d\.h|e\.g|i\.e|[A-Z])"
    r"|(?:^|\n)\s*\(?\d{1,3})\.\s+$"
)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence, in order; the space behind a sentence belongs to none."""
    start = 0
    for match in _END.finditer(text):
        if _GOES_ON.search(text, start, match.end()):
            continue
        yield from _trimmed(text, start, match.end())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
