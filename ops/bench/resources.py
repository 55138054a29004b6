"""What the machine is, and what each process of the instance takes of it."""

import contextlib
import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

# What the command line of a supervised process contains.
CALLS = "worker: call processes and turn model"
PARTS = {
    "livekit": "livekit-server",
    "postgres": "postgres",
    "valkey": "valkey-server",
    "local providers": "local_providers",
    "web": "granian",
    "worker": "agent_worker",
    "jobs": "quantum_app.jobs",
}


@dataclass(frozen=True, slots=True)
class MemorySampler:
    """One part's processes together, in MiB. pss shares common pages out among those who use them."""

    part: str
    processes: int
    rss: float
    pss: float


def machine() -> dict[str, object]:
    """Processor, cores, memory, kernel and Python: what a figure depends on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def memory(home: Path) -> list[MemorySampler]:
    """Memory of every part of the instance in `home`, found through its supervisor's children.

    The worker's call processes, one of them idle and waiting, and the shared turn model are children of its fork
    server; they are counted apart from the worker itself.
    """
    supervisor = psutil.Process(int((home / "run.lock").read_text().strip()))
    samples: dict[str, list[tuple[float, float]]] = {}
    for child in supervisor.children():
        line = " ".join(child.cmdline())
        part = next((name for name, word in PARTS.items() if word in line), None)
        if part is None:
            continue
        below = child.children(recursive=True)
        _add(samples, part, [child] if part == "worker" else [child, *below])
        if part == "worker":
            _add(samples, CALLS, below)
    return [
        MemorySampler(part, len(sizes), round(sum(rss for rss, _ in sizes), 1), round(sum(pss for _, pss in sizes), 1))
        for part, sizes in samples.items()
    ]


def _add(samples: dict[str, list[tuple[float, float]]], part: str, processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            info = process.memory_full_info()
            samples.setdefault(part, []).append((info.rss / 2**20, info.pss / 2**20))


def settled(home: Path) -> list[MemorySampler]:
    """Memory once no process of the instance has come or gone for five seconds (a minute at most)."""
    steady, before = 0, -1
    for _ in range(60):
        sizes = memory(home)
        count = sum(size.processes for size in sizes)
        steady, before = (steady + 1 if count == before else 0), count
        if steady == 5:
            break
        time.sleep(1)
    return memory(home)


def worker_pss(sizes: list[MemorySampler]) -> float:
    """The worker with all that it forked, in MiB."""
    return sum(size.pss for size in sizes if size.part in {"worker", CALLS})


def as_rows(sizes: list[MemorySampler]) -> list[dict[str, object]]:
    return [asdict(size) for size in sizes]
