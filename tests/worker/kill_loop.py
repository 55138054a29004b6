"""Kill -9 at random moments and a Postgres stop, counted: `python -m tests.worker.kill_loop --kills 100 --stop 60`.

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
from tests.worker.kills import KillLoop, outage, own_postgres


async def _run(kills: int, stop: float, seed: int) -> bool:
    with own_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        try:
            killed = await KillLoop(postgres.environment, Path(folder) / "kills", seed).run(kills)
            stopped = await outage(postgres, Path(folder) / "stop", stop)
        finally:
            await dispose()
    result = {"seed": seed, "kills": asdict(killed), "postgres_stop": {"seconds": stop, **asdict(stopped)}}
    print(json.dumps(result, indent=2))
    return killed.good and stopped.good


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.worker.kill_loop")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--stop", type=float, default=60.0, help="seconds without Postgres in the middle of a call")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return 0 if asyncio.run(_run(options.kills, options.stop, options.seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
