"""The workers' slots and who holds them, in Redis: each call in progress has a lease, which ends unless it is renewed.

Hash `qv:capacity:workers`: worker → "expires slots". Hash `qv:capacity:calls`: call → "expires address campaign
account". Calls and holders are hashed, so nothing here tells whom a call is about. The keys themselves have no expiry:
they are never larger than what is going on, and must not be the first to go when memory is short.

Every method raises RedisError or OSError when Redis does not answer within a second.
"""

import hashlib
from functools import cached_property
from uuid import UUID

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from quantum_app.domain.calls.capacity import Holder, Refusal, limits
from quantum_app.settings import Capacity

# A worker says every few seconds how many calls it takes, and each call that it goes on.
EVERY = 3.0  # seconds
_LEASE = 12  # seconds
_TIMEOUT = 1.0  # seconds
_WORKERS, _CALLS = "qv:capacity:workers", "qv:capacity:calls"
_UNKNOWN = "-"

# What of a hash has not expired, as words; the rest is removed.
_LIVING = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local function living(key)
  local found, all = {}, redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    local words = {}
    for word in string.gmatch(all[i + 1], '%S+') do words[#words + 1] = word end
    if tonumber(words[1]) > now then found[all[i]] = words else redis.call('HDEL', key, all[i]) end
  end
  return found
end
"""
_PUBLISH = f"""{_LIVING}
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.3f %d', now + ARGV[2], ARGV[3]))
"""
_SLOTS = f"""{_LIVING}
local slots = 0
for _, words in pairs(living(KEYS[1])) do slots = slots + tonumber(words[2]) end
return slots
"""
# ARGV: call, seconds, address, campaign, account, then the limits of all calls, of the address, campaign and account.
# Without limits it is taken whatever there is. A lease that exists is renewed for whom it was made.
_TAKE = f"""{_LIVING}
local calls = living(KEYS[1])
local held = calls[ARGV[1]] or {{'', ARGV[3], ARGV[4], ARGV[5]}}
if not calls[ARGV[1]] and ARGV[6] then
  local used = {{0, 0, 0, 0}}
  for _, words in pairs(calls) do
    used[1] = used[1] + 1
    for i = 2, 4 do if words[i] == held[i] then used[i] = used[i] + 1 end end
  end
  for i = 1, 4 do if used[i] >= tonumber(ARGV[5 + i]) then return i end end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.3f %s %s %s', now + ARGV[2], held[2], held[3], held[4]))
return 0
"""


class RedisCapacity:
    """The slots of all workers of one Redis. redis: with text as answers or bytes, either way."""

    def __init__(self, redis: Redis, shares: Capacity) -> None:
        self._redis = redis
        self._shares = shares

    @classmethod
    def at(cls, url: str, shares: Capacity) -> "RedisCapacity":
        """With connections of its own; close it with `aclose`."""
        return cls(Redis.from_url(url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT), shares)

    async def aclose(self) -> None:
        await self._redis.aclose()

    async def publish(self, worker: str, slots: int, *, seconds: float = _LEASE) -> None:
        """This worker takes so many calls at once, for the next seconds; 0 while it takes no new ones."""
        await self._publish(keys=[_WORKERS], args=[_hash(worker), seconds, slots])

    async def slots(self) -> int:
        """The calls that all workers take at once."""
        return int(await self._slots(keys=[_WORKERS]))

    async def take(self, call_id: UUID, address: str, campaign_id: UUID, account_id: UUID) -> Refusal | None:
        """A slot for a call that begins, until its caller should have joined; or why there is none.

        A call that has one keeps it.
        """
        slots = await self.slots()
        most = [slots, *limits(slots, self._shares).values()]
        lease = _lease(call_id, self._shares.join_within, address, campaign_id, account_id)
        which = int(await self._take(keys=[_CALLS], args=[*lease, *most]))
        return list(Refusal)[which - 1] if which else None

    async def hold(self, call_id: UUID, address: str, campaign_id: UUID, account_id: UUID) -> None:
        """A call goes on, whatever the limits say. address: may be empty for a call whose lease exists."""
        await self._take(keys=[_CALLS], args=_lease(call_id, _LEASE, address, campaign_id, account_id))

    async def release(self, call_id: UUID) -> None:
        """The call is over."""
        await self._redis.hdel(_CALLS, _hash(str(call_id)))  # pyright: ignore[reportGeneralTypeIssues]

    @cached_property
    def _publish(self) -> AsyncScript:
        return self._redis.register_script(_PUBLISH)

    @cached_property
    def _slots(self) -> AsyncScript:
        return self._redis.register_script(_SLOTS)

    @cached_property
    def _take(self) -> AsyncScript:
        return self._redis.register_script(_TAKE)


def holder(address: str, campaign_id: UUID, account_id: UUID) -> Holder:
    """Whom a call counts for, in the form in which it is kept."""
    return Holder(_hash(address) if address else _UNKNOWN, _hash(str(campaign_id)), _hash(str(account_id)))


def _lease(call_id: UUID, seconds: float, address: str, campaign_id: UUID, account_id: UUID) -> list[str | float]:
    whose = holder(address, campaign_id, account_id)
    return [_hash(str(call_id)), seconds, whose.address, whose.campaign, whose.account]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
