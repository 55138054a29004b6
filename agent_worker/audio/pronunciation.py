"""What is written for the eye, in words for the voice. Captions and transcripts keep it as it is written."""

import re
from collections.abc import AsyncIterable, AsyncIterator

from quantum_app.domain.flows.engine.read_back import spoken_address

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


async def pronounce_addresses(text: AsyncIterable[str]) -> AsyncIterator[str]:
    """The text with each email address as it is said. The last word waits until it is complete."""
    pending = ""
    async for piece in text:
        pending += piece
        end = max(pending.rfind(" "), pending.rfind("\n")) + 1
        if end:
            yield pronounced(pending[:end])
            pending = pending[end:]
    if pending:
        yield pronounced(pending)


def pronounced(text: str) -> str:
    """The text with each email address as it is said."""
    return _ADDRESS.sub(lambda match: spoken_address(match[0]), text)
