"""`make train-check`: whether the shipped models are what their headers say, and whether the trainers still train.

For each model: its data files are those it was trained on, its own figures hold when they are measured again, and a
model that is fitted to a sample does as well as a sample lets it. Takes some 80 s of processor time.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quantum_app.kit.model_file import ModelHeader
from training import model_files


@dataclass(frozen=True)
class Figure:
    """A measured share, and the band it has to be in."""

    name: str
    value: float
    low: float
    high: float

    @property
    def good(self) -> bool:
        return self.low <= self.value <= self.high


def again(header: ModelHeader, metric: str, value: float, tolerance: float) -> Figure:
    """A figure of the header, measured again. tolerance: what another machine, or a sample, may change."""
    recorded_value = header.metrics[metric].value
    return Figure(metric, value, recorded_value - tolerance, recorded_value + tolerance)


def data_changed(header: ModelHeader, root: Path = model_files.ROOT) -> list[str]:
    """One line for each data file that is not the one the model was trained on."""
    return [
        f"{name} is not the file that {header.name} was trained on: train it again"
        for name, digest in header.data.items()
        if not (root / name).is_file() or model_files.sha256(root / name) != digest
    ]


def main() -> int:
    # Here, because both import this module.
    from training.intent_classifier import check as intent_classifier
    from training.turn_detection import check as turn_detection

    began = time.monotonic()
    failed = 0
    for name, header, figures in (intent_classifier.check(), turn_detection.check()):
        failed += _report(name, data_changed(header), figures)
    print(f"{time.monotonic() - began:.0f} s. {'The models hold.' if not failed else f'{failed} failed.'}")
    return 1 if failed else 0


def _report(name: str, problems: Sequence[str], figures: Sequence[Figure]) -> int:
    print(name, *(f"  {problem}" for problem in problems), sep="\n")
    for figure in figures:
        verdict = "OK" if figure.good else "failed"
        print(
            f"  {figure.name:<40} {figure.value:6.1%}   {figure.low:.0%} to {figure.high:.0%}   {verdict}", flush=True
        )
    return len(problems) + sum(not figure.good for figure in figures)


if __name__ == "__main__":
    sys.exit(main())
