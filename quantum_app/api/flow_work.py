"""Work on flows that people sent, in the process pool: whoever sends a large one makes nobody else wait.

Everything is passed on as plain data. What a job may import: `domain.flows`, `api.trials`; not the web framework.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any, TypeVar, TypeVarTuple
from uuid import UUID

from quantum_app.api import trials
from quantum_app.api.surroundings import Servers
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.validation import validator
from quantum_app.domain.flows.validation.validator import Problem
from quantum_app.errors import InvalidInput, TooManyRequests
from quantum_app.kit.log import logger
from quantum_app.kit.process_pool import OverLimit, ProcessPool, QueueFull
from quantum_app.settings import settings

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_RETRY_AFTER = 5  # seconds
_TOO_MUCH = Problem(
    "error",
    "too_much_work",
    "This flow takes too long to check.",
    "Make conditions shorter, or use fewer of them at one node.",
)

_log = logger(__name__)


class TooMuchWork(InvalidInput):
    """The limits of one job were reached."""

    code = "too_much_work"
    status = 422


@cache
def pool() -> ProcessPool:
    """This process's pool. Its processes begin with their first jobs."""
    limits = settings().work
    return ProcessPool(
        processes=limits.processes,
        cpu_seconds=limits.cpu_seconds,
        seconds=limits.seconds,
        memory=limits.memory_mb * 1_000_000,
        max_queued=limits.waiting,
        initializer=partial(trials.set_up, settings().log_format, settings().log_level, settings().openai.enabled),
    )


def close() -> None:
    """End the processes (shutdown, tests)."""
    if pool.cache_info().currsize:
        pool().close()
        pool.cache_clear()


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None, None]:
    """While the web runs: one process is warm from the start, and all end with it."""
    warm = asyncio.create_task(pool().run("", int))
    try:
        yield
    finally:
        warm.cancel()
        close()


def servers(account_id: UUID) -> Servers:
    """Whom conversations ask."""
    known = settings()
    return Servers(account_id, known.embeddings, known.openai, known.model_limits, known.redis.url)


async def run(account_id: UUID, function: Callable[[*Ts], T], *args: *Ts, seconds: float | None = None) -> T:
    """A function in the pool, for an account. Raises what it raises, TooMuchWork, TooManyRequests.

    seconds: less than a job may take otherwise.
    """
    try:
        return await pool().run(str(account_id), function, *args, seconds=seconds)
    except OverLimit:
        _log.warning("work on a flow was ended", job=function.__name__, account_id=str(account_id))
        raise TooMuchWork("This flow takes too long. Use fewer or shorter texts and conditions.") from None
    except QueueFull:
        raise TooManyRequests(
            f"Your account has too many checks and simulations running. Try again in {_RETRY_AFTER} seconds.",
            retry_after=_RETRY_AFTER,
            code="too_much_work_waiting",
        ) from None


async def check(
    account_id: UUID, definition: FlowDefinition | dict[str, Any], longest_call: int | None
) -> tuple[Problem, ...]:
    """What the author of a flow should know; that it cannot be checked, where that is so.

    definition: read, or as it was sent. Raises InvalidInput for one that cannot be read, TooManyRequests.
    """
    try:
        return await run(account_id, _check, definition, longest_call)
    except TooMuchWork:
        return (_TOO_MUCH,)


def answer(body: dict[str, Any], definition: FlowDefinition | dict[str, Any], within: str = "") -> bytes:
    """A job: the body as JSON, with a flow in today's schema as its `definition`.

    within: the member of the body that gets the definition, in place of the body itself.
    """
    target = body[within] if within else body
    target["definition"] = drafts.plain(_read(definition))
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def today(stored: dict[str, Any]) -> dict[str, Any]:
    """A job: a stored flow in today's schema. Raises InvalidInput."""
    return drafts.plain(drafts.read(stored))


def export(stored: dict[str, Any]) -> bytes:
    """A job: a stored flow as a file. Raises InvalidInput."""
    return drafts.exported(drafts.read(stored)).encode()


def _check(definition: FlowDefinition | dict[str, Any], longest_call: int | None) -> tuple[Problem, ...]:
    return validator.check(_read(definition), longest_call=longest_call)


def _read(definition: FlowDefinition | dict[str, Any]) -> FlowDefinition:
    return drafts.read(definition) if isinstance(definition, dict) else definition
