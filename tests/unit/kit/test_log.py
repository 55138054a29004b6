import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from quantum_app.errors import Segment
from quantum_app.kit import log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_one_line_of_json_with_stage_and_ids(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    log.logger("a.module", stage=Segment.STT, call_id="c1").info("heard", took_ms=12)
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "heard"
    assert (line["stage"], line["call_id"], line["took_ms"], line["logger"]) == ("STT", "c1", 12, "a.module")


def test_the_standard_library_speaks_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json")
    logging.getLogger("somebody.else").warning("low on %s", "disk")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"]) == ("low on disk", "warning")


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("json", "WARNING")
    log.logger("a.module").info("quiet")
    assert capsys.readouterr().err == ""
