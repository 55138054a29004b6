"""What a language model may still be used for: on one call, and on one day of an account, all calls together.

Tokens are counted after each request, so calls at the same time may each use one request more than is left.
"""

import asyncio
import hashlib
from datetime import timedelta
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from quantum_app.errors import Component, DependencyUnavailable
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger
from quantum_app.settings import ModelLimits

_TIMEOUT = 0.5  # seconds that a call waits for Redis, once
_RETENTION = timedelta(days=2)


class BudgetSpent(DependencyUnavailable):
    """The model may not be asked any more; the rules answer."""


class Budget:
    """One call's budget. Redis counts the day in `qv:tokens:{account}:{date}`, with the account's id hashed; without
    Redis the call's own use counts.

    Belongs to one event loop.
    """

    def __init__(self, limits: ModelLimits, account_id: UUID, redis_url: str) -> None:
        self._limits = limits
        self._account = hashlib.sha256(account_id.bytes).hexdigest()[:32]
        self._redis: Redis = Redis.from_url(redis_url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT)
        self._on_call = 0
        self._today: int | None = None
        self._warned = False
        self._counting: set[asyncio.Task[None]] = set()
        self._log = logger(__name__, stage=Component.LLM, account_id=str(account_id))

    async def check(self) -> None:
        """Raises BudgetSpent."""
        if self._today is None:
            await self._count(0)
        over = [
            period
            for period, amount, most in (
                ("call", self._on_call, self._limits.call_tokens),
                ("day", self._today or 0, self._limits.day_tokens),
            )
            if amount >= most
        ]
        if not over:
            return
        if not self._warned:
            self._warned = True
            self._log.warning("model budget used up, the rules answer", of=over[0])
        raise BudgetSpent(Component.LLM, f"The language model's budget for this {over[0]} is used up.")

    def spend(self, tokens: int) -> None:
        """Count tokens that were used; Redis learns of them without anybody waiting for it."""
        self._on_call += tokens
        counting = asyncio.create_task(self._count(tokens))
        self._counting.add(counting)
        counting.add_done_callback(self._counting.discard)

    async def aclose(self) -> None:
        """Wait until everything is counted."""
        await asyncio.gather(*self._counting)
        await self._redis.aclose()

    async def _count(self, tokens: int) -> None:
        self._today = (self._today or 0) + tokens
        key = f"qv:tokens:{self._account}:{now():%Y-%m-%d}"
        try:
            async with self._redis.pipeline() as pipe:
                pipe.incrby(key, tokens)
                pipe.expire(key, _RETENTION)
                amount, _ = await pipe.execute()
            self._today = int(amount)
        except (RedisError, OSError) as error:
            self._log.warning("tokens not counted", error=type(error).__name__)
