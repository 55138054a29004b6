"""`make doctor`: asks every part of the running instance directly, then places a short call and follows it.

One line a component. Each fault is named once: what cannot be checked because of it says what it waits for.
"""

import asyncio
import logging
from collections.abc import Sequence

from ops.doctor.call import place
from ops.doctor.findings import EXIT, Findings, State
from ops.doctor.probes import probe
from ops.home import OpsError
from quantum_app.db.session import dispose
from quantum_app.kit.log import configure
from quantum_app.settings import settings


async def examine() -> Findings:
    """Probe all parts at once, then call. Raises OpsError when no instance was ever started in this data folder."""
    if not (settings().home / "run.env").exists():
        raise OpsError(f"Nothing runs in {settings().home}: start it with `make run`, then ask again.")
    findings = Findings()
    try:
        await probe(findings)
        await place(findings)
    finally:
        await dispose()
    return findings


def main(argv: Sequence[str]) -> int:
    """Print the findings. 0 when all is well, else 10 plus the place of the first broken component in the list."""
    if argv:
        raise OpsError("`make doctor` takes no arguments.")
    # What the probed parts' libraries log about a fault would hide the one line that names it.
    configure("console", "CRITICAL")
    logging.disable(logging.CRITICAL)
    findings = asyncio.run(examine())
    for finding in findings:
        print(f"{finding.component:<9} {finding.line}", flush=True)
    broken = [finding for finding in findings if finding.state is State.BROKEN]
    if not broken:
        print("Everything answers. Next: make bench")
        return 0
    for finding in broken:
        print(f"\n{finding.component}: {finding.remedy}")
    return EXIT[broken[0].component]
