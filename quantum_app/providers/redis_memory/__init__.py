"""Forgetting what Redis remembers of somebody: the states of open pages, most of all."""

from typing import Any

from redis.asyncio import Redis


class RedisMemory:
    """Redis or Valkey servers, by their URLs."""

    def __init__(self, *urls: str) -> None:
        self._urls = set(urls)

    async def forget(self, *texts: str) -> None:
        """Remove every key in whose name or value one of these texts stands. Reads all keys, a few at a time."""
        encoded = [text.encode() for text in texts]
        for url in self._urls:
            async with Redis.from_url(url) as redis:
                async for key in redis.scan_iter(count=500):
                    content = b"\n".join([key, *await _values(redis, key)])
                    if any(text in content for text in encoded):
                        await redis.delete(key)


async def _values(redis: Any, key: bytes) -> list[bytes]:
    """Everything that stands under a key. Streams hold no texts of ours."""
    match await redis.type(key):
        case b"string":
            return [await redis.get(key) or b""]
        case b"hash":
            return [part for pair in (await redis.hgetall(key)).items() for part in pair]
        case b"list":
            return await redis.lrange(key, 0, -1)
        case b"set":
            return list(await redis.smembers(key))
        case b"zset":
            return await redis.zrange(key, 0, -1)
        case _:
            return []
