"""Connections to checked addresses, which read no more than they may."""

import ssl
from collections.abc import Iterable, Sequence
from typing import Any, cast

import httpcore
from httpcore import AsyncNetworkBackend, AsyncNetworkStream

from quantum_app.errors import ResponseRefused
from quantum_app.kit.public_address import IPAddress

# Of a host with many addresses, so many are tried.
_ATTEMPTS = 4


class ReadBudget:
    """Bytes that may still be read from a connection, whatever they are: headers, chunk sizes, interim responses."""

    def __init__(self, remaining: int) -> None:
        self.remaining = remaining

    def size(self, wanted_bytes: int) -> int:
        """How many bytes the next read may take. Raises ResponseRefused if none are left."""
        if self.remaining <= 0:
            raise ResponseRefused("This website's response is too large.")
        return min(wanted_bytes, self.remaining)


class PinnedBackend(AsyncNetworkBackend):
    """Connects to the given addresses and resolves nothing, whatever host it is asked for."""

    def __init__(self, addresses: Sequence[IPAddress], budget: ReadBudget) -> None:
        self._addresses = addresses[:_ATTEMPTS]
        self._budget = budget
        # Without anyio, httpcore's name stands for something that only raises.
        self._backend = cast(AsyncNetworkBackend, httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        failure: Exception = httpcore.ConnectError("no address")
        for address in self._addresses:
            try:
                stream = await self._backend.connect_tcp(str(address), port, timeout, local_address, socket_options)
                return _LimitedStream(stream, self._budget)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _LimitedStream(AsyncNetworkStream):
    def __init__(self, stream: AsyncNetworkStream, budget: ReadBudget) -> None:
        self._stream = stream
        self._budget = budget

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._stream.read(self._budget.size(max_bytes), timeout)
        self._budget.remaining -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> AsyncNetworkStream:
        stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _LimitedStream(stream, self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
