"""`make doctor`: checks each component of the running instance, then places a short test call.

Prints one line per component. A fault is reported once; what can't be checked because of it says so.
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
        raise OpsError(f"Nothing is running in {settings().home}. Start it with `make run`, then try again.")
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
        print("Everything works. Next: make bench")
        return 0
    for finding in broken:
        print(f"\n{finding.component}: {finding.remedy}")
    return EXIT[broken[0].component]
