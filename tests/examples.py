"""How many examples Hypothesis tries: few and the same ones in `make test`, many new ones in `make test-long`."""

import os

_TIMES = int(os.environ.get("TEST_EXAMPLES", "1"))
LONG_RUN = _TIMES > 1


def examples(count: int) -> int:
    """count: how many in `make test`."""
    return count * _TIMES
