"""Imported by the fork server once, so that every call's process has it from the start and shares the memory."""

from importlib import import_module

import numpy as np
from livekit import local_inference

from agent_worker.turn_detection import audio_features, semantic_completeness

for name in ("agent_worker.session.entrypoint", "psycopg", "anyio._backends._asyncio", "anyio.streams.memory"):
    import_module(name)
audio_features.load_model()
audio_features.predict(np.zeros(audio_features.RATE, np.float32))
semantic_completeness.embeds_as_trained()
local_inference.init_vad()
