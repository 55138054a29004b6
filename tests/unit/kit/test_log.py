import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from quantum_app.errors import Component
from quantum_app.kit import log
from tests.examples import examples

pytestmark = pytest.mark.unit

CANARY = "qvcanary-words"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, factory = root.handlers[:], root.level, logging.getLogRecordFactory()
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    levels = {name: logging.getLogger(name).level for name in log.NOISY}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.setLogRecordFactory(factory)
    logging.raiseExceptions = True
    logging.captureWarnings(False)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def fail() -> None:
    try:
        raise KeyError(CANARY)
    except KeyError as error:
        raise ValueError(f"of {CANARY}") from error


def test_one_line_of_json_with_stage_and_ids(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    bound = log.logger("a.module", stage=Component.STT, call_id="c1")
    bound.info("turn.heard", message="The caller has finished.", took_ms=12)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["message"]) == ("turn.heard", "The caller has finished.")
    assert (line["stage"], line["call_id"], line["took_ms"], line["logger"]) == ("STT", "c1", 12, "a.module")


def test_the_standard_library_speaks_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    logging.getLogger("somebody.else").warning("low on disk")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["logger"]) == ("low on disk", "warning", "somebody.else")


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json", "WARNING")
    log.logger("a.module").info("quiet")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("fmt", ["json", "console"])
def test_of_a_framework_only_what_stands_in_its_code_is_kept(fmt: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(fmt, "DEBUG")  # type: ignore[arg-type]
    other = logging.getLogger("somebody.else")
    other.debug("a literal with %s", CANARY)
    other.error(f"put together with {CANARY}")
    other.error(ValueError(CANARY))
    other.error({"cookie": CANARY})
    other.error("more %s", "x", extra={"transcript": CANARY}, stack_info=True)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"about {CANARY}", stacklevel=1)
    output = capsys.readouterr().err
    assert CANARY not in output
    assert "a literal with %s" in output
    assert output.count("kit/test_log.py:") == 3
    assert "py.warnings" in output
    assert len(output.splitlines()) == 6


def test_a_handler_added_later_is_told_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    """Servers and frameworks bring handlers of their own, also for loggers that do not propagate."""
    log.configure("json")
    other = logging.Logger("server")
    other.addHandler(logging.StreamHandler(sys.stderr))
    try:
        fail()
    except ValueError:
        other.exception(f"Application raised for {CANARY}")
    output = capsys.readouterr().err
    assert CANARY not in output
    assert "ValueError: " in output


def test_an_event_without_a_handler_leaves_its_name_and_nothing_that_came_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("json")
    event = f"Event(token='tab', name='designing.renamed', router_data={{'cookie': '{CANARY}'}}, payload={{}})"
    logging.getLogger("reflex_base.event").error(f"Error processing event queue entry for {event} [txid=1-a]:")
    line = json.loads(capsys.readouterr().err)
    assert line["event"].endswith("handler=designing.renamed txid=1-a")
    assert CANARY not in line["event"]


@pytest.mark.parametrize("fmt", ["json", "console"])
def test_an_exception_is_type_and_places(fmt: str, capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(fmt)  # type: ignore[arg-type]
    try:
        fail()
    except ValueError as error:
        log.logger("ours").exception("failed")
        log.logger("ours").error("failed", exc_info=error)
        log.logger("ours").error("failed", error=error)
        logging.getLogger("theirs").error("failed", exc_info=error)
    output = capsys.readouterr().err
    assert CANARY not in output
    assert len(output.splitlines()) == 4
    assert output.count("ValueError") == 4
    assert output.count("KeyError") == 3
    assert output.count(f"kit/test_log.py:{fail.__code__.co_firstlineno + 2} fail") == 3


def test_groups_of_exceptions_tell_of_their_first(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    log.logger("ours").error("failed", exc_info=ExceptionGroup(CANARY, [OSError(28, CANARY)]))
    output = capsys.readouterr().err
    assert CANARY not in output
    assert "OSError ENOSPC" in output


def test_what_nobody_catches_is_told_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except ValueError:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    output = capsys.readouterr().err
    assert CANARY not in output
    assert output.count('"error": "ValueError"') == 2


@given(text=st.text(), fmt=st.sampled_from(["json", "console"]))
@settings(max_examples=examples(60))
def test_no_value_makes_a_line_of_its_own(text: str, fmt: str) -> None:
    log.configure(fmt)  # type: ignore[arg-type]
    record = logging.getLogger().handlers[0]
    lines: list[str] = []
    record.emit = lambda entry: lines.append(record.format(entry))  # type: ignore[method-assign]
    log.logger("ours").info(
        "heard", first=text * 50, second={text: [text]}, third=text, **{f"n{n}": text for n in "12"}
    )
    (line,) = lines
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert len(line.encode()) <= log.LINE
    if fmt == "json":
        assert json.loads(line)["event"] == "heard"


def test_a_terminal_is_told_where_a_value_ends(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("console")
    log.logger("ours").info("login refused", user="x' admin=True\n2026 [info] FORGED\x1b[2J")
    output = capsys.readouterr().err
    assert len(output.splitlines()) == 1
    assert "\x1b" not in output
    assert "user=\"x' admin=True" in output
