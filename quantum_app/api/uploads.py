"""Files in the body of a request (multipart/form-data), one at a time.

The framework's own form parser would store a whole body, however large, before a route could look at it. Here a route
first finds out who sends the request, then reads, and what is too large is dropped as it arrives.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from quantum_app.api.endpoint import TooLarge
from quantum_app.domain.knowledge.service import LARGEST_FILE, LONGEST_NAME
from quantum_app.errors import InvalidInput, TooManyRequests

MEDIA_TYPE = "multipart/form-data"
MOST_FILES = 20
MAX_BODY = 4 * LARGEST_FILE  # bytes
# Each holds one file in memory.
_UPLOADS_PER_ACCOUNT = 6
_LONGEST_HEADER = 2_000
# How browsers write these in a name.
_ESCAPED = {"%22": '"', "%0D": " ", "%0A": " "}
_in_progress: Counter[UUID] = Counter()


class NotFiles(InvalidInput):
    code = "not_multipart"
    status = 415


@dataclass
class UploadedFile:
    """A file of a request.

    size: Bytes that were sent. content: Empty if they are more than a file may have.
    """

    name: str
    size: int = 0
    content: bytearray = field(default_factory=bytearray)


def body(description: str, *, many: bool) -> dict[str, Any]:
    """For `openapi_extra=` of a route that reads files."""
    file: dict[str, Any] = {"type": "string", "format": "binary", "description": description}
    if many:
        file = {"type": "array", "items": file, "minItems": 1, "maxItems": MOST_FILES}
    schema = {"type": "object", "required": ["file"], "properties": {"file": file}}
    return {"requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": schema}}}}


@contextmanager
def uploading(account_id: UUID) -> Iterator[None]:
    """A context for reading files. Raises TooManyRequests while the account has too many uploads in progress."""
    if _in_progress[account_id] >= _UPLOADS_PER_ACCOUNT:
        raise TooManyRequests("Too many uploads at the same time. Try again in a moment.", retry_after=2)
    _in_progress[account_id] += 1
    try:
        yield
    finally:
        _in_progress[account_id] -= 1
        if not _in_progress[account_id]:
            del _in_progress[account_id]


async def files(request: Request) -> AsyncGenerator[UploadedFile]:
    """The files of a request, each as soon as it has arrived. What isn't a file is ignored.

    Raises NotFiles, TooLarge, InvalidInput for a body that can't be read, ClientDisconnect.
    """
    media_type, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if media_type != MEDIA_TYPE.encode() or not boundary:
        raise NotFiles(f"Send files with the content type {MEDIA_TYPE}.")
    collector = _Collector()
    size = 0
    try:
        parser = MultipartParser(boundary, collector.callbacks(), max_header_size=_LONGEST_HEADER)
        async for piece in request.stream():
            size += len(piece)
            if size > MAX_BODY:
                raise TooLarge(f"Upload up to {MAX_BODY // 1_000_000} MB at a time.")
            parser.write(piece)
            while collector.complete:
                yield collector.complete.pop(0)
    except FormParserError:
        raise _unreadable() from None
    if not collector.ended:
        raise _unreadable()


def _unreadable() -> InvalidInput:
    return InvalidInput(f"The request body isn't valid {MEDIA_TYPE}.", code="not_multipart")


class _Collector:
    """What the parser says, made into files."""

    def __init__(self) -> None:
        self.complete: list[UploadedFile] = []
        self.ended = False
        self._count = 0
        self._file: UploadedFile | None = None
        self._header, self._value, self._disposition = b"", b"", b""

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._open,
            "on_part_data": self._add,
            "on_part_end": self._close,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._file, self._header, self._value, self._disposition = None, b"", b"", b""

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"filename")
        if name is None:
            return
        self._count += 1
        if self._count > MOST_FILES:
            raise TooLarge(f"Upload up to {MOST_FILES} files at a time.")
        self._file = UploadedFile(_base_name(name.decode("utf-8", "replace")))

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            return
        self._file.size += end - start
        if self._file.size > LARGEST_FILE:
            self._file.content = bytearray()
        else:
            self._file.content += data[start:end]

    def _close(self) -> None:
        if self._file is not None:
            self.complete.append(self._file)
            self._file = None

    def _end(self) -> None:
        self.ended = True


def _base_name(name: str) -> str:
    """The name without folders, which some browsers send. A long one keeps its extension."""
    for escaped, plain in _ESCAPED.items():
        name = name.replace(escaped, plain)
    name = name.replace("\\", "/").rpartition("/")[2].strip() or "Untitled"
    stem, dot, extension = name.rpartition(".")
    if len(name) > LONGEST_NAME and dot and len(extension) <= 10:
        return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"
    return name[:LONGEST_NAME]
