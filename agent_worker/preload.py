"""Imported by the fork server once, so that every call's process has it from the start and shares the memory."""

from importlib import import_module

import numpy as np
from livekit import local_inference

from agent_worker import ear, words

for name in ("agent_worker.job", "psycopg", "anyio._backends._asyncio", "anyio.streams.memory"):
    import_module(name)
ear.model()
ear.judge(np.zeros(ear.RATE, np.float32))
words.wholeness("hello")
local_inference.init_vad()
