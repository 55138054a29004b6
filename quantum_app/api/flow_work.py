"""Work on flows that people sent, in the process pool, so that a large flow makes nobody else wait.

Jobs take and return plain data. They may import `domain.flows` and `api.simulation_jobs`, and not the web framework.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import cache, partial
from typing import Any, TypeVar, TypeVarTuple
from uuid import UUID

from quantum_app.api import simulation_jobs
from quantum_app.api.simulation_environment import Servers
from quantum_app.domain.flows import drafts
from quantum_app.domain.flows.model import placeholders
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.templates import TEMPLATES
from quantum_app.domain.flows.validation import validator
from quantum_app.domain.flows.validation.problem import Problem
from quantum_app.errors import InvalidInput, TooManyRequests
from quantum_app.kit.log import logger
from quantum_app.kit.process_pool import OverLimit, ProcessPool, QueueFull
from quantum_app.settings import settings

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_RETRY_AFTER = 5  # seconds
_TOO_MUCH = Problem(
    "too_much_work",
    "This flow takes too long to check.",
    "Shorten its conditions, or use fewer of them per node.",
)

_log = logger(__name__)


class TooMuchWork(InvalidInput):
    """The limits of one job were reached."""

    code = "too_much_work"
    status = 422


@cache
def pool() -> ProcessPool:
    """This process's pool. Its processes begin with their first jobs."""
    config = settings()
    limits = config.work
    return ProcessPool(
        processes=limits.processes,
        cpu_seconds=limits.cpu_seconds,
        seconds=limits.seconds,
        memory=limits.memory_mb * 1_000_000,
        max_queued=limits.waiting,
        initializer=partial(simulation_jobs.set_up, config.log_format, config.log_level, config.openai.enabled),
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
    """The servers that a conversation uses."""
    config = settings()
    return Servers(
        account_id, config.embeddings, config.openai, config.model_limits, config.redis.url, config.database.url
    )


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
    """The problems of a flow. A flow that takes too long to check has one problem that says so.

    definition: parsed, or as it was sent. Raises InvalidInput for an unreadable one, TooManyRequests.
    """
    try:
        return await run(account_id, _check, definition, longest_call)
    except TooMuchWork:
        return (_TOO_MUCH,)


async def checked_answer(
    account_id: UUID,
    body: dict[str, Any],
    document: dict[str, Any],
    longest_call: int | None,
    *,
    within: str = "",
) -> bytes:
    """The body as JSON, with a stored flow in the current schema as its `definition`, and the flow's `problems`.

    within: the member of the body that gets them, in place of the body itself. Raises InvalidInput, TooManyRequests.
    """
    try:
        return await run(account_id, _checked_answer, body, document, longest_call, within)
    except TooMuchWork:
        target = body[within] if within else body
        target["problems"] = [asdict(_TOO_MUCH)]
        return await run(account_id, answer, body, document, within)


def answer(body: dict[str, Any], document: dict[str, Any], within: str = "") -> bytes:
    """A job: the body as JSON, with a stored flow in the current schema as its `definition`.

    within: the member of the body that gets the definition, in place of the body itself.
    """
    target = body[within] if within else body
    target["definition"] = drafts.plain(drafts.read(document))
    return _dump(body)


def today(document: dict[str, Any]) -> dict[str, Any]:
    """A job: a stored flow in the current schema. Raises InvalidInput."""
    return drafts.plain(drafts.read(document))


def templates(business_name: str) -> bytes:
    """A job: the templates as JSON, with the business's name filled in."""
    facts = {placeholders.BUSINESS_NAME: business_name}
    return _dump(
        [
            {
                "id": template.id,
                "name": template.name,
                "description": template.description,
                "definition": drafts.plain(placeholders.fill(template.definition, facts)),
            }
            for template in TEMPLATES
        ]
    )


def export(document: dict[str, Any]) -> bytes:
    """A job: a stored flow as a file. Raises InvalidInput."""
    return drafts.exported(drafts.read(document)).encode()


def _checked_answer(body: dict[str, Any], document: dict[str, Any], longest_call: int | None, within: str) -> bytes:
    definition = drafts.read(document)
    target = body[within] if within else body
    target["definition"] = drafts.plain(definition)
    target["problems"] = [asdict(problem) for problem in validator.check(definition, longest_call=longest_call)]
    return _dump(body)


def _dump(body: dict[str, Any] | list[dict[str, Any]]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _check(definition: FlowDefinition | dict[str, Any], longest_call: int | None) -> tuple[Problem, ...]:
    return validator.check(_read(definition), longest_call=longest_call)


def _read(definition: FlowDefinition | dict[str, Any]) -> FlowDefinition:
    return drafts.read(definition) if isinstance(definition, dict) else definition
