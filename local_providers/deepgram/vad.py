# pyright: reportMissingTypeStubs=false
"""Where in a stream somebody speaks: Silero VAD for what is speech, the level for where exactly it stops.

Silero (the ONNX file that faster-whisper ships) answers once per 32 ms and lags a word's end by two or three answers.
So a stretch of 8 ms counts as voiced when its window is speech *and* it is not far below the utterance's own level:
the silence is then measured from the last audible sample, and recognition can start before Silero has made up its mind.
"""

from importlib import resources
from typing import Any, cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from local_providers.deepgram.audio import Samples

WINDOW = 512
_CONTEXT = 64
_FRAME = 128

ONSET = 0.5
SPEECH = 0.35
_RELATIVE = 0.025
_ABSOLUTE = 0.0015


class VadModel:
    """The shared network; `probability` takes and returns one stream's state."""

    def __init__(self) -> None:
        runtime: Any = onnxruntime
        options: Any = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        with resources.as_file(resources.files("faster_whisper.assets") / "silero_vad_v6.onnx") as path:
            self._session: Any = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def probability(
        self, window: Samples, h: Samples, c: Samples
    ) -> tuple[float, NDArray[np.float32], NDArray[np.float32]]:
        out, h, c = cast(
            tuple[Samples, Samples, Samples], self._session.run(None, {"input": window.reshape(1, -1), "h": h, "c": c})
        )
        return float(out.reshape(-1)[0]), h, c


class SpeechDetector:
    """One channel's speech. Positions are samples at 16 kHz since the stream began.

    `onset`: where the current speech began, None in silence. `last_voice`: end of the last voiced stretch.
    `voiced`: voiced samples since the onset. `likely`: whether Silero's last window was speech.
    """

    def __init__(self, model: VadModel) -> None:
        self._model = model
        self._h = np.zeros((1, 1, 128), np.float32)
        self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._rest = np.zeros(0, np.float32)
        self._peak = 0.0
        self._candidate: int | None = None
        self.position = 0
        self.onset: int | None = None
        self.last_voice = 0
        self.voiced = 0
        self.likely = False

    @property
    def silence(self) -> int:
        """Samples since the last voiced stretch."""
        return self.position - self.last_voice

    def feed(self, samples: Samples) -> None:
        start = self.position - len(self._rest)
        self.position += len(samples)
        pending = np.concatenate([self._rest, samples])
        whole = len(pending) // WINDOW * WINDOW
        for offset in range(0, whole, WINDOW):
            self._window(pending[offset : offset + WINDOW], start + offset)
        self._rest = pending[whole:]
        # The rest is too short for Silero; loud enough, it prolongs speech that goes on.
        if self.onset is not None and self.likely:
            self._frames(self._rest, start + whole, count=False)

    def reset(self) -> None:
        """Forget the utterance; the network keeps its state, the stream goes on."""
        self.onset = self._candidate = None
        self.voiced = 0
        self._peak = 0.0

    def _window(self, window: Samples, start: int) -> None:
        probability, self._h, self._c = self._model.probability(
            np.concatenate([self._context, window]), self._h, self._c
        )
        self._context = window[-_CONTEXT:]
        self.likely = probability >= SPEECH
        if self.onset is None:
            if probability < ONSET:
                self._candidate = None
                return
            if self._candidate is None:
                self._candidate = start
            self._frames(window, start, count=True)
            if start > self._candidate or probability >= 0.9:
                self.onset = self._candidate
        elif self.likely:
            self._frames(window, start, count=True)

    def _frames(self, samples: Samples, start: int, *, count: bool) -> None:
        usable = len(samples) // _FRAME * _FRAME
        if not usable:
            return
        levels = np.sqrt(np.mean(samples[:usable].reshape(-1, _FRAME) ** 2, axis=1))
        if count:
            self._peak = max(self._peak * 0.98, float(levels.max()))
        loud = np.flatnonzero(levels > max(_ABSOLUTE, self._peak * _RELATIVE))
        if len(loud):
            self.last_voice = max(self.last_voice, start + (int(loud[-1]) + 1) * _FRAME)
            self.voiced += len(loud) * _FRAME if count else 0
