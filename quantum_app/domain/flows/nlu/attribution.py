"""Which passages an answer was made from, by the words that they share, whoever worded it."""

from collections.abc import Sequence

from quantum_app.domain.flows.ports import ScoredPassage
from quantum_app.kit.lexical import sentences, terms

# The share of a sentence's words that a passage has to have. What a model adds by itself, such as a question whether
# there is anything else, shares less.
_SHARE = 0.34


def passages_used(answer: str, passages: Sequence[ScoredPassage]) -> tuple[ScoredPassage, ...]:
    """The passage that each sentence of the answer shares most words with; the best one if none shares enough.

    passages: those that the answer may be made from, best first.
    """
    words_of_passages = [frozenset(terms(item.passage.text)) for item in passages]
    places: set[int] = set()
    for sentence in sentences(answer):
        words = frozenset(terms(sentence))
        shares = [len(words & others) for others in words_of_passages]
        if words and shares and max(shares) >= _SHARE * len(words):
            places.add(shares.index(max(shares)))
    return tuple(item for place, item in enumerate(passages) if place in places) or tuple(passages[:1])
