"""Live events and the stage of running calls, over Redis. Losing one loses no data, so nothing here raises into a call.

Channel `qv:live:{account_id}`; hash `qv:call:{call_id}` with stage, interruptions, updated_at, kept for an hour.
"""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from quantum_app.domain.calls.schemas import LiveEventType
from quantum_app.kit.clock import now
from quantum_app.kit.log import logger
from quantum_app.kit.retry import SUBSCRIPTION

_CHANNEL = "qv:live:"
_RETENTION = 3600  # seconds
_TIMEOUT = 1.0  # seconds; a call never waits longer for Redis
_HEALTH = 5.0  # seconds of silence after which the subscriber asks whether Redis is there

_log = logger(__name__, stage="REDIS")


class RedisBus:
    """Implements `domain.calls.ports.LiveBus`. url: `redis://…`."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(
            url, decode_responses=True, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
        )

    async def publish(self, account_id: UUID, message: dict[str, Any]) -> None:
        """Tell the account's watchers. message: JSON-ready, with `type`, and for calls `call_id` and `at`."""
        try:
            await self._redis.publish(f"{_CHANNEL}{account_id}", json.dumps(message, separators=(",", ":")))
        except (RedisError, OSError) as error:
            _log.warning("live event not published", call_id=message.get("call_id"), error=type(error).__name__)

    async def set_stage(self, account_id: UUID, call_id: UUID, stage: str) -> None:
        """Note what the call does now, and tell the watchers."""
        at = now().isoformat()
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hset(_key(call_id), mapping={"stage": stage, "updated_at": at})
                pipe.expire(_key(call_id), _RETENTION)
                await pipe.execute()
        except (RedisError, OSError) as error:
            _log.warning("stage not set", call_id=str(call_id), error=type(error).__name__)
        message = {"type": LiveEventType.CALL_STAGE_CHANGED, "call_id": str(call_id), "at": at, "stage": stage}
        await self.publish(account_id, message)

    async def count_interruption(self, call_id: UUID) -> int:
        """One more interruption; how many there were. 0 when Redis does not answer."""
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.hincrby(_key(call_id), "interruptions", 1)
                pipe.expire(_key(call_id), _RETENTION)
                count, _ = await pipe.execute()
            return int(count)
        except (RedisError, OSError) as error:
            _log.warning("interruption not counted", call_id=str(call_id), error=type(error).__name__)
            return 0

    async def aclose(self) -> None:
        await self._redis.aclose()


async def subscribe(url: str) -> AsyncIterator[tuple[UUID, dict[str, Any]]]:
    """Every account's live events, as (account id, message), for ever; subscribes again when Redis went away."""
    async for attempt in SUBSCRIPTION.each((RedisError, OSError)):
        with attempt:
            redis: Redis = Redis.from_url(
                url, decode_responses=True, socket_connect_timeout=_TIMEOUT, health_check_interval=_HEALTH
            )
            try:
                async with redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.psubscribe(f"{_CHANNEL}*")
                    while True:
                        # With a timeout, because only between two reads does the client look whether the server is
                        # there.
                        item = await channel.get_message(timeout=_HEALTH)
                        if item is not None and (event := _decoded(item)) is not None:
                            yield event
            except (RedisError, OSError) as error:
                _log.warning("live events interrupted, subscribing again", error=type(error).__name__)
                raise
            finally:
                await redis.aclose()


def _decoded(item: dict[str, Any]) -> tuple[UUID, dict[str, Any]] | None:
    try:
        message = json.loads(item["data"])
        return (UUID(item["channel"].removeprefix(_CHANNEL)), message) if isinstance(message, dict) else None
    except ValueError:
        _log.warning("live event not understood", channel=item["channel"])
        return None


def _key(call_id: UUID) -> str:
    return f"qv:call:{call_id}"
