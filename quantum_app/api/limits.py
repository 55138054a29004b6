"""How often somebody may try. Counted in Redis for all processes; in this process while Redis is away."""

from functools import cache
from typing import Any

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from quantum_app.errors import Segment, TooManyRequests
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger
from quantum_app.settings import settings

CALLS_BY_ADDRESS = parse("120/10minutes")
CALLS_BY_EMAIL = parse("20/10minutes")
LOGINS_BY_ADDRESS = parse("60/5minutes")
LOGINS_BY_EMAIL = parse("10/5minutes")

_log = logger(__name__, stage=Segment.REDIS)


@cache
def redis() -> Redis:
    """The API's connections to Redis; a server that does not answer costs a request one second."""
    return Redis.from_url(settings().redis.url.get_secret_value(), socket_timeout=1, socket_connect_timeout=1)


async def close() -> None:
    """Close this process's connections (shutdown, tests)."""
    await redis().aclose()
    for cached in (redis, _shared, _own):
        cached.cache_clear()


@cache
def _shared() -> MovingWindowRateLimiter:
    url = settings().redis.url.get_secret_value()
    # Handed on to redis.asyncio.Redis as it is; the library's own types know plain values only.
    options: dict[str, Any] = {"connection_pool": redis().connection_pool}
    return MovingWindowRateLimiter(RedisStorage(f"async+{url}", implementation="redispy", **options))


@cache
def _own() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


async def count(limit: RateLimitItem, *what: str) -> None:
    """One more attempt at `what`. Raises TooManyRequests, which says in how many seconds the next may be made."""
    for limiter in (_shared(), _own()):
        try:
            if await limiter.hit(limit, *what):
                return
            stats = await limiter.get_window_stats(limit, *what)
        except (RedisError, OSError) as error:
            _log.error("attempts are counted in this process alone", error=type(error).__name__)
            continue
        wait = max(1, int(stats.reset_time - now().timestamp()) + 1)
        raise TooManyRequests("Too many attempts in a short time. Please wait a little.", retry_after=wait)


async def forgive(limit: RateLimitItem, *what: str) -> None:
    """Forget the attempts so far: the last one was right."""
    for limiter in (_shared(), _own()):
        try:
            await limiter.clear(limit, *what)
        except (RedisError, OSError) as error:
            _log.error("attempts not forgotten", error=type(error).__name__)
