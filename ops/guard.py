"""The supervisor's shadow: when the supervisor dies without stopping its children, the guard does.

Reads `+pid signal` and `-pid` lines from its standard input, which only the supervisor holds open; at its end, asks
every process group that is left to stop, and kills what has not gone after three seconds. Standard library only.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 3.0


def _signal(group: int, number: int) -> bool:
    """Whether anything of the group was there."""
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
    left = [group for group, number in groups.items() if _signal(group, number)]
    give_up = time.monotonic() + GRACE_SECONDS
    while left and time.monotonic() < give_up:
        time.sleep(0.05)
        left = [group for group in left if _signal(group, 0)]
    for group in left:
        _signal(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
