"""How often, and how far apart, what failed is tried again: one policy for each kind of dependency.

Waits go through the event loop, so a virtual clock drives them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import stamina
from stamina.instrumentation import set_on_retry_hooks

P = ParamSpec("P")
T = TypeVar("T")
Errors = type[Exception] | tuple[type[Exception], ...] | Callable[[Exception], bool]

# By default, stamina logs the error and the arguments of what is tried again: either may be what a caller said.
set_on_retry_hooks([])


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off. Waits are in seconds.

    initial: the wait before the second attempt; each following one is twice as long.
    longest: the most that one wait takes.
    jitter: up to this much is added at random, so that many callers don't come back at the same moment.
    attempts: how many there are, the first included; None for as long as it takes.
    """

    initial: float
    longest: float
    jitter: float = 0.0
    attempts: int | None = None

    async def call(self, on: Errors, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns in the end. Raises its last error, or at once one that `on` does not name."""
        async for attempt in self.each(on):
            with attempt:
                return await function(*args, **kwargs)
        raise AssertionError("unreachable")

    def each(self, on: Errors) -> AsyncIterator[stamina.Attempt]:
        """Attempts for a block of code: `async for attempt in policy.each(OSError)`, then `with attempt`."""
        return stamina.retry_context(
            on,
            attempts=self.attempts,
            timeout=None,
            wait_initial=self.initial,
            wait_max=self.longest,
            wait_jitter=self.jitter,
        )

    def wait(self, failures: int) -> float:
        """The wait after this many failures in a row, where somebody else tries again."""
        return min(self.longest, self.initial * 2.0 ** (failures - 1))


DATABASE_READ = RetryPolicy(initial=0.2, longest=2.0, jitter=0.1, attempts=5)
DATABASE_WRITE = RetryPolicy(initial=0.1, longest=5.0, jitter=0.1)
SUBSCRIPTION = RetryPolicy(initial=1.0, longest=1.0)
SPEECH_STREAM = RetryPolicy(initial=0.2, longest=4.0)
