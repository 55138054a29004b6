"""Faults on request, for tests: late, refused, dropped or silent answers of one endpoint.

A fault without `count` holds until it is deleted, also for sockets that are already open; with `count` it strikes that
many new requests and then ends.
"""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Endpoint(StrEnum):
    LISTEN = "listen"
    SPEAK = "speak"
    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    EMAILS = "emails"


class Fault(BaseModel):
    """delay_ms: each answer (HTTP) or message (socket) leaves that much later. status, error_code: new requests are
    refused with it. drop_after_ms: the connection is cut without a word that long after it opened, or after the fault
    was set. silence: nothing is ever answered. endless: a streamed chat answer never ends. count: how many new requests
    it strikes; None is all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    delay_ms: Annotated[int, Field(ge=0, le=60_000)] = 0
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    error_code: Annotated[str, Field(max_length=64, pattern=r"^[\w .-]+$")] = "INJECTED"
    drop_after_ms: Annotated[int, Field(ge=0, le=600_000)] | None = None
    silence: bool = False
    endless: bool = False
    count: Annotated[int, Field(ge=1)] | None = None


class Connection:
    """One request or socket and the fault it suffers. `abort` ends its transport."""

    def __init__(self, abort: Callable[[], None]) -> None:
        self._abort = abort
        self._timer: asyncio.TimerHandle | None = None
        self._audible = asyncio.Event()
        self._audible.set()
        self.fault = Fault()

    def suffer(self, fault: Fault) -> None:
        self.fault = fault
        if fault.silence:
            self._audible.clear()
        else:
            self._audible.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if fault.drop_after_ms is not None:
            self._timer = asyncio.get_running_loop().call_later(fault.drop_after_ms / 1000, self._abort)

    async def hold(self) -> None:
        """Wait as the fault says; under silence until it ends."""
        await asyncio.sleep(self.fault.delay_ms / 1000)
        await self._audible.wait()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class Faults:
    """The faults in force and the connections they may strike."""

    def __init__(self) -> None:
        self._faults: dict[Endpoint, Fault] = {}
        self._open: dict[Endpoint, set[Connection]] = {endpoint: set() for endpoint in Endpoint}

    def get(self, endpoint: Endpoint) -> Fault | None:
        return self._faults.get(endpoint)

    def set(self, endpoint: Endpoint, fault: Fault) -> None:
        self._faults[endpoint] = fault
        if fault.count is None:
            for connection in self._open[endpoint]:
                connection.suffer(fault)

    def clear(self, endpoint: Endpoint) -> None:
        self._faults.pop(endpoint, None)
        for connection in self._open[endpoint]:
            connection.suffer(Fault())

    def enter(self, endpoint: Endpoint, abort: Callable[[], None]) -> Connection:
        """A new request; `leave` it when it ends."""
        connection = Connection(abort)
        self._open[endpoint].add(connection)
        fault = self._faults.get(endpoint)
        if fault is not None:
            if fault.count == 1:
                del self._faults[endpoint]
            elif fault.count is not None:
                self._faults[endpoint] = fault.model_copy(update={"count": fault.count - 1})
            connection.suffer(fault)
        return connection

    def leave(self, endpoint: Endpoint, connection: Connection) -> None:
        connection.close()
        self._open[endpoint].discard(connection)
