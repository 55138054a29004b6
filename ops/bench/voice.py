"""Several speakers from one synthetic voice, and pauses put into what they say.

The bundled voice predicts a spectrum and a pitch curve; other speakers come from scaling the pitch before synthesis and
the formants after it (by resampling). hibari's further voices are downloads, so they are not used.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from ops.sound import AUDIBLE_RMS, RATE, WINDOW, Pcm, bounds, dbfs, levels, noise, resample, runs, to_pcm, trim

# The level of a talker at a normal distance; items lie between this and 10 dB below.
LOUDNESS = -20.0
# A shorter silence inside a word (the closure of a p, t or k) is no pause.
LEAST_GAP = 4


@dataclass(frozen=True, slots=True)
class Voice:
    """pitch, tract: factors on the fundamental and on the formants (below 1: a long vocal tract); speed: of speech."""

    name: str
    pitch: float
    tract: float
    speed: float


VOICES = (
    Voice("plain", 1.0, 1.0, 1.0),
    Voice("low", 0.62, 0.9, 1.0),
    Voice("deep, slow", 0.53, 0.86, 0.88),
    Voice("high", 1.15, 1.07, 1.05),
    Voice("slow", 0.95, 0.98, 0.85),
    Voice("fast", 1.05, 1.02, 1.2),
)


@cache
def _model() -> Any:
    from hibari import Hibari

    return Hibari()


def say(text: str, voice: Voice) -> Pcm:
    """`text` by one speaker, trimmed to what is audible, at `LOUDNESS`. The same text gives the same samples."""
    from hibari import dsp

    model = _model()
    rng = np.random.default_rng(0)
    parts: list[Any] = []
    for phonemes in model.phonemize(text):
        inputs = {
            "ids": np.asarray([model.ids(phonemes)], np.int64),
            "speed": np.asarray([voice.speed / voice.tract], np.float32),
        }
        lh, th, ln, lr, phi, pitch = (output[0] for output in model.sess.run(None, inputs))
        parts.append(dsp.synth(lh, th, ln, lr, phi, pitch * voice.pitch / voice.tract, rng))
    return at_level(trim(to_pcm(resample(np.concatenate(parts), 1 / voice.tract))), LOUDNESS)


def at_level(samples: Pcm, level: float) -> Pcm:
    """The same sound with its audible part at `level` dBFS."""
    span = bounds(samples)
    audible = samples[slice(*span)] if span else samples
    factor = 10 ** ((level - dbfs(audible)) / 20)
    return np.clip(samples * factor, -32768, 32767).astype(np.int16)


def gaps(samples: Pcm) -> list[tuple[int, int]]:
    """The inaudible stretches between the first and the last audible sample, as half-open sample ranges."""
    loud = runs(levels(samples) >= AUDIBLE_RMS)
    return [(end * WINDOW, start * WINDOW) for (_, end), (start, _) in pairwise(loud) if start - end >= LEAST_GAP]


def stretch(samples: Pcm, gap: tuple[int, int], seconds: float) -> Pcm:
    """Make an inaudible stretch exactly `seconds` long: from its middle, samples are taken out or room is put in."""
    start, end = gap
    shortfall = round(seconds * RATE) - (end - start)
    middle = (start + end) // 2
    if shortfall < 0:
        half = -shortfall // 2
        return np.concatenate((samples[: middle - half], samples[middle - half - shortfall :]))
    floor = max(dbfs(samples[start:end]), -70.0)
    room = noise("pink", shortfall / RATE + 0.01, floor, 11)[:shortfall]
    return np.concatenate((samples[:middle], room, samples[middle:]))


def split(samples: Pcm, at: int, seconds: float) -> Pcm:
    """Cut a sound at its quietest point within 60 ms of `at` and put a pause of `seconds` of inaudible room there."""
    reach = round(0.06 * RATE)
    near = samples[max(0, at - reach) : at + reach]
    place = max(0, at - reach) + int(np.argmin(levels(near))) * WINDOW + WINDOW // 2
    fade = np.linspace(1, 0, round(0.012 * RATE))
    head, tail = samples[:place].astype(np.float64), samples[place:].astype(np.float64)
    head[-len(fade) :] *= fade
    tail[: len(fade)] *= fade[::-1]
    result = np.concatenate((head, np.zeros(round(0.2 * RATE)), tail)).astype(np.int16)
    return stretch(result, nearest(result, place + round(0.1 * RATE)), seconds)


def nearest(samples: Pcm, at: int) -> tuple[int, int]:
    """The inaudible stretch whose middle lies closest to a sample. Raises ValueError where there is none."""
    return min(gaps(samples), key=lambda gap: abs((gap[0] + gap[1]) // 2 - at))
