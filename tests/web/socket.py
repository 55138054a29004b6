"""What a hostile browser can do: any event, with any payload and any claim, over the pages' own socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aiohttp
import reflex as rx
import socketio

NAMESPACE = "/_event"


class Socket:
    """One connection. `updates` is everything that the server sent, as text, to look for what must not be there."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self._client = client
        self._arrived: asyncio.Queue[Any] = asyncio.Queue()
        self._seen: list[Any] = []
        client.on("event", self._arrived.put_nowait, namespace=NAMESPACE)

    @property
    def updates(self) -> str:
        while not self._arrived.empty():
            self._seen.append(self._arrived.get_nowait())
        return json.dumps(self._seen)

    async def send(self, state: type[rx.State], handler: str, path: str, **payload: Any) -> None:
        """An event as the pages send it, only that the path is whatever somebody likes."""
        event = {
            "name": f"{state.get_full_name()}.{handler}",
            "payload": payload,
            "router_data": {"pathname": path, "asPath": path, "query": {}},
        }
        await self.send_raw(event)

    async def send_raw(self, event: dict[str, Any]) -> None:
        await self._client.emit("event", event, namespace=NAMESPACE)

    async def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until the server has sent this so often. Raises TimeoutError."""
        async with asyncio.timeout(15):
            while self.updates.count(text) < times:
                self._seen.append(await self._arrived.get())


@asynccontextmanager
async def connected(url: str, cookie: str = "", *, tab: str = "", **headers: str) -> AsyncIterator[Socket]:
    """A socket with this `Cookie` header, of a new client or of one that was here before (tab)."""
    async with aiohttp.ClientSession() as http:
        client = socketio.AsyncClient(reconnection=False, http_session=http)
        socket = Socket(client)
        await client.connect(
            f"{url}?token={tab or uuid4()}",
            headers={"Cookie": cookie, **headers},
            namespaces=[NAMESPACE],
            transports=["websocket"],
            socketio_path=NAMESPACE,
        )
        try:
            yield socket
        finally:
            await client.disconnect()
