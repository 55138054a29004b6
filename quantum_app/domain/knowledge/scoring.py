"""How well passages fit a question, 0..1, from what they mean and the words they share with it."""

import numpy as np
from numpy.typing import NDArray

from quantum_app.kit.lexical import Index

_MEANING_SHARE = 0.6


def score(question: str, index: Index, meaning: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """The score of each passage of an index.

    meaning: What `scale` makes of the similarity of each passage. None: the words alone decide.
    """
    query = index.query(question)
    words = np.asarray(index.scores(query), dtype=np.float32)
    scores = words
    if meaning is not None:
        # Words alone count what is unknown already.
        fits = np.asarray(index.fits(query), dtype=np.float32)
        scores = (_MEANING_SHARE * meaning + (1 - _MEANING_SHARE) * words) * fits
    return scores * np.asarray(index.amounts(query), dtype=np.float32)


def scale(cosines: NDArray[np.float32], similarity_range: tuple[float, float]) -> NDArray[np.float32]:
    """Cosines on a scale from 0, unrelated, to 1, an answer.

    similarity_range: Cosines of unrelated texts, and of a question with its answer, of the embedding model.
    """
    unrelated, related = similarity_range
    return np.clip((cosines - unrelated) / (related - unrelated), 0.0, 1.0).astype(np.float32)
