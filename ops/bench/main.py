"""The bench from end to end: an instance, calls, figures, a table and a file."""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

from ops.bench import abuse, accounts, designer, knowledge, own, resources, script, understanding
from ops.bench.corpus import Item, corpus
from ops.bench.figures import Figure, Report, commit, markdown, of_interruptions, of_turns, quantile, save, spread
from ops.bench.run import TOGETHER, Bench, transport
from ops.bench.talk import InterruptionObservation, TurnObservation
from ops.home import ROOT, free_block
from ops.parts import NAMES
from ops.run import start, supervised
from quantum_app.db.session import dispose
from quantum_app.kit.clock import now
from quantum_app.settings import settings

PARTS = (
    "latency",
    "cutoff",
    "bargein",
    "wer",
    "load",
    "kills",
    "abuse",
    "accounts",
    "designer",
    "understanding",
    "knowledge",
)
TALK = {"latency", "cutoff", "bargein", "wer"}
LOAD_TURNS = 6
KILLS, QUICK_KILLS = 100, 10
STOP, QUICK_STOP = 60.0, 5.0


def run(argv: Sequence[str]) -> int:
    """Measure and print; 0 when every figure with a target was reached, 1 when one was not."""
    parser = argparse.ArgumentParser(prog="make bench", description="Options go into ARGS: make bench ARGS='--quick'")
    parser.add_argument("--quick", action="store_true", help="a few calls instead of thirty (some five minutes)")
    parser.add_argument("--only", default="", help=f"comma-separated parts: {', '.join(PARTS)}")
    parser.add_argument("--running", action="store_true", help="the running instance instead of one of its own")
    options = parser.parse_args(argv)
    parts = {part for part in options.only.split(",") if part} or set(PARTS)
    if unknown := parts - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}: choose from {', '.join(PARTS)}")
    alone = {
        "abuse": abuse,
        "accounts": accounts,
        "designer": designer,
        "understanding": understanding,
        "knowledge": knowledge,
    }
    for name, part in alone.items():
        if name in parts and not options.running:
            _alone(name, part)
        parts -= {name}
    if not parts:
        return 0
    print("Preparing speech (a minute, once) …", flush=True)
    items = corpus()
    with _instance(running=options.running):
        report = asyncio.run(_measure(items, parts, quick=options.quick, options=list(argv)))
    print(f"\n{markdown(report)}")
    print(f"Written: {save(report).relative_to(ROOT)}")
    names = [figure.name for figure in report.figures if figure.reached is False]
    print(f"Next: {'look at what was not reached: ' + ', '.join(names) if names else 'nothing, all was reached'}")
    return 1 if names else 0


def _alone(name: str, part: ModuleType) -> None:
    """On an instance of its own, whose database is thrown away."""
    home = ROOT / f".quantum-bench-{name}"
    shutil.rmtree(home, ignore_errors=True)
    os.environ["QUANTUM_HOME"] = str(home)
    with supervised(home, free_block(), {}, lambda name, text: None) as (instance, supervisor):
        settings.cache_clear()
        start(instance, supervisor, getattr(part, "PARTS", ("web",)))

        async def run() -> list[Figure]:
            try:
                return await part.measure(instance)
            finally:
                await dispose()

        part.report(asyncio.run(run()))
    shutil.rmtree(home)


@contextlib.contextmanager
def _instance(*, running: bool) -> Iterator[None]:
    """The running instance, or one of the bench's own with fresh settings."""
    if running:
        yield
        return
    home = ROOT / ".quantum-bench"
    print("Starting an instance of its own …", flush=True)
    os.environ["QUANTUM_HOME"] = str(home)
    with supervised(home, free_block(), {}, lambda name, text: None) as (instance, supervisor):
        settings.cache_clear()
        start(instance, supervisor, NAMES)
        yield


