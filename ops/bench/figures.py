"""From what was seen to figures with their targets, and how they are written down."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from ops.bench.talk import InterruptionObservation, TurnObservation
from ops.bench.words import word_error
from quantum_app.settings import ROOT

FOLDER = ROOT / "docs" / "bench"
RESUME_WITHIN = 0.7


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `least`: the target is a lower bound. target None: stated, not judged."""

    name: str
    value: float | None
    unit: str
    count: int
    target: float | None = None
    least: bool = False

    @property
    def reached(self) -> bool | None:
        """None where there is no target; a figure that could not be measured is not reached."""
        if self.target is None:
            return None
        if self.value is None:
            return False
        return self.value >= self.target if self.least else self.value <= self.target


@dataclass(slots=True)
class Report:
    """Everything of one run, as the JSON file holds it."""

    at: str
    commit: str
    machine: dict[str, object]
    configuration: dict[str, object]
    options: list[str]
    figures: list[Figure] = field(default_factory=list)
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    memory: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    turns: list[dict[str, Any]] = field(default_factory=list)
    interruptions: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def quantile(values: Sequence[float], q: float) -> float | None:
    """The q-quantile (0..1), linear between neighbours; None of nothing."""
    return float(np.quantile(values, q)) if values else None


def spread(name: str, values: Sequence[float], p50: float | None = None, p95: float | None = None) -> list[Figure]:
    """p50, p95 and maximum of seconds, as milliseconds; targets in milliseconds."""
    milli = [1000 * value for value in values]
    return [
        Figure(f"{name}, p50", quantile(milli, 0.5), "ms", len(milli), p50),
        Figure(f"{name}, p95", quantile(milli, 0.95), "ms", len(milli), p95),
        Figure(f"{name}, max", quantile(milli, 1.0), "ms", len(milli)),
    ]


def of_turns(turns: Sequence[TurnObservation], parts: set[str]) -> list[Figure]:
    """Latency over all turns, plain and hesitating; answers, cut-offs and words."""
    figures: list[Figure] = []
    if not turns:
        return figures
    latencies = [turn.latency for turn in turns if turn.latency is not None]
    figures += spread("last audible sample → first of the assistant", latencies, 600, 900)
    for kind in ("plain", "hesitating"):
        of_kind = [turn.latency for turn in turns if turn.latency is not None and turn.item.kind == kind]
        if of_kind and len(of_kind) != len(latencies):
            figures += spread(f"… {kind} turns", of_kind)[:2]
    figures.append(
        Figure("turns without an answer", float(sum(not turn.answered for turn in turns)), "", len(turns), 0)
    )
    hesitating = [turn for turn in turns if turn.item.kind == "hesitating"]
    if hesitating and "cutoff" in parts:
        figures.append(_share("cut off, hesitating speakers", [turn.cut_off for turn in hesitating], 5))
        for build in sorted({turn.item.build for turn in hesitating}):
            of_build = [turn.cut_off for turn in hesitating if turn.item.build == build]
            figures.append(_share(f"… {build}", of_build, None))
    lateness = [turn.lateness for turn in turns]
    figures += spread("the synthetic caller's own lateness (blurs each latency)", lateness)[1:]
    plain = [turn for turn in turns if turn.item.kind == "plain"]
    if plain:
        figures.append(_share("cut off, plain speakers", [turn.cut_off for turn in plain], None))
    if plain and "wer" in parts:
        pairs = [(turn.item.text, turn.transcript) for turn in plain]
        figures.append(Figure("word error, mixed sentences", 100 * word_error(pairs), "%", len(pairs), 12))
    return figures


def _share(name: str, flags: Sequence[bool], most: float | None) -> Figure:
    return Figure(name, 100 * sum(flags) / len(flags), "%", len(flags), most)


