"""The training data of the intent classifier, as it is compared: in small letters, without punctuation.

`data/examples.jsonl` and `data/comparison.jsonl` have one intent a line: a business, the intent and its description
(both null for sentences that mean none of the business's intents), sentences, author and license.
`data/labeled.jsonl` is the tuning half of the labeled set, in the form of `ops.bench.understanding_set`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from ops.bench import understanding_set
from quantum_app.domain.flows.ports import ClassifyRequest
from quantum_app.providers.nlu.intent_model import plain

FOLDER = Path(__file__).with_name("data")
EXAMPLES = FOLDER / "examples.jsonl"
COMPARISON = FOLDER / "comparison.jsonl"
LABELED = FOLDER / "labeled.jsonl"
# Collections of wishes rather than businesses: always among the examples, never examined.
COLLECTION = "wishes"


@dataclass(frozen=True)
class Intent:
    description: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Business:
    """none: sentences that mean none of the intents."""

    name: str
    intents: tuple[Intent, ...]
    none: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.none) + sum(len(intent.sentences) for intent in self.intents)


@dataclass(frozen=True)
class Question:
    """options: (description, examples). answer: the place of the right one; their number for none."""

    text: str
    options: tuple[tuple[str, tuple[str, ...]], ...]
    answer: int


def businesses(file: Path) -> list[Business]:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [
        Business(
            name,
            tuple(
                Intent(plain(line["description"]), tuple(map(plain, line["sentences"])))
                for line in group
                if line["intent"] is not None
            ),
            tuple(plain(text) for line in group if line["intent"] is None for text in line["sentences"]),
        )
        for name, items in groupby(lines, key=lambda line: line["business"])
        for group in [list(items)]
    ]


def labeled(file: Path = LABELED) -> list[Question]:
    """The choices among intents of a labeled set."""
    questions: list[Question] = []
    for item in understanding_set.load(file):
        if isinstance(item.request, ClassifyRequest):
            options = item.request.options
            ids = [option.id for option in options]
            questions.append(
                Question(
                    plain(item.request.text),
                    tuple((plain(option.description), tuple(map(plain, option.examples))) for option in options),
                    len(ids) if item.choice is None else ids.index(item.choice),
                )
            )
    return questions


def questions(business: Business, *, seed: int) -> Iterator[Question]:
    """Twice, up to two sentences of each intent become the examples of its option; the others are asked about."""
    rng = np.random.default_rng(seed)
    for _ in range(2):
        order = [rng.permutation(len(item.sentences)) for item in business.intents]
        example_counts = [int(rng.integers(0, 3)) for _ in business.intents]
        options = tuple(
            (item.description, tuple(item.sentences[place] for place in places[:count]))
            for item, places, count in zip(business.intents, order, example_counts, strict=True)
        )
        for answer, (item, places, count) in enumerate(zip(business.intents, order, example_counts, strict=True)):
            for place in places[count:]:
                yield Question(item.sentences[place], options, answer)
        for text in business.none:
            yield Question(text, options, len(options))


def alone(question: Question) -> Iterator[Question]:
    """Of each option, whether it is meant."""
    for place, option in enumerate(question.options):
        yield Question(question.text, (option,), 0 if place == question.answer else 1)


def texts(items: Sequence[Business], extra_questions: Sequence[Question] = ()) -> set[str]:
    """Every text that has to be embedded."""
    every = {text for item in items for text in item.none}
    every |= {text for item in items for intent in item.intents for text in (intent.description, *intent.sentences)}
    for question in extra_questions:
        every |= {question.text, *(text for option in question.options for text in (option[0], *option[1]))}
    return every
