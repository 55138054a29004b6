"""How well questions are answered from a business's documents, without a language model and without a database.

Documents are read, divided and embedded as the product does it; the passages are kept in memory and ranked by the code
that ranks those of the database. Figures are of the businesses that nothing was tuned on (`knowledge_set`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ops.bench import knowledge_set
from ops.bench.figures import FOLDER, Figure, commit, table
from ops.bench.knowledge_set import Question
from ops.bench.resources import machine
from ops.parts import Instance
from quantum_app.domain.flows.model import definition
from quantum_app.domain.flows.ports import AnswerRequest, ScoredPassage
from quantum_app.domain.knowledge import chunking
from quantum_app.domain.knowledge.extraction.process import extract
from quantum_app.domain.knowledge.ports import Embedder
from quantum_app.domain.knowledge.scoring import Passages, Text, scale
from quantum_app.kit.clock import now
from quantum_app.providers.embeddings import Embeddings
from quantum_app.providers.nlu.local import LocalNlu
from quantum_app.settings import settings

PARTS = ("providers",)
THRESHOLD = 0.35
# Few at once: on a busy machine more take longer than a request may.
_BATCH = 4
_TITLE = "# Answers from documents"
_NOTES_TITLE = "## What it shows"
_FORBIDDEN = knowledge_set.forbidden()

Mode = Literal["hybrid", "vectors only", "words only"]
MODES: tuple[Mode, ...] = ("hybrid", "vectors only", "words only")


async def measure(_: Instance) -> list[Figure]:
    """All figures; the part `providers` of the instance is running."""
    embedder = Embeddings(settings().embeddings)
    businesses = knowledge_set.businesses()[1]
    try:
        figures = [figure for mode in MODES for figure in figures_of(mode, await outcomes(businesses, embedder, mode))]
    finally:
        await embedder.aclose()
    return figures


def report(figures: Sequence[Figure]) -> None:
    """Print, and write the first part of `docs/bench/knowledge.md`."""
    path = FOLDER / "knowledge.md"
    text = path.read_text(encoding="utf-8")
    before, _, after = text.partition(_TITLE)
    notes = after.partition(_NOTES_TITLE)[2]
    facts = machine()
    tuned, reported = knowledge_set.businesses()
    lines = [
        _TITLE,
        "",
        f"{now():%Y-%m-%d %H:%M} UTC, commit {commit()}. {facts['processor']}, {facts['cores']} cores; "
        "`make bench ARGS='--only knowledge'`. No language model, the local embedding model, threshold "
        f"{THRESHOLD}. Figures are of {', '.join(reported)}; tuned on {', '.join(tuned)}.",
        "",
        table(figures),
        "",
        _NOTES_TITLE,
    ]
    path.write_text(before + "\n".join(lines) + notes, encoding="utf-8")
    print("\n".join(lines))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage of a business."""

    document: str
    text: Text


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question. ranks: the places, from 0, of the passages that hold the evidence."""

    question: Question
    ranks: tuple[int, ...]
    answer: str
    """Empty for a refusal."""
    best: tuple[str, float]
    """The best passage and its score."""

    @property
    def verdict(self) -> str:
        return knowledge_set.judge(self.answer, self.question) if self.answer else "refused"

    @property
    def is_corrected(self) -> bool:
        """Whether the answer names the choices that the question leaves open, or refutes what it takes for granted."""
        if self.question.kind == "underspecified":
            return sum(knowledge_set.states(self.answer, value) for value in self.question.neighbor_values) > 1
        is_csv = self.question.document.endswith(".csv")
        refuted = knowledge_set.holds_evidence(self.answer, self.question.evidence, is_csv=is_csv)
        return self.question.kind == "false_presupposition" and bool(self.question.evidence) and refuted

    @property
    def is_hostile(self) -> bool:
        """Whether the answer follows an instruction that is planted in a document."""
        return any(text.lower() in self.answer.lower() for text in _FORBIDDEN.get(self.question.business, ()))


class Base:
    """The passages of a business, in memory."""

    def __init__(self, passages: Sequence[Candidate], vectors: NDArray[np.float32]) -> None:
        self.passages, self._vectors = passages, vectors
        self._index = Passages([item.text for item in passages])

    @classmethod
    async def of(cls, business: str, embedder: Embedder) -> "Base":
        passages: list[Candidate] = []
        texts: list[str] = []
        for name, content in knowledge_set.files(business).items():
            for chunk in chunking.chunks(await extract(content, name=name)):
                passages.append(Candidate(name, Text(name, " > ".join(chunk.path), chunk.text)))
                texts.append(chunk.search_text)
        vectors = [
            vector
            for first in range(0, len(texts), _BATCH)
            for vector in await embedder.passages(texts[first : first + _BATCH])
        ]
        return cls(passages, np.asarray(vectors, np.float32))

    async def ranked(self, question: str, embedder: Embedder, mode: Mode) -> list[tuple[Candidate, float]]:
        similarity = await embedder.similarity_range()
        meaning = None
        if mode != "words only" and similarity is not None:
            meaning = scale(self._vectors @ np.asarray(await embedder.query(question), np.float32), similarity)
        scores = self._index.score(question, meaning) if meaning is None or mode == "hybrid" else meaning
        order = np.argsort(-scores, kind="stable")
        return [(self.passages[at], float(scores[at])) for at in order]


async def ask(base: Base, question: Question, embedder: Embedder, mode: Mode) -> Outcome:
    ranked = await base.ranked(question.text, embedder, mode)
    is_csv = question.document.endswith(".csv")
    ranks = tuple(
        rank
        for rank, (item, _) in enumerate(ranked)
        if question.answerable
        and item.document == question.document
        and knowledge_set.holds_evidence(item.text.text, question.evidence, is_csv=is_csv)
    )
    passages = tuple(
        ScoredPassage(definition.Passage(source=item.text.source, text=item.text.text), value)
        for item, value in ranked[:3]
    )
    request = AnswerRequest(question.text, passages, (), "", "", THRESHOLD)
    answer = "".join([piece async for piece in LocalNlu(embedder).answer(request)])
    return Outcome(question, ranks, answer, (ranked[0][0].text.source, ranked[0][1]))


async def outcomes(businesses: Sequence[str], embedder: Embedder, mode: Mode) -> list[Outcome]:
    bases = {business: await Base.of(business, embedder) for business in businesses}
    questions = [item for item in knowledge_set.questions() if item.business in bases]
    return [await ask(bases[item.business], item, embedder, mode) for item in questions]


def figures_of(mode: Mode, results: Sequence[Outcome]) -> list[Figure]:
    answerable = [item for item in results if item.question.answerable]
    others = [item for item in results if not item.question.answerable]
    words = [len(item.answer.split()) for item in results if item.answer]
    targets = (97, 88, 88, 5, 88, 8) if mode == "hybrid" else (None,) * 6
    figures = [
        _share(f"{mode}: recall@5", [any(rank < 5 for rank in item.ranks) for item in answerable], targets[0]),
        _share("passage@1", [0 in item.ranks for item in answerable], targets[1]),
        _share("right value in the answer", [item.verdict == "right" for item in answerable], targets[2]),
        _share(
            "a neighbor's value instead", [item.verdict == "neighbor" for item in answerable], targets[3], most=True
        ),
        _share("unanswerable: refused", [not item.answer for item in others], targets[4]),
        _share("unanswerable: refused, clarified or corrected", [_is_good(item) for item in others]),
        _share("answerable: refused", [not item.answer for item in answerable], targets[5], most=True),
        Figure("words of an answer, mean", float(np.mean(words)) if words else None, "", len(words)),
    ]
    if mode != "hybrid":
        return figures
    hostile = sum(item.is_hostile for item in results)
    figures.append(Figure("planted instructions followed", float(hostile), "", len(results), 0))
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for item in results:
        by_kind[item.question.kind].append(item)
    for kind, items in sorted(by_kind.items()):
        if items[0].question.answerable:
            figures.append(_share(f"… right value, {kind}", [item.verdict == "right" for item in items]))
    for kind, items in sorted(by_kind.items()):
        if not items[0].question.answerable:
            figures.append(_share(f"… refused, clarified or corrected, {kind}", [_is_good(item) for item in items]))
    return figures


def _is_good(outcome: Outcome) -> bool:
    return not outcome.answer or outcome.is_corrected


def _share(name: str, hits: Sequence[bool], target: float | None = None, *, most: bool = False) -> Figure:
    value = 100 * sum(hits) / len(hits) if hits else None
    return Figure(name, value, "%", len(hits), target, not most)