def of_interruptions(observations: Sequence[InterruptionObservation]) -> list[Figure]:
    """Onset of the caller's words → last audible sample of the assistant; and whether sounds of listening stop it."""
    words = [item for item in observations if item.item.kind == "barge_in" and item.valid]
    figures: list[Figure] = []
    if words:
        miss_count = sum(item.silent_after is None for item in words)
        stops = [item.silent_after for item in words if item.silent_after is not None]
        early = [item.silent_after for item in words if item.silent_after is not None and item.offset <= 3]
        late = [item.silent_after for item in words if item.silent_after is not None and item.offset > 3]
        figures += spread("barge-in: caller's onset → assistant silent", stops, None, 300)
        if early:
            figures += spread("… in the first 3 s of a reply", early, None, 300)[:2]
        if late:
            figures += spread("… later", late, None, 300)[:2]
        figures.append(Figure("barge-ins that did not silence it", float(miss_count), "", len(words), 0))
    sounds = [item for item in observations if item.item.kind == "back_channel" and item.valid]
    if sounds:
        resumptions = [item.gap is not None and item.gap <= RESUME_WITHIN for item in sounds]
        figures.append(
            Figure(
                "sounds of listening: it goes on in 0.7 s",
                100 * sum(resumptions) / len(resumptions),
                "%",
                len(resumptions),
                95,
                True,
            )
        )
    return figures


def commit() -> str:
    """The checkout's short commit, with a `+` when files differ from it."""
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    status = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return (head.stdout.strip() or "unknown") + ("+" if status.stdout.strip() else "")


def table(figures: Sequence[Figure]) -> str:
    """Measured, target, reached, as aligned Markdown."""
    rows = [("figure", "measured", "target", "reached", "n")]
    for figure in figures:
        value = "not measured" if figure.value is None else _text(figure.value, figure.unit)
        sign = "≥" if figure.least else "≤"
        target = "" if figure.target is None else f"{sign} {_text(figure.target, figure.unit)}"
        verdict = {None: "", True: "yes", False: "**no**"}[figure.reached]
        rows.append((figure.name, value, target, verdict, str(figure.count)))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _text(value: float, unit: str) -> str:
    return f"{value:.2f} ×" if unit == "×" else f"{_number(value)} {unit}".strip()


def _number(value: float) -> str:
    return f"{value:.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.1f}"


def markdown(report: Report) -> str:
    """The whole report for people."""
    facts = report.machine
    lines = [
        "# Bench",
        "",
        f"{report.at}, commit {report.commit}" + (f", with {' '.join(report.options)}" if report.options else ""),
        "",
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory_gib']} GiB, {facts['system']}, "
        f"Python {facts['python']}; load before the run {facts['load_before']}. The synthetic callers ran on the same "
        "cores.",
        "",
        *(f"- {name}: {value}" for name, value in report.configuration.items()),
        "",
        table(report.figures),
    ]
    if report.stages:
        lines += [
            "",
            "Stages of an answer as the worker recorded them, in milliseconds. end_of_turn, transcript and total count "
            "from the caller's end of speech, the others are durations; overhead is ours alone.",
            "",
            "| stage | p50 | p95 | max | n |",
            "|---|---|---|---|---|",
            *(
                f"| {name} | {row['p50']:.1f} | {row['p95']:.1f} | {row['max']:.1f} | {row['n']:.0f} |"
                for name, row in report.stages.items()
            ),
        ]
    if report.memory:
        lines += ["", "Memory in MiB (PSS shares common pages out among their users).", ""]
        lines += ["| when | part | processes | RSS | PSS |", "|---|---|---|---|---|"]
        lines += [
            f"| {when} | {row['part']} | {row['processes']} | {row['rss']} | {row['pss']} |"
            for when, rows in report.memory.items()
            for row in rows
        ]
    if report.notes:
        lines += ["", *(f"- {note}" for note in report.notes)]
    return "\n".join(lines) + "\n"


def save(report: Report) -> Path:
    """`docs/bench/<date>-<commit>.json`, and `latest.md` unless it was a sample; the path of the former."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    day = datetime.fromisoformat(report.at).date().isoformat()
    sample = "--quick" in report.options
    path = FOLDER / f"{day}-{report.commit.removesuffix('+')}{'-quick' if sample else ''}.json"
    entries = asdict(report) | {"figures": [asdict(item) | {"reached": item.reached} for item in report.figures]}
    path.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n")
    if not sample:
        (FOLDER / "latest.md").write_text(markdown(report))
    return path
