"""Kill -9 at random moments and a Postgres stop, counted: `python -m tests.worker.crash_loop --kills 100 --stop 60`.

Prints JSON; the exit status is 0 when no acknowledged turn was lost and none is there twice.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from quantum_app.db.session import dispose
from quantum_app.kit.log import configure
from tests.worker.crashes import CrashLoop, Report, outage
from tests.worker.postgres import Postgres, own_postgres


async def _run(postgres: Postgres, folder: Path, kills: int, stop: float, seed: int) -> tuple[Report, Report]:
    try:
        killed = await CrashLoop(postgres.environment, folder / "kills", seed).run(kills)
        return killed, await outage(postgres, folder / "stop", stop)
    finally:
        await dispose()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.worker.crash_loop")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--stop", type=float, default=60.0, help="seconds without Postgres in the middle of a call")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    configure("console", "ERROR")
    with own_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        killed, stopped = asyncio.run(_run(postgres, Path(folder), options.kills, options.stop, options.seed))
    result = {
        "seed": options.seed,
        "kills": asdict(killed),
        "postgres_stop": {"seconds": options.stop, **asdict(stopped)},
    }
    print(json.dumps(result, indent=2))
    return 0 if killed.good and stopped.good else 1


if __name__ == "__main__":
    sys.exit(main())
