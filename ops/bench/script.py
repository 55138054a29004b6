"""Which call says what: 30 calls, each a mix of plain and hesitating turns and interruptions, the same in every run."""

import random
from dataclasses import dataclass
from itertools import cycle

from ops.bench.corpus import Item

CALLS = 30
# Seconds after the reply's first audible sample: the first three seconds, and later.
OFFSETS = (0.15, 0.5, 1.0, 1.5, 2.0, 2.5, 2.9, 3.4, 4.2, 5.0)
BARGE_INS = 30
QUICK = {"calls": 3, "plain": 5, "hesitating": 6, "barge_in": 4, "back_channel": 1}


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """One thing a caller does. opener: what is asked first, when `item` is said into the answer `offset` seconds in."""

    item: Item
    opener: Item | None = None
    offset: float = 0.0


def calls(items: list[Item], *, parts: set[str], quick: bool) -> list[list[ScriptStep]]:
    """The steps of each call. parts: `latency` and `wer` ask for plain turns, `cutoff` for hesitating, `bargein`."""
    by_kind = {kind: [item for item in items if item.kind == kind] for kind in {item.kind for item in items}}
    # Of a part of a kind, every kind of noise and build is taken: the corpus is ordered by both.
    mixed = random.Random(7)
    for group in ("plain", "hesitating"):
        mixed.shuffle(by_kind[group])
    steps: list[ScriptStep] = []
    if parts & {"latency", "wer"}:
        steps += [ScriptStep(item) for item in by_kind["plain"][: QUICK["plain"] if quick else None]]
    if "cutoff" in parts:
        steps += [ScriptStep(item) for item in by_kind["hesitating"][: QUICK["hesitating"] if quick else None]]
    if "bargein" in parts:
        openers, offsets, sounds = cycle(by_kind["opener"]), cycle(OFFSETS), cycle(by_kind["barge_in"])
        for _ in range(QUICK["barge_in"] if quick else BARGE_INS):
            steps.append(ScriptStep(next(sounds), next(openers), next(offsets)))
        for sound in by_kind["back_channel"][: QUICK["back_channel"] if quick else None]:
            steps.append(ScriptStep(sound, next(openers), 1.2))
    mixed.shuffle(steps)
    count = min(len(steps), QUICK["calls"] if quick else CALLS)
    return [steps[number::count] for number in range(count)]
