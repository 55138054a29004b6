"""The models, loaded once and shared by all requests."""

import os
from dataclasses import dataclass

import numpy as np

from local_providers.deepgram.recognizer import Recognizer
from local_providers.deepgram.synthesizer import Synthesizer
from local_providers.deepgram.vad import VadModel
from local_providers.openai.embedder import Embedder
from local_providers.scheduler import PriorityExecutor, Timings


@dataclass(frozen=True)
class Engines:
    """executor: at most two passes at once, each on one thread; more calls wait by priority."""

    recognizer: Recognizer
    vad: VadModel
    synthesizer: Synthesizer
    embedder: Embedder
    executor: PriorityExecutor
    timings: Timings


def load(whisper_model: str) -> Engines:
    """Load and warm everything; blocks for seconds. Raises what a model raises that cannot be loaded."""
    size = max(1, min(2, os.cpu_count() or 1))
    timings = Timings()
    executor = PriorityExecutor(size, timings)
    engines = Engines(Recognizer(whisper_model, size), VadModel(), Synthesizer(), Embedder(executor), executor, timings)
    voice = engines.synthesizer.speak("Hello there, one moment please.")
    engines.synthesizer.speak("Good morning.")
    engines.recognizer.recognize(voice[: len(voice) // 3 * 2].astype(np.float32))
    engines.embedder.encode(["hello"], is_query=True)
    return engines
