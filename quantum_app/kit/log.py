"""Structured logs: one line an event, ids and timings, never what a caller said."""

import logging
import sys
from typing import Any, Literal

import structlog


def configure(fmt: Literal["console", "json"], level: str = "INFO") -> None:
    """Route structlog and the standard library through one handler on stderr. Call once a process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer() if fmt == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def logger(name: str, *, stage: str | None = None, **bound: Any) -> structlog.stdlib.BoundLogger:
    """A logger with its stage and ids bound: `logger(__name__, stage=Segment.STT, call_id=…)`."""
    if stage is not None:
        bound["stage"] = str(stage)
    return structlog.stdlib.get_logger(name, **bound)
