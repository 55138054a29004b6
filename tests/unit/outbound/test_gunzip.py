"""Decompression stops at its limit."""

import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantum_app.kit.gunzip import Gunzip, TooMuch

pytestmark = pytest.mark.unit


@given(st.binary(max_size=2000), st.integers(1, 500))
def test_pieces_make_the_whole(data: bytes, size: int) -> None:
    stream = gzip.compress(data)
    gunzip = Gunzip(2000)
    pieces = [gunzip.feed(stream[start : start + size]) for start in range(0, len(stream), size)]
    assert b"".join(pieces) == data
    assert gunzip.complete


def test_the_limit_is_exact() -> None:
    assert Gunzip(10).feed(gzip.compress(b"x" * 10)) == b"x" * 10
    with pytest.raises(TooMuch):
        Gunzip(10).feed(gzip.compress(b"x" * 11))


def test_a_bomb_takes_no_memory() -> None:
    bomb = gzip.compress(bytes(200_000_000), 1)
    tracemalloc.start()
    try:
        with pytest.raises(TooMuch):
            Gunzip(100_000).feed(bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize("data", [b"plain text", gzip.compress(b"x")[:4] + b"damaged!!" * 9])
def test_what_is_not_gzip_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="gzip"):
        Gunzip(1000).feed(data)


def test_a_stream_that_breaks_off_is_not_complete() -> None:
    gunzip = Gunzip(1000)
    gunzip.feed(gzip.compress(b"x" * 100)[:-9])
    assert not gunzip.complete
