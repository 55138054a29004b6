"""Calls on a virtual clock: no process, no network, no sound engine, no waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_worker.persistence import call_log
from agent_worker.session import call_session
from quantum_app.settings import Settings, Worker, settings
from tests.worker.virtual.clock import VirtualLoop, virtual_time
from tests.worker.virtual.line import Line
from tests.worker.virtual.media import scripted_media


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"virtual": VirtualLoop}


@pytest.fixture(autouse=True)
async def clock() -> AsyncIterator[VirtualLoop]:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    with virtual_time(loop):
        yield loop


@pytest.fixture
def base_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings without a running instance."""
    monkeypatch.setenv("QUANTUM_SECRET_KEY", "k" * 32)
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


Lines = Callable[..., Line]


@pytest.fixture
async def lines(
    clock: VirtualLoop, base_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Lines]:
    """`lines(flow=…)` gives a call that may be opened."""
    opened_lines: list[Line] = []

    def line(*, worker: dict[str, Any] | None = None, **changes: Any) -> Line:
        line_settings = base_settings.model_copy(update={"worker": Worker(**(worker or {}))})
        opened_lines.append(Line(tmp_path / "spool", line_settings, **changes))
        monkeypatch.setattr(call_log, "store_records", opened_lines[-1].store)
        monkeypatch.setattr(call_session, "mark_answered", opened_lines[-1].mark_answered)
        return opened_lines[-1]

    with scripted_media():
        yield line
        for one in opened_lines:
            if one.running is not None:
                await one.kill()


@pytest.fixture
async def line(lines: Lines) -> Line:
    """A call on the demo campaign."""
    return lines()
