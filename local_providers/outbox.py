"""The sending half of a WebSocket: one queue, so that messages keep their order, may be late and can be taken back."""

import asyncio
import json
import time
from collections import deque

from aiohttp import web

from local_providers.faults import Connection


class Outbox:
    """Messages leave in order, each `fault.delay_ms` after it was put; none leaves under a silence fault."""

    def __init__(self, socket: web.WebSocketResponse, connection: Connection) -> None:
        self._socket = socket
        self._connection = connection
        self._queue: deque[tuple[float, str | bytes]] = deque()
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._pump = asyncio.create_task(self._run())

    def put(self, message: dict[str, object] | bytes) -> None:
        self._queue.append((time.monotonic(), message if isinstance(message, bytes) else json.dumps(message)))
        self._empty.clear()
        self._more.set()

    def drop_audio(self) -> None:
        """Take back the binary messages that have not left."""
        self._queue = deque(entry for entry in self._queue if isinstance(entry[1], str))

    async def drained(self) -> None:
        """Return when everything has left, or the socket is gone."""
        waiter = asyncio.create_task(self._empty.wait())
        await asyncio.wait({waiter, self._pump}, return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Send what waits, then close."""
        await self.drained()
        await self._socket.close(code=code, message=reason.encode())
        self._pump.cancel()

    def stop(self) -> None:
        self._pump.cancel()

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._queue:
                at = self._queue[0][0]
                late = at + self._connection.fault.delay_ms / 1000 - time.monotonic()
                if late > 0:
                    await asyncio.sleep(min(late, 0.05))
                    continue
                _, message = self._queue.popleft()
                if self._connection.fault.silence:
                    continue
                try:
                    if isinstance(message, bytes):
                        await self._socket.send_bytes(message)
                    else:
                        await self._socket.send_str(message)
                except (ConnectionError, RuntimeError):
                    self._queue.clear()
                    self._empty.set()
                    return
            self._empty.set()
