"""Structured logs: one line an event, ids and timings, never what a caller said.

Our own events say what they mean to say. Whatever else logs in the process (frameworks, servers, clients) may put a
request, a cookie or somebody's words into a message, so of theirs a line keeps only what stands in the code: the
logger, the level, the message as a literal, where it was logged. Of an exception, everybody's lines keep the type and
the places, and no text. `configure` does that for the whole process, whoever adds handlers later.
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
_TRACE = 1000  # characters of an event, and of an exception's places
_SHORT_VALUE = 80  # characters of a value in a line that would have been too long
_FRAMES = 8  # places of one exception, the innermost
_CHAIN = 4  # exceptions that led to one another
_CALLERS = 12  # frames in which a message is looked for, from here outwards
_SEARCHED = 100_000  # characters of a message in which a name is looked for
# What Reflex says of an event that failed, besides all that was in it.
_SAID = {
    "handler": re.compile(r"\bname='([A-Za-z_][\w.]{0,150})'"),
    "txid": re.compile(r"\[txid=([\w-]{1,64})"),
}
_BASIC = ("timestamp", "level", "logger", "event", "error")
NOISY = ("httpx", "httpx2", "httpcore", "openai", "aiohttp.access", "alembic")

ExcInfo = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


class _Event(dict[str, Any]):
    """An event of ours on its way through the standard library."""


def configure(fmt: Literal["console", "json"], level: str = "INFO") -> None:
    """Route structlog and the standard library through one handler on stderr. Call once a process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _places,
        _safe,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if fmt == "json"
        else structlog.dev.ConsoleRenderer(colors=False, repr_native_str=True)
    )
    structlog.configure(
        processors=[
            *shared,
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
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _short(renderer)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.setLogRecordFactory(_record)
    logging.raiseExceptions = False  # a line that cannot be written would be printed with all its values
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: _uncaught((kind, error, trace), "uncaught")
    threading.excepthook = lambda args: _uncaught(
        (args.exc_type, args.exc_value, args.exc_traceback), "uncaught in a thread"
    )
    sys.unraisablehook = lambda args: _uncaught((args.exc_type, args.exc_value, args.exc_traceback), "not raisable")
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def logger(name: str, *, stage: str | None = None, **bound: Any) -> structlog.stdlib.BoundLogger:
    """A logger with its stage and ids bound: `logger(__name__, stage=Component.STT, call_id=…)`."""
    if stage is not None:
        bound["stage"] = str(stage)
    return structlog.stdlib.get_logger(name, **bound)


def escaped(text: str, longest: int) -> str:
    """At most `longest` characters, a mark that it was cut, and escapes for what ends a line or steers a terminal."""
    text = text if len(text) <= longest else f"{text[:longest]}…"
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
    """A record of the standard library: ours as it is, any other without a word that came from outside."""
    if not isinstance(message, _Event) and path:  # one without is about to become a copy of another
        message, arguments, exc_info = _told(path, line, message, exc_info), (), None
    return logging.LogRecord(name, level, path, line, message, arguments, exc_info, function, None, **more)


def _told(path: str, line: int, message: Any, exc_info: Any) -> str:
    literal = isinstance(message, str) and _literal(message)
    said = [message if literal else f"at {_place(path)}:{line}"]
    if not literal:
        text = str(message)[:_SEARCHED]
        said += [f"{what}={found[1]}" for what, pattern in _SAID.items() if (found := pattern.search(text))]
    error = cast(ExcInfo, exc_info)[1] if isinstance(exc_info, tuple) else None
    if error is not None:
        said.append(f"{_kind(error)}: {trace(error)}")
    return " ".join(said)


def _literal(message: str) -> bool:
    """Whether the message stands so in the code that logs it: nothing was put into it."""
    frame = inspect.currentframe()
    for _ in range(_CALLERS):
        if frame is None:
            break
        if message in frame.f_code.co_consts:
            return True
        frame = frame.f_back
    return False


def trace(error: BaseException | None) -> str:
    """Where an exception came from, and those behind it: types and places, the innermost last."""
    told: list[str] = []
    while error is not None and len(told) < _CHAIN:
        codes = [(frame.f_code, line) for frame, line in traceback.walk_tb(error.__traceback__)][-_FRAMES:]
        places = " > ".join(f"{_place(code.co_filename)}:{line} {code.co_name}" for code, line in codes)
        told.append(f"{_kind(error)} ({places})" if told else places)
        error = _behind(error)
    return " from ".join(told)


def _behind(error: BaseException) -> BaseException | None:
    if isinstance(error, BaseExceptionGroup):
        return cast(BaseExceptionGroup[BaseException], error).exceptions[0]
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _kind(error: BaseException) -> str:
    number = getattr(error, "errno", None) if isinstance(error, OSError) else None
    return f"{type(error).__name__} {errno.errorcode.get(number, '')}".strip() if number else type(error).__name__


def _place(path: str) -> str:
    return "/".join(Path(path).parts[-3:])


def _places(_: Any, __: str, event: Any) -> Any:
    """In the place of an exception: its type and where it came from."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if given is True:
        given = sys.exc_info()
    error: Any = cast(tuple[Any, ...], given)[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event.setdefault("error", _kind(error))
        event["trace"] = trace(error)
    return event


def _safe(_: Any, __: str, event: Any) -> Any:
    return {name: _value(name, value) for name, value in event.items()}


def _value(name: str, value: Any) -> Any:
    if name.startswith("_") or value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return _kind(value)
    return escaped(str(value), _TRACE if name in {"event", "trace"} else _VALUE)


def _short(render: Callable[[Any, str, Any], str]) -> Callable[[Any, str, Any], str]:
    """The renderer for lines of at most `LINE` bytes: values are cut first, and left out if that is not enough."""

    def rendered(to: Any, method: str, event: Any) -> str:
        whole = render(to, method, dict(event))
        for names in (list(event), _BASIC):
            if len(whole.encode(errors="backslashreplace")) <= LINE:
                break
            short = {name: escaped(str(event[name]), _SHORT_VALUE) for name in names if name in event}
            whole = render(to, method, short | {"cut": True})
        return whole

    return rendered