async def _measure(items: list[Item], parts: set[str], *, quick: bool, options: list[str]) -> Report:
    current = settings()
    report = Report(
        at=now().isoformat(timespec="seconds"),
        commit=commit(),
        machine=resources.machine(),
        configuration={
            "hearing and speech": current.deepgram.base_url,
            "answers": current.openai.model if current.openai.enabled else "rules, no model",
        },
        options=options,
    )
    try:
        bench = await Bench.open()
        print("Warming up …", flush=True)
        await bench.warm_up()
        idle = await asyncio.to_thread(resources.settled, current.home)
        report.memory["idle"] = resources.as_rows(idle)
        report.figures.append(Figure("worker idle, with what it forked (PSS)", resources.worker_pss(idle), "MiB", 1))
        if parts & TALK:
            await _talk(bench, items, parts, report, quick=quick)
        if "load" in parts:
            await _load(bench, items, report, resources.worker_pss(idle), quick=quick)
        if "latency" in parts:
            report.figures += spread(
                "our own part: words in → first words out, no time in providers", await own.overhead(), None, 20
            )
            report.figures += spread("transport alone, no assistant between", await transport())
        report.notes += [f"failed: {text}" for text in bench.failed]
    finally:
        await dispose()
    if "kills" in parts:
        _kills(report, quick=quick)
    return report


async def _talk(bench: Bench, items: list[Item], parts: set[str], report: Report, *, quick: bool) -> None:
    observations = await bench.script(script.calls(items, parts=parts & TALK, quick=quick))
    turns = [item for item in observations if isinstance(item, TurnObservation)]
    interruptions = [item for item in observations if isinstance(item, InterruptionObservation)]
    report.figures += of_turns(turns, parts)
    report.figures += of_interruptions(interruptions)
    if invalid_count := sum(not observations.valid for observations in interruptions):
        report.notes.append(
            f"{invalid_count} interruptions are not counted: the assistant was not audible at their onset"
        )
    report.stages, overheads = await bench.stages()
    p95, p99 = quantile(overheads, 0.95), quantile(overheads, 0.99)
    report.figures.append(
        Figure("overhead on calls: total less waiting and providers, p95", p95, "ms", len(overheads), 20)
    )
    report.figures.append(Figure("overhead on calls, p99", p99, "ms", len(overheads)))
    report.turns = [
        {
            "item": turn.item.id,
            "build": turn.item.build,
            "said": turn.item.text,
            "heard": turn.transcript,
            "latency_ms": None if turn.latency is None else round(1000 * turn.latency),
            "cut_off": turn.cut_off,
            "answered": turn.answered,
            "lateness_ms": round(1000 * turn.lateness),
        }
        for turn in turns
    ]
    report.interruptions = [
        {
            "item": observations.item.id,
            "offset_s": round(observations.offset, 2),
            "valid": observations.valid,
            "silent_after_ms": None if observations.silent_after is None else round(1000 * observations.silent_after),
            "gap_ms": None if observations.gap is None else round(1000 * observations.gap),
        }
        for observations in interruptions
    ]


async def _load(bench: Bench, items: list[Item], report: Report, idle: float, *, quick: bool) -> None:
    plain = [item for item in items if item.kind == "plain"][: 1 if quick else LOAD_TURNS]
    for count in TOGETHER:
        print(f"{count} at once …", flush=True)
        turns, sizes = await bench.together(plain, count)
        report.memory[f"{count} at once"] = resources.as_rows(sizes)
        latencies = [turn.latency for turn in turns if turn.latency is not None]
        report.figures += spread(f"last audible sample → first of the assistant, {count} at once", latencies)[:2]
        growth = (resources.worker_pss(sizes) - idle) / count
        report.figures.append(Figure(f"worker memory per call, {count} at once (PSS)", growth, "MiB", count))


def _kills(report: Report, *, quick: bool) -> None:
    kills, stop = (QUICK_KILLS, QUICK_STOP) if quick else (KILLS, STOP)
    print(f"{kills} kills, and {stop:g} s without Postgres …", flush=True)
    command = [sys.executable, "-m", "tests.worker.crash_loop", "--kills", str(kills), "--stop", str(stop)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        result_json = json.loads(result.stdout)
    except ValueError:
        report.notes.append(f"the kills could not be counted: {result.stderr.strip()[-300:]}")
        result_json = {}
    for key, name in (("kills", f"{kills} × kill -9"), ("postgres_stop", f"Postgres away for {stop:g} s")):
        part = result_json.get(key, {})
        for outcome in ("lost", "doubled"):
            value = float(part[outcome]) if outcome in part else None
            report.figures.append(Figure(f"turns {outcome}, {name}", value, "", int(part.get("acknowledged", 0)), 0))
