"""Decompression that stops at a limit, so a small body can't become a huge one."""

import zlib

_GZIP = zlib.MAX_WBITS | 16


class TooMuch(ValueError):
    """What was compressed is larger than the limit."""


class Gunzip:
    """Decompresses one gzip stream piece by piece. limit: bytes that may come out in total."""

    def __init__(self, limit: int) -> None:
        self._remaining = limit
        self._decompressor = zlib.decompressobj(_GZIP)

    def feed(self, data: bytes) -> bytes:
        """What these bytes decompress to; those after the end are ignored.

        Raises TooMuch, or ValueError if it isn't gzip.
        """
        try:
            # One byte more than allowed shows that there is more.
            output = self._decompressor.decompress(data, self._remaining + 1)
        except zlib.error as error:
            raise ValueError("not a gzip stream") from error
        self._remaining -= len(output)
        if self._remaining < 0:
            raise TooMuch
        return output

    @property
    def complete(self) -> bool:
        """Whether the end of the stream was reached."""
        return self._decompressor.eof
