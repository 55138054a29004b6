"""What can be heard, and when: the arithmetic under every measured latency.

All audio is mono int16 at `RATE`. Levels are dBFS of a window's root mean square (0 dBFS = 32768).

Audible means: a 10 ms window is at or above -45 dBFS and is part of a run of at least three such windows, so that a
click or the codec's comfort noise (below -65 dBFS) is not speech. Speech here lies between -15 and -30 dBFS. Within the
first and last window of a run the first and last sample at that amplitude counts: positions are exact to a sample.
"""

import wave
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 24_000
WINDOW = RATE // 100
AUDIBLE_DBFS = -45.0
AUDIBLE_RMS = 32768 * 10 ** (AUDIBLE_DBFS / 20)
RUN = 3

Pcm = NDArray[np.int16]
Wave = NDArray[np.float64]


def rms(samples: NDArray[Any]) -> float:
    """Root mean square in int16 units; 0 for an empty array."""
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64))))) if len(samples) else 0.0


def dbfs(samples: NDArray[Any]) -> float:
    """Level of `samples` in dBFS; -120 for digital silence."""
    return 20 * float(np.log10(max(rms(samples), 32768e-6) / 32768))


def levels(samples: NDArray[Any]) -> Wave:
    """The RMS of each whole 10 ms window, int16 units."""
    count = len(samples) // WINDOW
    blocks = samples[: count * WINDOW].astype(np.float64).reshape(count, WINDOW)
    return np.sqrt(np.mean(np.square(blocks), axis=1))


def runs(loud: NDArray[np.bool_], least: int = RUN) -> list[tuple[int, int]]:
    """Half-open index ranges of at least `least` consecutive true values."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], loud.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= least]


def bounds(samples: NDArray[Any], threshold: float = AUDIBLE_RMS) -> tuple[int, int] | None:
    """First audible sample and one past the last, or None where nothing can be heard. Threshold in int16 RMS."""
    speech_runs = runs(levels(samples) >= threshold)
    if not speech_runs:
        return None
    first = samples[speech_runs[0][0] * WINDOW : (speech_runs[0][0] + 1) * WINDOW]
    last_at = (speech_runs[-1][1] - 1) * WINDOW
    last = samples[last_at : last_at + WINDOW]
    # A window whose RMS reaches the threshold holds at least one sample that does.
    start = speech_runs[0][0] * WINDOW + int(np.flatnonzero(np.abs(first.astype(np.int32)) >= threshold)[0])
    end = last_at + int(np.flatnonzero(np.abs(last.astype(np.int32)) >= threshold)[-1]) + 1
    return start, end


def trim(samples: Pcm) -> Pcm:
    """The audible part only: synthetic speech carries up to half a second of near-silence at both ends."""
    span = bounds(samples)
    return samples[span[0] : span[1]] if span else samples[:0]


def to_pcm(wave_: NDArray[Any]) -> Pcm:
    """Floats in [-1, 1] as int16, clipped."""
    return (np.clip(wave_, -1.0, 1.0) * 32767).astype(np.int16)


def resample(samples: NDArray[Any], ratio: float) -> NDArray[np.float64]:
    """Band-limited change of length by `ratio` (2.0: twice as many samples), through the spectrum."""
    size = round(len(samples) * ratio)
    spectrum = np.fft.rfft(samples.astype(np.float64))
    target = np.zeros(size // 2 + 1, complex)
    keep = min(len(spectrum), len(target))
    target[:keep] = spectrum[:keep]
    return np.fft.irfft(target, size) * ratio


def read_wav(path: Path) -> Pcm:
    """A 16-bit PCM file as mono at `RATE`. Raises ValueError for other sample widths."""
    with wave.open(str(path), "rb") as file:
        if file.getsampwidth() != 2:
            raise ValueError(f"{path} is not 16-bit PCM")
        data = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, file.getnchannels())
        rate = file.getframerate()
    mono = data.mean(axis=1)
    return np.clip(resample(mono, RATE / rate), -32768, 32767).astype(np.int16) if rate != RATE else data[:, 0].copy()


def write_wav(path: Path, samples: Pcm) -> None:
    """`samples` as a 16-bit mono file at `RATE`."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def noise(kind: str, seconds: float, level: float, seed: int) -> Pcm:
    """Room noise that repeats seamlessly: `white`, `pink` (1/f) or `hum` (pink with mains hum), at `level` dBFS."""
    rng = np.random.default_rng(seed)
    size = round(seconds * RATE)
    if kind == "white":
        sound = rng.standard_normal(size)
    else:
        spectrum = np.fft.rfft(rng.standard_normal(size))
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
        # Below 60 Hz no microphone of a phone or laptop hears anything.
        spectrum[: round(60 * seconds)] = 0
        sound = np.fft.irfft(spectrum, size)
        sound /= np.sqrt(np.mean(np.square(sound)))
        if kind == "hum":
            time = np.arange(size) / RATE
            sound += sum(np.sin(2 * np.pi * tone * time) / order for order, tone in ((1, 100), (2, 150), (3, 250)))
    sound *= 10 ** (level / 20) / np.sqrt(np.mean(np.square(sound)))
    return to_pcm(sound)


@cache
def _speaker() -> Any:
    from hibari import Hibari

    return Hibari()


def speak(text: str, *, speed: float = 1.0) -> Pcm:
    """`text` in the bundled synthetic voice, trimmed to what is audible; the same text gives the same samples."""
    return trim(to_pcm(_speaker()(text, speed=speed, seed=0)))
