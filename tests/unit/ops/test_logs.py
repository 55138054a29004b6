"""What a part prints, on its way into its log."""

import os
import threading
from pathlib import Path

import pytest

from ops import logs
from ops.logs import Log

pytestmark = pytest.mark.unit


def printed(log: Log, *chunks: bytes) -> str:
    """The log after a part has printed this and ended."""
    out, into = os.pipe()
    reader = threading.Thread(target=log.follow, args=(os.fdopen(out, "rb"),))
    reader.start()
    with os.fdopen(into, "wb", buffering=0) as pipe:
        for chunk in chunks:
            pipe.write(chunk)
    reader.join(20)
    assert not reader.is_alive()
    return log.path.read_text()


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "a.log")


def test_lines_come_as_they_are(log: Log) -> None:
    assert printed(log, b"one\ntw", b"o\n\ngr\xc3\xbc\xc3", b"\x9fe") == "one\ntwo\n\ngrüße\n"


def test_a_part_that_starts_again_goes_on_in_the_same_file(log: Log) -> None:
    printed(log, b"first\n")
    assert printed(log, b"second\n") == "first\nsecond\n"


def test_control_characters_are_written_out(log: Log) -> None:
    text = "\x1b[31mred\x1b[0m\rover\x00\x07\u2028next\u202egnp\x85."
    assert printed(log, text.encode() + b"\xff\n") == (
        "\\x1b[31mred\\x1b[0m\\rover\\x00\\x07\\u2028next\\u202egnp\\x85.\\xff\n"
    )


@pytest.mark.parametrize("letter", [b"x", b"\x00", "ü".encode(), b"\xff"])
def test_a_line_is_cut_whatever_is_in_it(log: Log, letter: bytes) -> None:
    output = printed(log, letter * 500_000, b"\nshort\n")
    first, second, end = output.split("\n")
    assert (second, end) == ("short", "")
    assert first.endswith("…")
    assert logs.LINE - 10 < len(first.encode()) <= logs.LINE


def test_a_flood_is_dropped_and_counted(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "WINDOW_LINES", 3)
    output = printed(log, b"".join(b"%d\n" % number for number in range(1000)))
    assert output == "0\n1\n2\n(too much is logged: lines are being dropped)\n(997 lines dropped)\n"


def test_after_a_flood_lines_are_kept_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "WINDOW_LINES", 1)
    clock = iter(float(second) for second in (0, 4, 8, 12))
    output = printed(Log(tmp_path / "a.log", lambda: next(clock)), b"0\n1\n2\n3\n")
    assert output == "0\n(too much is logged: lines are being dropped)\n(2 lines dropped)\n3\n"


def test_many_bytes_are_a_flood_too(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "WINDOW_BYTES", 100)
    output = printed(log, (b"x" * 60 + b"\n") * 50)
    assert output.count("x" * 60) == 2
    assert "(48 lines dropped)" in output


def test_files_are_rotated_while_a_part_runs(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE", 1000)
    for number in range(100):
        printed(log, b"%d " % number + b"x" * 97 + b"\n")
    files = sorted(log.path.parent.iterdir())
    assert [path.name for path in files] == ["a.log", "a.log.1", "a.log.2"]
    assert all(path.stat().st_size < 1200 for path in files)
    assert "99 x" in log.path.read_text()


def test_a_full_disk_stops_nobody(log: Log) -> None:
    log.path.mkdir()
    out, into = os.pipe()
    reader = threading.Thread(target=log.follow, args=(os.fdopen(out, "rb"),))
    reader.start()
    with os.fdopen(into, "wb", buffering=0) as pipe:
        pipe.write(b"a line\n" * 50_000)  # more than a pipe holds
    reader.join(20)
    assert not reader.is_alive()
