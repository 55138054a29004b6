"""`make setup`: makes what is made once and kept, each by the content that it depends on.

The environment is ops/bootstrap.py's; this adds the LiveKit server, the pages, what checks and tests
the frontend, and a browser for the tests.
"""

from collections.abc import Sequence

from ops import frontend, livekit, node
from ops.chromium import chromium
from ops.home import OpsError


def build() -> None:
    """The LiveKit server and the pages. Raises OpsError."""
    livekit.build()
    frontend.build()


def main(argv: Sequence[str]) -> int:
    """Raises OpsError."""
    if argv:
        raise OpsError("`make setup` takes no arguments.")
    build()
    node.install()
    chromium()
    print("Setup is complete. Next: make run or make test")
    return 0
