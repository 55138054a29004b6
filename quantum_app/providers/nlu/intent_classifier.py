"""Which of several described intents words mean, without a language model: by embeddings, or by words alone."""

import asyncio
from collections.abc import Iterable, Sequence

import numpy as np
from cachetools import LRUCache

from quantum_app.domain.flows.model.runtime import Option
from quantum_app.domain.flows.ports import Classification, ClassifyRequest
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.lexical import Index
from quantum_app.kit.log import logger
from quantum_app.providers.nlu import intent_model
from quantum_app.providers.nlu.intent_model import Numbers, OptionFeatures

# Longer than this, in seconds, and words alone have to do for this turn; what has come by then is kept for the next.
PATIENCE = 0.3
_PREPARING = 30.0
# Texts whose embeddings are kept, 1.5 KiB each.
_VECTOR_CACHE_SIZE = 4096
# Options that are kept ready to be compared, 10 KiB each.
_OPTION_CACHE_SIZE = 512
_AT_ONCE = 4
# How much of an option's own vocabulary has to be said where words alone decide, and how far the next has to be behind.
_WORDS, _AHEAD = 0.2, 0.06
# A signal stands against none of its kind, so it has to be surer than a choice among options.
_SIGNAL, _SIGNAL_BY_WORDS = 0.6, 0.65

_log = logger(__name__, stage=Component.RAG)


class Intents:
    """One for a process: what was embedded once is kept, least lately used first out."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: LRUCache[str, Numbers] = LRUCache(_VECTOR_CACHE_SIZE)
        self._features_by_texts: LRUCache[tuple[str, ...], OptionFeatures] = LRUCache(_OPTION_CACHE_SIZE)
        self._fits: bool | None = None

    async def prepare(self, options: Iterable[Option]) -> None:
        """Embed options ahead of the first call that needs them; without a server nothing happens."""
        texts = [text for option in options for text in _texts(option)]
        vectors = await self._embedded([intent_model.model().probe, *texts], patience=_PREPARING)
        if vectors is not None:
            self._understands(vectors)

    async def classify(self, request: ClassifyRequest) -> Classification:
        """Never raises: where the embedding server is away, words alone decide."""
        text = intent_model.plain(request.text)
        if not text or not (request.options or request.signals):
            return Classification(None, 0.0)
        everything = (*request.options, *request.signals)
        texts = [text, intent_model.model().probe, *(part for option in everything for part in _texts(option))]
        vectors = await self._embedded(texts, patience=PATIENCE)
        least = _SIGNAL
        if vectors is not None and self._understands(vectors):
            model = intent_model.model()

            def probabilities_of(options: Sequence[Option]) -> list[float]:
                features = [self._as_described(option, vectors) for option in options]
                return model.probabilities(text, vectors[text], features)

            def signal_probability(option: Option) -> float:
                return model.probability(text, vectors[text], self._as_described(option, vectors))

        else:
            least = _SIGNAL_BY_WORDS

            def probabilities_of(options: Sequence[Option]) -> list[float]:
                return _by_words(text, options)

            def signal_probability(option: Option) -> float:
                return _by_words(text, [option])[0]

        probabilities = probabilities_of(request.options) if request.options else [1.0]
        best = int(np.argmax(probabilities))
        signals = [(option.id, signal_probability(option)) for option in request.signals]
        candidates = [*zip((option.id for option in request.options), probabilities, strict=False), *signals]
        return Classification(
            choice=request.options[best].id if best < len(request.options) else None,
            confidence=probabilities[best],
            candidates=tuple((name, round(sure, 4)) for name, sure in sorted(candidates, key=lambda item: -item[1])),
            signals=tuple(name for name, sure in signals if sure >= least),
        )

    def _understands(self, vectors: dict[str, Numbers]) -> bool:
        if self._fits is None:
            self._fits = intent_model.model().fits(vectors[intent_model.model().probe])
            if not self._fits:
                _log.warning("intents are told apart by words alone", reason="the embeddings are of another model")
        return self._fits

    def _as_described(self, option: Option, vectors: dict[str, Numbers]) -> OptionFeatures:
        texts = tuple(_texts(option)) or (intent_model.model().probe,)
        features = self._features_by_texts.get(texts)
        if features is None:
            examples = [vectors[text] for text in texts[1:]]
            features = intent_model.model().bank.option_features(vectors[texts[0]], examples, " ".join(texts))
            self._features_by_texts[texts] = features
        return features

    async def _embedded(self, texts: Sequence[str], *, patience: float) -> dict[str, Numbers] | None:
        """Text → vector; None when the server is away, too slow, or of another model."""
        if self._fits is False:
            return None
        # Kept here too: with many options, the cache may drop the first before the last has come.
        vectors = {text: self._vectors[text] for text in texts if text in self._vectors}
        new_texts = [text for text in dict.fromkeys(texts) if text not in vectors]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def embed(text: str) -> None:
            async with gate:
                vectors[text] = self._vectors[text] = np.asarray(await self._embedder.query(text), np.float32)

        try:
            async with asyncio.timeout(patience):
                # All are awaited, also after one has failed: no request goes on behind the back of its caller.
                results = await asyncio.gather(*map(embed, new_texts), return_exceptions=True)
        except TimeoutError:
            _log.warning("intents are told apart by words alone", reason="the embeddings are late")
            return None
        for error in results:
            if isinstance(error, DependencyUnavailable):
                _log.warning("intents are told apart by words alone", reason=error.message)
                return None
            if isinstance(error, BaseException):
                raise error
        return vectors


def _texts(option: Option) -> list[str]:
    return [text for part in (option.description, *option.examples) if (text := intent_model.plain(part))]


def _by_words(text: str, options: Sequence[Option]) -> list[float]:
    """Of each option, and last, of none: how much of what was said they share, where one is clearly ahead."""
    index = Index([" ".join(_texts(option)) for option in options])
    scores = index.scores(index.query(text))
    best, *others = sorted(scores, reverse=True)
    if best < _WORDS or best - max(others, default=0.0) < _AHEAD:
        return [*(0.5 * score for score in scores), 1 - 0.5 * best]
    return [*(0.5 + 0.5 * score if score == best else 0.5 * score for score in scores), 0.4]
