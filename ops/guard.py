"""Stops the supervisor's children if the supervisor is killed.

Reads `+pid signal` and `-pid` lines from standard input, which only the supervisor holds open. At the end of input, it
signals all remaining process groups, and kills those that are left after three seconds. Uses only the standard library.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 3.0


def _signal(group: int, number: int) -> bool:
    """Signal a process group. Returns False if it's gone."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        if line.startswith("+"):
            group, number = line[1:].split()
            groups[int(group)] = int(number)
        else:
            groups.pop(int(line[1:]), None)
    survivors = [group for group, number in groups.items() if _signal(group, number)]
    give_up = time.monotonic() + GRACE_SECONDS
    while survivors and time.monotonic() < give_up:
        time.sleep(0.05)
        survivors = [group for group in survivors if _signal(group, 0)]
    for group in survivors:
        _signal(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
