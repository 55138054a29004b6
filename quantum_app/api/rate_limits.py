"""Rate limits. Attempts are counted in Redis for all processes, and in this process as well.

Redis may be down, and drops counters when it is full. What this process counted stays.

Redis does not learn whom an attempt was about: names are hashed.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from quantum_app.errors import Component, NotAuthenticated, TooManyRequests
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger
from quantum_app.kit.rate_limiter import FixedWindowRateLimiter
from quantum_app.settings import settings

CALLS_BY_EMAIL = parse("20/10minutes")
ASSISTANTS_BY_CALL = parse("40/minute")
RATINGS_BY_CALL = parse("10/day")
HANG_UPS_BY_CALL = parse("20/minute")
RESULTS_BY_CALL = parse("60/minute")
TRANSCRIPTS_BY_CALL = parse("2/day")
TRANSCRIPTS_BY_EMAIL = parse("5/day")
TRANSCRIPTS_BY_ACCOUNT = parse("500/day")
LOGINS_BY_ADDRESS = parse("60/5minutes")
TOKENS_BY_ADDRESS = parse("30/5minutes")
CODES_BY_PERSON = parse("10/15minutes")
API_TOKENS_BY_PERSON = parse("20/hour")
MAILS_BY_ADDRESS = parse("20/hour")
MAILS_BY_EMAIL = parse("5/hour")
MAILS_TO_ONE = parse("20/hour")
SAMPLES_BY_PERSON = parse("60/minute")
# As fast as somebody types.
SEARCHES_BY_PERSON = parse("120/minute")
HEARINGS_BY_PERSON = parse("60/minute")
# A tab saves twice a second at most, while somebody draws.
DRAFTS_BY_PERSON = parse("240/minute")
DRAFTS_BY_ACCOUNT = parse("600/minute")
# Reading a whole flow takes as long as checking it, and counts as that.
CHECKS_BY_PERSON = parse("120/minute")
CHECKS_BY_ACCOUNT = parse("600/minute")
PUBLICATIONS_BY_ACCOUNT = parse("200/day")
SIMULATIONS_BY_PERSON = parse("300/minute")
TESTS_BY_PERSON = parse("20/minute")
UPLOADS_BY_PERSON = parse("240/minute")

# Wrong guesses before the first pause: of one known browser; from one address at one login; at one login from
# everywhere else. The pause doubles with each wrong guess, from the first to the longest, in seconds.
FREE_GUESSES = {"device": 10, "pair": 5, "everybody": 50}
FIRST_PAUSE, LONGEST_PAUSE = 15, 900
# Tries at one login from one address, or of one known browser, that this process takes without a right one among
# them. The pauses allow fewer; this holds when Redis has dropped them.
GUESSES_BY_ONE = parse("20/15minutes")
# Tries at one login, from everywhere, while Redis is away.
_GUESSES_WITHOUT_REDIS = parse("10/5minutes")
# Counters of this process; 50,000 take about 15 MB.
_MAX_COUNTERS = 50_000
_GUESS_EXPIRY = 3600
_WRONG = {"wrong_credentials", "wrong_code"}

_log = logger(__name__, stage=Component.REDIS)


def calls_by_address() -> RateLimitItem:
    """Attempts to start a call from one address."""
    return RateLimitItemPerMinute(settings().capacity.starts_per_minute)


@cache
def redis() -> Redis:
    """The API's connections to Redis; a server that does not answer costs a request one second."""
    return Redis.from_url(settings().redis.url.get_secret_value(), socket_timeout=1, socket_connect_timeout=1)


async def close() -> None:
    """Close this process's connections (shutdown, tests)."""
    await redis().aclose()
    for cached in (redis, _redis_limiter, _local_limiter):
        cached.cache_clear()


@cache
def _redis_limiter() -> MovingWindowRateLimiter:
    url = settings().redis.url.get_secret_value()
    # Handed on to redis.asyncio.Redis as it is; the library's own types know plain values only.
    options: dict[str, Any] = {"connection_pool": redis().connection_pool}
    return MovingWindowRateLimiter(RedisStorage(f"async+{url}", implementation="redispy", **options))


@cache
def _local_limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(_MAX_COUNTERS)


def _count_here(limit: RateLimitItem, key: str) -> None:
    """Count an attempt in this process. Raises TooManyRequests."""
    seconds = _local_limiter().hit(key, limit.amount, limit.get_expiry())
    if seconds:
        raise _too_many(int(seconds) + 1)


