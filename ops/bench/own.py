"""Our own part of a turn, in this process: final words in → first text for the voice, with providers that take no time.

The same dialogue, flow engine, knowledge and rules as on a call. The embedding server answers at once (a made-up vector
per text), no model is asked, nothing goes over a network: what is left is ours.
"""

import gc
import time
import zlib
from collections.abc import Sequence

import numpy as np
from pydantic import SecretStr

from agent_worker.session.dialogue import Dialogue
from ops.bench.sentences import PLAIN
from quantum_app.domain.campaigns import demo
from quantum_app.domain.flows.engine import engine
from quantum_app.domain.flows.model.runtime import CallStarted
from quantum_app.domain.knowledge import flow_knowledge
from quantum_app.providers.nlu import dialogue_models
from quantum_app.settings import OpenAI

ROUNDS = 10


class _NoTime:
    """An embedder without delay."""

    async def query(self, text: str) -> Sequence[float]:
        return np.random.default_rng(zlib.crc32(text.encode())).standard_normal(384).tolist()

    async def passages(self, texts: Sequence[str]) -> list[Sequence[float]]:
        return [await self.query(text) for text in texts]

    async def similarity_range(self) -> tuple[float, float]:
        return 0.0, 1.0


async def overhead() -> list[float]:
    """Seconds from the caller's words to the first piece of the answer, for every plain sentence, ten times."""
    definition = demo.flow()
    embedder = _NoTime()
    knowledge_base = flow_knowledge.of_flow(definition, embedder)
    for item in knowledge_base.values():
        await item.prepare()
    rules = dialogue_models(OpenAI(base_url="", api_key=SecretStr("")), embedder)
    durations: list[float] = []
    gc.collect()
    for number in range(ROUNDS):
        dialogue = Dialogue(definition, engine.opening(definition), rules, knowledge_base, answer_timeout=5)
        await dialogue.react(CallStarted())
        for index, text in enumerate(PLAIN):
            key = f"{number}-{index}"
            began = time.perf_counter()
            pieces = dialogue.generate_speculative([(key, text)], [])
            await anext(pieces)
            durations.append(time.perf_counter() - began)
            await pieces.aclose()
    return durations
