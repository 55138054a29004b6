"""How often each of many things happened within a while, in the memory of this process."""

import time
from collections import OrderedDict
from collections.abc import Callable


class Windows:
    """Counts per key in fixed windows, each of which begins with its first hit.

    Two windows that meet let up to twice the amount through in one window's time. At most `most` keys are kept; beyond
    that, those not asked for longest are dropped.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()  # key → hits, end of the window

    def __len__(self) -> int:
        return len(self._counts)

    def hit(self, key: str, amount: int, seconds: float) -> float:
        """Count one more. Returns 0; or, if there were `amount` already, the seconds until the window ends."""
        now = self._clock()
        hits, end = self._counts.get(key, (0, 0.0))
        if end <= now:
            hits, end = 0, now + seconds
        allowed = hits < amount
        self._counts[key] = (hits + allowed, end)
        self._counts.move_to_end(key)
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)
        return 0.0 if allowed else end - now

    def forget(self, prefix: str) -> None:
        """Drop every key that begins with the prefix."""
        for key in [key for key in self._counts if key.startswith(prefix)]:
            del self._counts[key]
