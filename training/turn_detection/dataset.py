"""The training data of turn detection.

`data/sentences.jsonl`: whole sentences, one a line; each of their beginnings counts as incomplete.
`data/spoken.jsonl`: what a speaker says before the turn ends, or before a pause in it; `continues` is what would have
followed, null where nothing would.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent_worker.turn_detection.semantic_completeness import normalize

FOLDER = Path(__file__).with_name("data")
SENTENCES = FOLDER / "sentences.jsonl"
SPOKEN_LINES = FOLDER / "spoken.jsonl"


@dataclass(frozen=True)
class Utterance:
    """continues: what would have followed, empty where the turn is over."""

    text: str
    continues: str

    @property
    def whole(self) -> str:
        return f"{self.text} {self.continues}".strip()


def sentences() -> list[str]:
    return [json.loads(line)["text"] for line in SENTENCES.read_text().splitlines()]


def prefixes(texts: Sequence[str]) -> tuple[list[str], list[bool]]:
    """Each sentence and each of its beginnings, and whether it is the whole."""
    prefix_texts: list[str] = []
    whole: list[bool] = []
    for text in texts:
        words = normalize(text).split()
        prefix_texts += [" ".join(words[:count]) for count in range(1, len(words) + 1)]
        whole += [False] * (len(words) - 1) + [True]
    return prefix_texts, whole


def utterances() -> list[Utterance]:
    """Those that are over first."""
    lines = [json.loads(line) for line in SPOKEN_LINES.read_text().splitlines()]
    return [Utterance(line["text"], line["continues"] or "") for line in lines]
