"""The `extractive` model: it writes nothing of its own, it quotes the sentences that answer best.

Everything in the messages before the question is its material. With a JSON schema it fills the fields: an enumeration
by the value that means most nearly what was asked, text by the quotation. It exercises the code that talks to an LLM;
it is not one.
"""

import re
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from local_providers.openai.embedder import Embedder

NAME = "extractive"
NO_ANSWER = "I could not find that in what I was given."

_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")
_RELEVANT = 0.0
_NEXT_BEST = 0.01
_NEUTRAL = ("Hello.", "Okay, thank you.", "What do you mean?", "Tell me something.")


class Writer:
    """One answer: the question and the material it may quote."""

    def __init__(self, embedder: Embedder, request_id: str, texts: Sequence[str]) -> None:
        """texts: the messages' texts in order; the last paragraph of the last one is the question."""
        *before, last = texts
        *above, self._question = [part for part in last.split("\n") if part.strip()] or [last]
        material = [piece.strip() for text in [*before, *above] for piece in _SENTENCES.split(text)]
        self._sentences = list(dict.fromkeys(piece for piece in material if len(piece.split()) > 2))
        self._embedder = embedder
        self._request_id = request_id

    async def answer(self) -> str:
        """One sentence, or two that answer equally well, in the order they were given."""
        if not self._sentences:
            return NO_ANSWER
        scores = await self._scores(self._sentences)
        best = float(scores.max())
        if best < _RELEVANT:
            return NO_ANSWER
        best_two = sorted(np.argsort(-scores)[:2])
        return " ".join(self._sentences[index] for index in best_two if scores[index] >= best - _NEXT_BEST)

    async def fill(self, schema: dict[str, Any]) -> Any:
        """A value that fits the JSON schema (objects, enumerations, text, numbers, booleans, lists)."""
        options: list[dict[str, Any]] = schema.get("anyOf") or schema.get("oneOf") or []
        if options:
            return await self.fill(options[0])
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            values = cast(list[Any], schema["enum"])
            return values[int((await self._scores([str(value) for value in values])).argmax())]
        kind = schema.get("type", "object")
        if kind == "object":
            fields: dict[str, dict[str, Any]] = schema.get("properties", {})
            return {name: await self.fill(field) for name, field in fields.items()}
        plain: dict[str, Any] = {"number": 0.5, "integer": 0, "boolean": False, "array": [], "null": None}
        return plain[kind] if kind in plain else await self.answer()

    async def _scores(self, texts: list[str]) -> Any:
        """How much nearer each text is to the question than to talk about nothing: short general sentences are near to
        everything, and the cosine alone would always choose them."""
        question, *neutral = await self._embedder.embed(
            [self._question, *_NEUTRAL], is_query=True, request_id=self._request_id
        )
        vectors = await self._embedder.embed(texts, is_query=False, request_id=self._request_id)
        return np.stack(vectors) @ (question - np.mean(neutral, axis=0))