async def count(limit: RateLimitItem, action: str, *whose: str) -> None:
    """Count an attempt at `action`. Raises TooManyRequests with the seconds until the next one is allowed."""
    key = (action, _hash(*whose))
    try:
        if not await _redis_limiter().hit(limit, *key):
            stats = await _redis_limiter().get_window_stats(limit, *key)
            raise _too_many(int(stats.reset_time - now().timestamp()) + 1)
    except (RedisError, OSError) as error:
        _log.error("attempts are counted in this process alone", error=type(error).__name__)
    _count_here(limit, limit.key_for(*key))


@asynccontextmanager
async def guessing(
    action: str, name: str, address: str, device: str, *, both_factors: bool = False
) -> AsyncIterator[None]:
    """A context for one attempt to prove an identity. Failed ones make the next ones wait, longer each time.

    both_factors: the attempt needs a password and a code together, so guesses from other addresses do not delay it.

    A browser that was logged in before (device) has guesses of its own, and so has each address. Whoever tries to lock
    somebody out delays unknown browsers and their own address, and not the person, who can also always choose a new
    password by mail. (OWASP, Blocking Brute Force Attacks: device cookies.)

    Raises TooManyRequests before the attempt, with the seconds to wait.
    """
    await count(LOGINS_BY_ADDRESS, action, address)
    keys = {"device": _key(action, name, device)}
    if not device:
        keys = {"pair": _key(action, name, address)}
        if not both_factors:
            keys["everybody"] = _key(action, name)
    try:
        for key in keys.values():
            await _refuse_during_pause(key)
        for kind, key in keys.items():
            await _count_guess(key, FREE_GUESSES[kind])
    except (RedisError, OSError) as error:
        _log.error("guesses are counted in this process alone", error=type(error).__name__)
        _count_here(_GUESSES_WITHOUT_REDIS, _key(action, name))
    here = f"{_key(action, name)}:{_hash(device or address)}"
    _count_here(GUESSES_BY_ONE, here)
    try:
        yield
    except NotAuthenticated as error:
        if error.code in _WRONG:
            raise
        await _forgive(keys, here)
        raise
    await _forgive(keys, here)


async def forget_guesses(action: str, name: str) -> None:
    """Forget failed attempts at a login, because its owner proved the email address."""
    _local_limiter().forget(_key(action, name))
    await _forget(_key(action, name))


async def _refuse_during_pause(key: str) -> None:
    """Refuse an attempt during a pause without counting it, so others' guesses do not prolong one's own pause.

    Reading a pause counts as using it, so a full Redis drops pauses that nobody asks for first.
    """
    async with redis().pipeline() as pipe:
        pipe.touch(f"{key}:pause")
        pipe.ttl(f"{key}:pause")
        _, seconds = await pipe.execute()
    if seconds > 0:
        raise _too_many(seconds)


async def _count_guess(key: str, free: int) -> None:
    """Count a guess before it is checked, so that many at once do not count as one."""
    guesses = await _add(key, 1)
    if guesses < free:
        return
    pause = min(FIRST_PAUSE * 2 ** min(guesses - free, 10), LONGEST_PAUSE)
    if not await redis().set(f"{key}:pause", 1, nx=True, ex=pause):
        await _add(key, -1)
        raise _too_many(await redis().ttl(f"{key}:pause"))


async def _forgive(keys: dict[str, str], here: str) -> None:
    """Forget the failed attempts of this browser or address after a right one. Others' are kept."""
    _local_limiter().forget(here)
    await _forget(*(key for kind, key in keys.items() if kind != "everybody"))
    if "everybody" in keys:
        try:
            await _add(keys["everybody"], -1)
        except (RedisError, OSError) as error:
            _log.error("guess not taken back", error=type(error).__name__)


async def _add(key: str, count: int) -> int:
    """Add to the count of guesses and return it. It always has an expiry."""
    async with redis().pipeline() as pipe:
        pipe.incrby(key, count)
        pipe.expire(key, _GUESS_EXPIRY)
        total, _ = await pipe.execute()
    return int(total)


async def _forget(*keys: str) -> None:
    try:
        await redis().delete(*keys, *(f"{key}:pause" for key in keys))
    except (RedisError, OSError) as error:
        _log.error("guesses not forgotten", error=type(error).__name__)


def _key(*parts: str) -> str:
    return f"qv:guess:{_hash(*parts)}"


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _too_many(seconds: int) -> TooManyRequests:
    wait = max(1, seconds)
    duration = f"{wait} seconds" if wait < 90 else f"{-(-wait // 60)} minutes"
    return TooManyRequests(f"Too many attempts. Try again in {duration}.", retry_after=wait)
