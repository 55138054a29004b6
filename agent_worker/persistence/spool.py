"""A call's records on local disk before anywhere else: one append-only file a call, `{call_id}.spool`.

Layout, big endian: the 8 bytes `QVSPOOL1`, then frames. A frame is a u32 payload length, a u32 CRC-32 over that length
field and the payload, and the payload: UTF-8 JSON. The first frame is the header (whose call this is), every other one
a record. An append returns after fdatasync, so what was acknowledged survives kill -9 and loss of power. A crash can
only leave an incomplete last frame; it was never acknowledged, so readers ignore it and the next writer cuts it off.

The file is held by an exclusive flock for as long as a call writes it. A lock nobody holds means the writer is gone.
"""

import contextlib
import fcntl
import os
import shutil
import struct
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter

from agent_worker.persistence.spool_upgrade import upgrade
from quantum_app.domain.calls.schemas import CallEnd, CallEvent, CallRef, Checkpoint, Turn, Usage
from quantum_app.errors import Component
from quantum_app.kit.log import logger

Record = Turn | CallEvent | Usage | Checkpoint | CallEnd

SPOOL_SUFFIX = ".spool"
DAMAGED_SUFFIX = ".damaged"
REJECTED_SUFFIX = ".refused"
_MAGIC = b"QVSPOOL1"
_FRAME = struct.Struct(">II")
_LENGTH = struct.Struct(">I")
_MAX_PAYLOAD = 1 << 20
_ENVELOPE: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
_ADAPTERS: dict[str, TypeAdapter[Any]] = {
    "turn": TypeAdapter(Turn),
    "event": TypeAdapter(CallEvent),
    "usage": TypeAdapter(Usage),
    "checkpoint": TypeAdapter(Checkpoint),
    "end": TypeAdapter(CallEnd),
}
_KINDS: dict[type, str] = {Turn: "turn", CallEvent: "event", Usage: "usage", Checkpoint: "checkpoint", CallEnd: "end"}

log = logger(__name__, stage=Component.DB)


class SpoolLocked(Exception):
    """Another process holds this call's spool: the call is alive there."""


_HEADER: TypeAdapter[CallRef] = TypeAdapter(CallRef)


@dataclass(frozen=True, slots=True)
class SpoolContent:
    """What could be read.

    header: None when not even that is whole · size: where the good part ends, in bytes.
    """

    header: CallRef | None
    records: tuple[Record, ...]
    size: int

    @property
    def ended(self) -> bool:
        return any(isinstance(record, CallEnd) for record in self.records)

    @property
    def last_seq(self) -> int:
        return max((record.seq for record in self.records if not isinstance(record, CallEnd)), default=0)


def frame(payload: bytes) -> bytes:
    """One frame around a payload of at most 1 MiB."""
    if len(payload) > _MAX_PAYLOAD:
        raise ValueError(f"a record of {len(payload)} bytes is longer than {_MAX_PAYLOAD}")
    length = _LENGTH.pack(len(payload))
    return length + _LENGTH.pack(zlib.crc32(length + payload)) + payload


def encode(record: Record) -> bytes:
    """A record's frame."""
    kind = _KINDS[type(record)]
    return frame(b'{"%s":%s}' % (kind.encode(), _ADAPTERS[kind].dump_json(record)))


def _decode(payload: bytes) -> Record:
    [(kind, value)] = _ENVELOPE.validate_json(payload).items()
    kind, value = upgrade(kind, value)
    return cast(Record, _ADAPTERS[kind].validate_python(value))


