"""What a hostile browser can do: any event, with any payload and any claim, over the pages' own socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import randrange
from typing import Any
from uuid import uuid4

import aiohttp
import reflex as rx
import socketio

NAMESPACE = "/_event"
_HYDRATE = {
    "name": "reflex___state____state.hydrate_and_load",
    "payload": {"vars": {}},
    "router_data": {"pathname": "/login", "asPath": "/login"},
}


class Socket:
    """One connection. `updates` is everything that the server sent, as text, to look for what must not be there.

    renamed: whether the server gave the tab another name, because one of its name was there.
    """

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.renamed = False
        self._client = client
        client.on("new_token", self._rename, namespace=NAMESPACE)
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._events: list[Any] = []
        client.on("event", self._queue.put_nowait, namespace=NAMESPACE)

    def _rename(self, name: str) -> None:
        self.renamed = True

    @property
    def updates(self) -> str:
        while not self._queue.empty():
            self._events.append(self._queue.get_nowait())
        return json.dumps(self._events)

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
                self._events.append(await self._queue.get())

    async def wait_for_one_of(self, *texts: str) -> None:
        """Wait until the server has sent one of these. Raises TimeoutError."""
        async with asyncio.timeout(3):
            while not any(text in self.updates for text in texts):
                self._events.append(await self._queue.get())


@asynccontextmanager
async def connect(
    url: str,
    cookie: str = "",
    *,
    tab: str = "",
    silent: bool = False,
    boot: dict[str, Any] | None = None,
    address: str = "",
    **headers: str,
) -> AsyncIterator[Socket]:
    """A socket with this `Cookie` header, of a new client or of one that was here before (tab).

    silent: says nothing at first; otherwise it asks for its state, as pages do. boot: in which words, if not the usual
    ones. address: from which it comes, one of its own unless told otherwise.
    """
    async with aiohttp.ClientSession() as http:
        client = socketio.AsyncClient(reconnection=False, http_session=http)
        socket = Socket(client)
        await client.connect(
            f"{url}?token={tab or uuid4()}",
            headers={
                "Cookie": "; ".join(filter(None, (await page_session(http, url), cookie))),
                "X-Forwarded-For": address or f"198.18.{randrange(256)}.{randrange(256)}",
                **headers,
            },
            auth=None if silent else {"event": boot or _HYDRATE},
            namespaces=[NAMESPACE],
            transports=["websocket"],
            wait_timeout=15,
            socketio_path=NAMESPACE,
        )
        try:
            yield socket
        finally:
            await client.disconnect()


@asynccontextmanager
async def take_over(url: str, cookie: str, tab: str) -> AsyncIterator[Socket]:
    """A socket by the name of a tab that was another's: as soon as the server knows that the other is gone."""
    while True:
        async with connect(url, cookie, tab=tab, silent=True) as socket:
            if not socket.renamed:
                yield socket
                return


async def page_session(http: aiohttp.ClientSession, url: str) -> str:
    """The cookie that comes with a page, as a browser would send it back."""
    async with http.head(f"{url}/login/") as page:
        return page.headers["set-cookie"].partition(";")[0]
