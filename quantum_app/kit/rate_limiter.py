"""Fixed-window rate limiting in the memory of this process."""

import time
from collections.abc import Callable

from cachetools import LRUCache


class FixedWindowRateLimiter:
    """Counts hits per key. A key's window starts with its first hit.

    Two adjacent windows can let up to twice the limit through within one window's length.

    max_keys: Keys to remember. Beyond that, the least recently used one is dropped.
    """

    def __init__(self, max_keys: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: LRUCache[str, tuple[int, float]] = LRUCache(max_keys)  # key → (hits, end of the window)

    def __len__(self) -> int:
        return len(self._counts)

    def hit(self, key: str, limit: int, seconds: float) -> float:
        """Count a hit. Returns 0 if it's within the limit, else the seconds until the window ends."""
        now = self._clock()
        hits, end = self._counts.get(key, (0, 0.0))
        if end <= now:
            hits, end = 0, now + seconds
        is_allowed = hits < limit
        self._counts[key] = (hits + is_allowed, end)
        return 0.0 if is_allowed else end - now

    def forget(self, prefix: str) -> None:
        """Drop every key that starts with the prefix."""
        for key in [key for key in self._counts if key.startswith(prefix)]:
            del self._counts[key]
