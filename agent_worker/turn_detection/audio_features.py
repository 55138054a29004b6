"""What the sound says about the end of a turn: Smart Turn's prediction, energy decay and trailing silence.

The input is the caller's microphone at 16 kHz. The model takes Whisper's features of the last eight seconds (log-mel,
80 bands, 400-sample windows every 160; https://github.com/openai/whisper, audio.py) of the signal at unit variance.
"""
# onnxruntime brings no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import asyncio
from dataclasses import dataclass
from functools import cache
from importlib.metadata import distribution
from typing import Any

import numpy as np
import onnxruntime
from livekit import rtc
from numpy.typing import NDArray

RATE = 16_000
HOP = 160
WINDOW = 400
BANDS = 80
SECONDS = 8
MODEL = "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"  # a file of the package pipecat-ai

# Levels are measured every 10 ms. A level this far above the quietest of the turn, in dB, is speech …
SPEECH_ABOVE_FLOOR = 6.0
# … unless it is this far below the loudest.
SPEECH_BELOW_PEAK = 30.0
# Levels this far above the quietest, in dB, and above this level are a speech onset.
ONSET_RISE = 12.0
ONSET_LEVEL = -45.0
ONSET_FRAMES = 3

Signal = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AcousticFeatures:
    """What the end of a turn sounds like."""

    completion_probability: float
    """Smart Turn's probability that the turn is over."""
    energy_decay: tuple[float, float, float]
    """The voice's level in its last 0–50, 50–100 and 100–200 ms, in dB relative to its loud parts."""
    trailing_silence: float
    """Seconds since the voice stopped, at the end of the signal."""


class AcousticTurnAnalyzer:
    """Analyzes one caller's audio. Push every frame; predict when voice activity has stopped."""

    def __init__(self) -> None:
        self._samples = np.zeros(SECONDS * RATE, np.int16)
        self._levels = np.full(SECONDS * RATE // HOP, -90.0, np.float32)
        self._filled = 0

    def push_audio(self, frame: rtc.AudioFrame) -> None:
        """frame: Mono, a multiple of 10 ms long."""
        samples = np.frombuffer(frame.data, np.int16)
        levels = frame_levels(_to_float(samples))
        self._samples = np.concatenate((self._samples[len(samples) :], samples))
        self._levels = np.concatenate((self._levels[len(levels) :], levels))
        self._filled = min(self._filled + len(samples), len(self._samples))

    def clear(self) -> None:
        """Start a new turn."""
        self._filled = 0

    @property
    def speech_onset(self) -> bool:
        """Whether the caller seems to start speaking right now. Sooner than voice activity detection can be sure."""
        levels = self._levels[-self._filled // HOP :] if self._filled else self._levels[-1:]
        return bool(self._levels[-ONSET_FRAMES:].min() > max(np.percentile(levels, 10) + ONSET_RISE, ONSET_LEVEL))

    async def predict(self) -> AcousticFeatures:
        """Analyze the turn so far. Takes 50 ms or more, on another thread."""
        turn = self._samples[len(self._samples) - max(self._filled, RATE // 2) :]
        return await asyncio.to_thread(predict, _to_float(turn))


def predict(samples: Signal) -> AcousticFeatures:
    """Analyze a turn that ends in some 0.2 s of silence."""
    decay, silence = measure_decay(frame_levels(samples))
    recent = samples[-SECONDS * RATE :]
    padded = np.pad(recent, (SECONDS * RATE - len(recent), 0))
    output = load_model().run(None, {"input_features": log_mel(padded)[None]})
    return AcousticFeatures(float(output[0].reshape(-1)[0]), decay, silence)


def _to_float(samples: NDArray[np.int16]) -> Signal:
    return (samples / np.float32(32768)).astype(np.float32)


def frame_levels(samples: Signal) -> Signal:
    """Levels in dB relative to full scale, one per 10 ms."""
    count = len(samples) // HOP
    power = np.square(samples[len(samples) - count * HOP :]).reshape(count, HOP).mean(axis=1)
    return (10 * np.log10(power + 1e-9)).astype(np.float32)


def measure_decay(levels: Signal) -> tuple[tuple[float, float, float], float]:
    """Energy decay and trailing silence; see `AcousticFeatures`."""
    recent = levels[-300:]
    threshold = max(np.percentile(recent, 10) + SPEECH_ABOVE_FLOOR, np.percentile(recent, 90) - SPEECH_BELOW_PEAK)
    loud = np.flatnonzero(recent > threshold)
    if len(loud) == 0:
        return (-20.0, -10.0, -5.0), len(recent) / 100
    end = int(loud[-1]) + 1
    top = float(np.percentile(recent[loud], 80))

    def mean(nearest: int, farthest: int) -> float:
        return float(recent[max(0, end - farthest) : max(1, end - nearest)].mean()) - top

    return (mean(0, 5), mean(5, 10), mean(10, 20)), (len(recent) - end) / 100


@cache
def load_model() -> Any:
    """Smart Turn, loaded once per process. One thread, so that calls don't compete for cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    path = str(distribution("pipecat-ai").locate_file(MODEL))
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def log_mel(samples: Signal) -> Signal:
    """Whisper's features of `SECONDS` of signal: (80, 800)."""
    normal = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    padded = np.pad(normal, WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: SECONDS * RATE // HOP]
    power = np.abs(np.fft.rfft(frames * _window(), axis=1)) ** 2
    mel = np.log10(np.maximum(power @ _filters(), 1e-10)).T
    return ((np.maximum(mel, mel.max() - 8.0) + 4.0) / 4.0).astype(np.float32)


@cache
def _window() -> Signal:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


@cache
def _filters() -> NDArray[np.float64]:
    """Slaney's mel filters, area-normalised: (201, 80). Linear below 1 kHz (200/3 Hz a mel), logarithmic above."""

    def to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))

    top = 15 + np.log(RATE / 2 / 1000) * 27 / np.log(6.4)
    edges = to_hertz(np.linspace(0, top, BANDS + 2))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    rising = (bins[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - bins[:, None]) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])
