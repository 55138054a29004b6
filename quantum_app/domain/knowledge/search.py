"""Search in knowledge bases: by meaning and by words, joined by reciprocal rank fusion (Cormack et al. 2009).

The passages that both lists bring are then scored like those of a flow (`flow_knowledge`), so that one threshold holds
for both.
"""

import asyncio
import itertools
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.knowledge import repository
from quantum_app.domain.knowledge.flow_knowledge import BaseSearch
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.domain.knowledge.schemas import DocumentKind, Match, Passage, Vector
from quantum_app.domain.knowledge.scoring import Passages, Text, scale
from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit import lexical
from quantum_app.kit.log import logger
from quantum_app.kit.spoken_terms import normalize

# From so many chunks in the account on, the index of vectors is faster than a comparison with all of them.
EXACT_BELOW = 20_000
# Seconds a question waits for its vector. Later than that, it is searched by words alone.
PATIENCE = 0.3
_CANDIDATES = 40  # of each list
_RRF = 60  # the constant of the fusion
_MOST_WORDS = 12  # of a question, the longest first

_log = logger(__name__, stage=Component.RAG)

Key = tuple[UUID, int]


async def search(
    account_id: UUID, base_ids: Collection[UUID], question: str, embedder: Embedder, *, limit: int
) -> list[Match]:
    """The passages of these bases that fit a question best, best first. Opens its own session.

    Bases of other accounts, and deleted ones, have no passages.

    Raises DependencyUnavailable(DB).
    """
    if not base_ids or not question.strip():
        return []
    vector = await _vector(question, embedder)
    async with account_session(account_id) as session:
        size = await repository.size_of_account(session)
        near = [] if vector is None else await _nearest(session, base_ids, vector, exact=size < EXACT_BELOW)
        matching = await _by_words(session, base_ids, question)
        keys = fuse([key for key, _ in near], [key for key, _ in matching])
        passages = await repository.passages(session, keys)
        # Candidates have the question's words, so among them none is rare. Where they are all there is, they tell it.
        counts = await _counts(session, base_ids, question) if size > len(passages) else {}
    cosines, ranks = dict(near), dict(matching)
    candidates = _distinct([key for key in keys if key in passages], passages)
    meaning = None
    if cosines and (similarity_range := await embedder.similarity_range()):
        # What only the words have brought is less similar than anything that the vectors have.
        least = min(cosines.values())
        meaning = scale(np.asarray([cosines.get(key, least) for key in candidates], np.float32), similarity_range)
    texts = [_text(passages[key]) for key in candidates]
    scores = Passages(texts, size=size, frequencies=counts).score(question, meaning)
    matches = [
        Match(passages[key], float(value), cosines.get(key), ranks.get(key))
        for key, value in zip(candidates, scores, strict=True)
    ]
    return sorted(matches, key=_order)[:limit]


def of_account(account_id: UUID, embedder: Embedder) -> BaseSearch:
    """Searches the bases of one account."""

    async def search_bases(base_ids: Collection[UUID], question: str, *, limit: int) -> list[Match]:
        return await search(account_id, base_ids, question, embedder, limit=limit)

    return search_bases


def _order(match: Match) -> tuple[float, bool]:
    """Best first; of two that fit alike, what was written as an answer."""
    return (-round(match.score, 2), match.passage.kind is not DocumentKind.QA)


async def _vector(question: str, embedder: Embedder) -> Vector | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await embedder.query(question)
    except (DependencyUnavailable, TimeoutError) as error:
        _log.warning("knowledge.words_only", message="Question searched by words alone", error=type(error).__name__)
        return None


async def _nearest(
    session: AsyncSession, base_ids: Collection[UUID], vector: Vector, *, exact: bool
) -> list[tuple[Key, float]]:
    rows = await repository.nearest(session, base_ids, vector, exact=exact, limit=_CANDIDATES)
    return [((version_id, ordinal), cosine) for version_id, ordinal, cosine in rows]


async def _by_words(session: AsyncSession, base_ids: Collection[UUID], question: str) -> list[tuple[Key, float]]:
    query = words_query(question)
    if query is None:
        return []
    rows = await repository.by_words(session, base_ids, query, _CANDIDATES)
    return [((version_id, ordinal), rank) for version_id, ordinal, rank in rows]


async def _counts(session: AsyncSession, base_ids: Collection[UUID], question: str) -> dict[str, int]:
    """In how many passages each word of the question is, by term."""
    words = list(dict.fromkeys(_roots(normalize(question))))[:_MOST_WORDS]
    counts = await repository.word_counts(session, base_ids, words)
    return {lexical.stem(word): count for word, count in counts.items()}


def _distinct(keys: Sequence[Key], passages: Mapping[Key, Passage]) -> list[Key]:
    """The same text in several documents counts once."""
    first = {passages[key].sha256: key for key in reversed(keys)}
    return [key for key in keys if first[passages[key].sha256] == key]


def _text(passage: Passage) -> Text:
    """What the words of a question are compared with."""
    return Text(passage.document, passage.heading, passage.text)


def fuse(*rankings: Sequence[Key]) -> list[Key]:
    """Reciprocal rank fusion: each list gives its n-th entry 1 / (60 + n). Best first; ties by first appearance."""
    totals: dict[Key, float] = {}
    for ranking in rankings:
        for place, key in enumerate(ranking, start=1):
            totals[key] = totals.get(key, 0.0) + 1 / (_RRF + place)
    return sorted(totals, key=lambda key: -totals[key])


def _roots(text: str) -> list[str]:
    """Words as `to_tsquery` takes them, without what follows an apostrophe."""
    return [word.partition("'")[0] for word in lexical.words(text)]


def words_query(question: str) -> str | None:
    """A query for `to_tsquery` that wants two of a question's words, or the only one. None if it has no such word.

    Any word alone would match most of a large base, and cost as much.
    """
    words = sorted(dict.fromkeys(_roots(question)), key=lambda word: -len(word))[:_MOST_WORDS]
    if len(words) < 2:
        return words[0] if words else None
    return " | ".join(f"({one} & {other})" for one, other in itertools.combinations(words, 2))
