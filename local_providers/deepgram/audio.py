# pyright: reportMissingTypeStubs=false
"""Bytes to samples and back: what the models want is mono float32 in [-1, 1]."""

import io
import struct
from typing import Any, cast

import av
import numpy as np
from av.error import FFmpegError
from faster_whisper.audio import decode_audio
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 16_000


class Resampler:
    """A stream of mono float32 from one rate to another; keeps the filter's state between calls."""

    def __init__(self, rate: int, to: int) -> None:
        self._rate = rate
        self._to = to
        self._swr: Any = None if rate == to else av.AudioResampler(format="flt", layout="mono", rate=to)

    def feed(self, samples: Samples, *, last: bool = False) -> Samples:
        """The samples that are ready; with `last`, also those the filter still held."""
        if self._swr is None:
            return samples
        frames: list[Any] = []
        if len(samples):
            frame: Any = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
            frame.sample_rate = self._rate
            frames += self._swr.resample(frame)
        if last:
            frames += self._swr.resample(None)
        parts = [cast(Samples, frame.to_ndarray()).reshape(-1) for frame in frames]
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


class Linear16:
    """Interleaved little-endian int16 of any rate to 16 kHz mono float32, one array a channel.

    A sample may be split over two messages; the odd bytes wait for the next one.
    """

    def __init__(self, rate: int, channels: int, *, mixed: bool) -> None:
        self._channels = channels
        self._mixed = mixed
        self._resamplers = [Resampler(rate, RATE) for _ in range(1 if mixed else channels)]
        self._rest = b""

    def feed(self, data: bytes) -> list[Samples]:
        data = self._rest + data
        whole = len(data) // (2 * self._channels) * 2 * self._channels
        self._rest = data[whole:]
        samples = np.frombuffer(data, "<i2", whole // 2).astype(np.float32).reshape(-1, self._channels) / 32768
        tracks = [samples.mean(axis=1)] if self._mixed else list(samples.T)
        return [
            resampler.feed(np.ascontiguousarray(track))
            for resampler, track in zip(self._resamplers, tracks, strict=True)
        ]


def to_linear16(samples: Samples) -> bytes:
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def decode(data: bytes, *, split: bool) -> list[Samples]:
    """A recording in any container FFmpeg knows, at 16 kHz: one array, or with `split` left and right.

    Raises ValueError when it is not audio.
    """
    try:
        decoded = cast(Any, decode_audio(io.BytesIO(data), sampling_rate=RATE, split_stereo=split))
    except (FFmpegError, IndexError, ValueError) as error:
        raise ValueError("corrupt or unsupported data") from error
    return list(decoded) if split else [decoded]


def wav_header(rate: int, size: int = 0x7FFFFFFF - 36) -> bytes:
    """The 44 bytes before mono linear16; a stream whose length is not known yet says the longest there is."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16, b"data", size
    )
