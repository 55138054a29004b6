"""Structured logs: one line per event, with IDs and timings, never with what a caller said.

Frameworks, servers and clients may put requests, cookies or user data into their messages. So their lines keep only the
logger, the level, where it was logged, and the message if it is a literal in the code. Exceptions keep type and
location, never their text. `configure` applies this to the whole process, whoever adds handlers later.
"""

import errno
import inspect
import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast

import structlog

LINE = 2000  # bytes of a line
_VALUE = 400  # characters of a value
_TRACE = 1000  # characters of an event, and of an exception's trace
_SHORT_VALUE = 80  # characters of a value in a line that would be too long
_FRAMES = 8  # innermost frames of an exception
_CHAIN = 4  # exceptions in a chain of causes
_CALLERS = 12  # frames to search for the literal, from here outward
_MAX_SEARCHED = 100_000  # characters of a message to search for fields
# The safe fields in Reflex's message about a failed event.
_REFLEX_FIELDS = {
    "handler": re.compile(r"\bname='([A-Za-z_][\w.]{0,150})'"),
    "txid": re.compile(r"\[txid=([\w-]{1,64})"),
}
_BASIC = ("timestamp", "level", "logger", "event", "message", "error")
NOISY = ("httpx", "httpx2", "httpcore", "openai", "aiohttp.access", "alembic")

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class _Event(dict[str, Any]):
    """One of our own events, passing through the standard library."""


def configure(fmt: Literal["console", "json"], level: str = "INFO") -> None:
    """Route structlog and the standard library through one handler on stderr. Call once per process."""
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _replace_exception,
        _escape_values,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(colors=False, repr_native_str=True)
    )
    structlog.configure(
        processors=[
            *processors,
            lambda _, __, event: _Event(event),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _shorten(renderer)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.setLogRecordFactory(_record)
    logging.raiseExceptions = False  # would print a line that can't be written, with all its values
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: _uncaught((kind, error, trace), "uncaught")
    threading.excepthook = lambda args: _uncaught(
        (args.exc_type, args.exc_value, args.exc_traceback), "uncaught in a thread"
    )
    sys.unraisablehook = lambda args: _uncaught((args.exc_type, args.exc_value, args.exc_traceback), "not raisable")
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def logger(name: str, *, stage: str | None = None, **bound: Any) -> structlog.stdlib.BoundLogger:
    """A logger with its stage and IDs bound: `logger(__name__, stage=Component.STT, call_id=…)`.

    An event has a stable key, `area.verb_past`, to search and alert by; a sentence for people goes into `message`:
    `log.info("call.opened", message="The assistant joined the call.", resumed=True)`.
    """
    if stage is not None:
        bound["stage"] = str(stage)
    return structlog.stdlib.get_logger(name, **bound)


def escape(text: str, max_length: int) -> str:
    """At most `max_length` characters, marked if cut, with line breaks and terminal controls escaped."""
    text = text if len(text) <= max_length else f"{text[:max_length]}…"
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _uncaught(error: ExcInfo, event: str) -> None:
    if error[0] is None or not issubclass(error[0], KeyboardInterrupt):
        logger("uncaught").critical(event, exc_info=error)


def _record(
    name: str,
    level: int,
    path: str,
    line: int,
    message: Any,
    arguments: Any,
    exc_info: Any,
    function: str | None = None,
    stack: str | None = None,
    **more: Any,
) -> logging.LogRecord:
    """A log record: one of ours unchanged, any other sanitized."""
    if not isinstance(message, _Event) and path:  # without a path, it's about to become a copy of another record
        message, arguments, exc_info = _sanitized_message(path, line, message, exc_info), (), None
    return logging.LogRecord(name, level, path, line, message, arguments, exc_info, function, None, **more)


def _sanitized_message(path: str, line: int, message: Any, exc_info: Any) -> str:
    literal = isinstance(message, str) and _literal(message)
    parts = [message if literal else f"at {_place(path)}:{line}"]
    if not literal:
        text = str(message)[:_MAX_SEARCHED]
        parts += [f"{field}={match[1]}" for field, pattern in _REFLEX_FIELDS.items() if (match := pattern.search(text))]
    error = cast(ExcInfo, exc_info)[1] if isinstance(exc_info, tuple) else None
    if error is not None:
        parts.append(f"{_kind(error)}: {trace(error)}")
    return " ".join(parts)


def _literal(message: str) -> bool:
    """Whether the message is a literal in the code that logs it."""
    frame = inspect.currentframe()
    for _ in range(_CALLERS):
        if frame is None:
            break
        if message in frame.f_code.co_consts:
            return True
        frame = frame.f_back
    return False


def trace(error: BaseException | None) -> str:
    """The locations of an exception and its causes, with their types, innermost last."""
    causes: list[str] = []
    while error is not None and len(causes) < _CHAIN:
        codes = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)][-_FRAMES:]
        places = " > ".join(f"{_place(code.co_filename)}:{line} {code.co_name}" for code, line in codes)
        causes.append(f"{_kind(error)} ({places})" if causes else places)
        error = _cause(error)
    return " from ".join(causes)


def _cause(error: BaseException) -> BaseException | None:
    if isinstance(error, BaseExceptionGroup):
        return cast(BaseExceptionGroup[BaseException], error).exceptions[0]
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _kind(error: BaseException) -> str:
    number = getattr(error, "errno", None) if isinstance(error, OSError) else None
    return f"{type(error).__name__} {errno.errorcode.get(number, '')}".strip() if number else type(error).__name__


def _place(path: str) -> str:
    return "/".join(Path(path).parts[-3:])


def _replace_exception(_: Any, __: str, event: Any) -> Any:
    """Replace an exception by its type and trace."""
    exc_info = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    error: Any = cast(tuple[Any, ...], exc_info)[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        event.setdefault("error", _kind(error))
        event["trace"] = trace(error)
    return event


def _escape_values(_: Any, __: str, event: Any) -> Any:
    return {name: _value(name, value) for name, value in event.items()}


def _value(name: str, value: Any) -> Any:
    if name.startswith("_") or value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return _kind(value)
    return escape(str(value), _TRACE if name in {"event", "message", "trace"} else _VALUE)


def _shorten(render: Callable[[Any, str, Any], str]) -> Callable[[Any, str, Any], str]:
    """Wrap the renderer to keep lines within `LINE` bytes. Shortens values first, then leaves most of them out."""

    def rendered(to: Any, method: str, event: Any) -> str:
        line = render(to, method, dict(event))
        for names in (list(event), _BASIC):
            if len(line.encode(errors="backslashreplace")) <= LINE:
                break
            short = {name: escape(str(event[name]), _SHORT_VALUE) for name in names if name in event}
            line = render(to, method, short | {"cut": True})
        return line

    return rendered
