"""The spool keeps every acknowledged record, and never makes one up."""

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_worker.persistence import spool as module
from agent_worker.persistence.spool import Record, SpoolLocked, WriteAheadSpool, encode, frame, parse, read
from quantum_app.domain.calls.schemas import CallEnd, CallEvent, Checkpoint, EndReason
from quantum_app.kit.clock import now
from tests.examples import examples
from tests.worker.records import HEADER, conversations

pytestmark = pytest.mark.unit

busy = settings(max_examples=examples(30))
RECORD = CallEvent(HEADER.call_id, 1, "assistant.joined", now())


@pytest.fixture(scope="module", autouse=True)
def _no_disk() -> Iterator[None]:
    """Waiting for the disk says nothing about what is in the file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fdatasync", lambda descriptor: None)
        yield


def _filled(folder: Path, records: list[Record]) -> tuple[Path, list[int]]:
    """A closed spool, and the file's size after its header and after each record."""
    spool = WriteAheadSpool.open(folder, HEADER)
    sizes = [spool.path.stat().st_size]
    for record in records:
        spool.append(record)
        sizes.append(spool.path.stat().st_size)
    spool.close()
    return spool.path, sizes


def _whole(sizes: list[int], upto: int) -> int:
    """How many records lie entirely before this offset."""
    return sum(size <= upto for size in sizes[1:])


@busy
@given(conversations())
def test_reads_what_was_appended(records: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, sizes = _filled(Path(folder), records)
        content = read(path)
    assert content.header == HEADER
    assert list(content.records) == records
    assert content.size == sizes[-1]


@busy
@given(conversations(), st.data())
def test_a_cut_file_gives_all_records_before_the_cut(records: list[Record], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, sizes = _filled(Path(folder), records)
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole)))
        content = parse(whole[:cut])
    assert list(content.records) == records[: _whole(sizes, cut)]
    assert (content.header == HEADER) == (cut >= sizes[0])


@busy
@given(conversations(), st.data())
def test_a_changed_byte_costs_what_follows_and_nothing_else(records: list[Record], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, sizes = _filled(Path(folder), records)
        damaged = bytearray(path.read_bytes())
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(damaged)
        content = read(path)
        expected = records[: _whole(sizes, at)] if at >= sizes[0] else []
        assert list(content.records) == expected
        # Going on with a damaged spool keeps a copy of what could not be read, and loses nothing that follows.
        with_more = WriteAheadSpool.open(Path(folder), HEADER)
        assert path.with_suffix(module.DAMAGED_SUFFIX).read_bytes() == bytes(damaged)
        for record in records:
            with_more.append(record)
        with_more.close()
        assert list(read(path).records) == [*expected, *records]


@busy
@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_at_all_are_read_without_an_error(noise: bytes, after_header: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, _ = _filled(Path(folder), [])
        content = parse(path.read_bytes() + noise if after_header else noise)
    assert content.records == ()


@busy
@given(conversations(), conversations(), st.data())
def test_a_torn_tail_is_cut_off_before_more_is_written(
    first: list[Record], second: list[Record], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, sizes = _filled(Path(folder), first)
        size = data.draw(st.integers(0, len(path.read_bytes())))
        os.truncate(path, size)
        spool = WriteAheadSpool.open(Path(folder), HEADER)
        before = first[: _whole(sizes, size)]
        assert list(spool.content.records) == before
        for record in second:
            spool.append(record)
        spool.close()
        assert list(read(path).records) == [*before, *second]


def test_a_well_formed_frame_of_another_kind_stops_reading(tmp_path: Path) -> None:
    path, sizes = _filled(tmp_path, [])
    for payload in (b"{}", b'{"turn": {}}', b'{"unheard": {"of": 1}}', b'{"event": [1]}', b"[1]", b"\xff"):
        content = parse(path.read_bytes() + frame(payload))
        assert (content.records, content.size) == ((), sizes[0])


def test_records_of_an_earlier_version_are_read_under_their_new_names(tmp_path: Path) -> None:
    path, _ = _filled(tmp_path, [])
    call, at = f'"call_id":"{HEADER.call_id}"', '"at":"2026-11-30T12:00:00Z"'
    event = f'{{"event":{{{call},"seq":1,"kind":"fallback",{at},"data":{{"segment":"LLM","error":"Timeout"}}}}}}'
    end = f'{{"end":{{{call},"status":"abandoned","reason":"ghost","ended_at":"2026-11-30T12:00:01Z"}}}}'
    state = f'{{"event":{{{call},"seq":2,"kind":"flow_state",{at},"data":{{"sealed":"…"}}}}}}'
    content = parse(path.read_bytes() + b"".join(frame(item.encode()) for item in (event, state, end)))
    fallback, checkpoint, call_end = content.records
    assert isinstance(fallback, CallEvent)
    assert (fallback.kind, fallback.data) == ("fallback.used", {"component": "LLM", "error": "Timeout"})
    assert isinstance(checkpoint, Checkpoint)
    assert (checkpoint.seq, checkpoint.encrypted_state) == (2, "…")
    assert isinstance(call_end, CallEnd)
    assert call_end.reason is EndReason.NO_AUDIO


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    spool = WriteAheadSpool.open(tmp_path, HEADER)
    with pytest.raises(SpoolLocked):
        WriteAheadSpool.open(tmp_path, HEADER, wait=0.05)
    assert WriteAheadSpool.try_lock(spool.path) is None
    spool.close()
    spool_lock = WriteAheadSpool.try_lock(spool.path)
    assert spool_lock is not None
    spool_lock.remove()
    assert WriteAheadSpool.try_lock(spool.path) is None


def test_a_spool_removed_while_another_waits_for_it_is_made_anew(tmp_path: Path) -> None:
    """A writer must never write into a file that has no name any more."""
    for _ in range(20):
        first = WriteAheadSpool.open(tmp_path, HEADER)
        with ThreadPoolExecutor(1) as other:
            waiting = other.submit(WriteAheadSpool.open, tmp_path, HEADER, wait=10)
            first.remove()
            second = waiting.result(10)
        second.append(RECORD)
        assert list(read(first.path).records) == [RECORD]
        second.remove()


def test_a_record_the_disk_refuses_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = WriteAheadSpool.open(tmp_path, HEADER)
    spool.append(RECORD)

    def half(descriptor: int, data: bytes, write=os.write) -> int:
        return write(descriptor, data[: len(data) // 2])

    with monkeypatch.context() as patch:
        patch.setattr(module.os, "write", half)
        with pytest.raises(OSError, match="only a part"):
            spool.append(RECORD)
    spool.append(RECORD)
    spool.close()
    assert list(read(spool.path).records) == [RECORD, RECORD]


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    spool = WriteAheadSpool.open(tmp_path / "spool", HEADER)
    assert spool.path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "spool").stat().st_mode & 0o077 == 0
    spool.close()


def test_a_record_has_an_upper_size() -> None:
    with pytest.raises(ValueError, match="longer than"):
        frame(b"x" * (1 << 20) + b"y")
    assert len(encode(RECORD)) < 1000
