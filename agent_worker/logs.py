"""The worker's logs: ours as everywhere, LiveKit's without what a caller said and without a stack for every retry."""

import logging

from quantum_app.kit.log import configure
from quantum_app.settings import Settings


class _Tame(logging.Filter):
    """LiveKit puts transcripts into debug lines and into `extra`, which is not printed; retries need no stack."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("livekit"):
            if record.levelno < logging.INFO:
                return False
            if record.levelno < logging.ERROR or record.name.startswith("livekit.plugins"):
                record.exc_info = None
                record.exc_text = None
        return True


def set_up(settings: Settings) -> None:
    """Once a process; job processes write to stderr themselves."""
    configure(settings.log_format, settings.log_level)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_Tame())
    for name in ("livekit", "livekit.agents", "livekit.plugins"):
        logging.getLogger(name).setLevel(logging.INFO)
    for name in ("httpx", "httpx2", "openai", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