def parse(data: bytes) -> SpoolContent:
    """Everything up to the first frame that is incomplete or damaged. Never raises."""
    if data[: len(_MAGIC)] != _MAGIC[: len(data)]:
        return SpoolContent(None, (), 0)
    header: CallRef | None = None
    records: list[Record] = []
    offset = len(_MAGIC)
    while offset + _FRAME.size <= len(data):
        length, crc = _FRAME.unpack_from(data, offset)
        payload = data[offset + _FRAME.size : offset + _FRAME.size + length]
        if len(payload) < length or zlib.crc32(_LENGTH.pack(length) + payload) != crc:
            break
        try:
            if header is None:
                header = _HEADER.validate_json(payload)
            else:
                records.append(_decode(payload))
        except (ValueError, KeyError, TypeError):
            break
        offset += _FRAME.size + length
    return SpoolContent(header, tuple(records), offset if header else 0)


def read(path: Path) -> SpoolContent:
    """What a spool file holds, without locking it."""
    return parse(path.read_bytes())


class WriteAheadSpool:
    """An open, locked spool. `content` is what it held when it was opened. Not for use by two threads at once."""

    def __init__(self, path: Path, descriptor: int, content: SpoolContent) -> None:
        self.path = path
        self.content = content
        self._descriptor = descriptor

    @classmethod
    def open(cls, folder: Path, header: CallRef, *, wait: float = 2.0) -> "WriteAheadSpool":
        """Create this call's spool, or take over the one a dead process left.

        Raises SpoolLocked when another process still holds it after `wait` seconds, OSError when the disk refuses.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        spool = cls._lock(folder / f"{header.call_id}{SPOOL_SUFFIX}", os.O_CREAT, time.monotonic() + wait)
        if spool.content.header is None:
            try:
                spool._write(_MAGIC + frame(_HEADER.dump_json(header)))
                _sync_folder(folder)
            except OSError:
                spool.close()
                raise
            spool.content = SpoolContent(header, (), os.fstat(spool._descriptor).st_size)
        return spool

    @classmethod
    def try_lock(cls, path: Path, *, wait: float = 0.0) -> "WriteAheadSpool | None":
        """Lock a spool that exists. None when it is gone, or held for more than `wait` seconds."""
        try:
            return cls._lock(path, 0, time.monotonic() + wait)
        except (SpoolLocked, FileNotFoundError):
            return None

    @classmethod
    def _lock(cls, path: Path, flags: int, deadline: float) -> "WriteAheadSpool":
        while True:
            descriptor = os.open(path, flags | os.O_RDWR | os.O_APPEND, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # The holder before us may have removed the file between our open and our lock.
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return cls(path, descriptor, _recover(path, descriptor))
            except FileNotFoundError:
                pass
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    raise SpoolLocked(path.name) from None
                time.sleep(0.02)
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def append(self, record: Record) -> None:
        """Write one record; it is on the disk when this returns. Raises OSError when the disk refuses it."""
        self._write(encode(record))

    def _write(self, data: bytes) -> None:
        size = os.fstat(self._descriptor).st_size
        try:
            if os.write(self._descriptor, data) != len(data):
                raise OSError("the disk took only a part of a record")
            os.fdatasync(self._descriptor)
        except OSError:
            # A part of a frame in the middle would hide everything after it.
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, size)
            raise

    def remove(self) -> None:
        """Delete the file and let go: everything it held is stored elsewhere."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self.close()

    def quarantine(self) -> None:
        """Like `remove`, but keep the file under another name for a person to look at."""
        self.path.rename(self.path.with_suffix(REJECTED_SUFFIX))
        self.close()

    def close(self) -> None:
        """Let go of the lock and keep the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _recover(path: Path, descriptor: int) -> SpoolContent:
    """Read a locked spool and cut off what cannot be read, after copying the file aside."""
    content = read(path)
    size = os.fstat(descriptor).st_size
    if content.size < size:
        copy = path.with_suffix(DAMAGED_SUFFIX)
        shutil.copyfile(path, copy)
        log.warning(
            "spool.damaged",
            message="The unreadable end of a spool was cut off and kept in a copy.",
            file=path.name,
            offset=content.size,
            lost_bytes=size - content.size,
            kept=copy.name,
        )
        os.ftruncate(descriptor, content.size)
    return content


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
