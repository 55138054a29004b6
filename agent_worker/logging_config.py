"""The worker's logs: as everywhere, and LiveKit's debug lines never."""

import logging

from quantum_app.kit.log import configure
from quantum_app.settings import Settings


class _DropLiveKitDebug(logging.Filter):
    """LiveKit sets levels of its own, and its debug lines are many."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.INFO or not record.name.startswith("livekit")


def configure_logging(settings: Settings) -> None:
    """Once a process; job processes write to stderr themselves."""
    configure(settings.log_format, settings.log_level)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_DropLiveKitDebug())
    logging.getLogger("asyncio").setLevel(logging.WARNING)
