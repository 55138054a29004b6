"""`make bench`: calls the running system as people do, and measures what they hear. See `ops.bench.main`."""

from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Measure, print, write; loads what that needs only now, so that its parts can be used alone."""
    from ops.bench.main import run

    return run(argv)
