"""Exports, erasing data outside the database, and nightly upkeep."""

from functools import cache
from uuid import UUID

from procrastinate import JobContext

from quantum_app.db import queue
from quantum_app.domain.privacy import service, upkeep
from quantum_app.jobs.app import BackOff, app
from quantum_app.kit.log import logger
from quantum_app.providers.data_folder import DataFolder
from quantum_app.providers.redis_memory import RedisMemory
from quantum_app.settings import settings

_RETRY = BackOff(2, 10, 60, 300, 1200)

_log = logger(__name__)


@cache
def _files() -> DataFolder:
    return DataFolder(settings().home)


@cache
def _memory() -> RedisMemory:
    servers = settings().redis
    return RedisMemory(servers.url.get_secret_value(), servers.page_states)


@app.task(name=service.EXPORT_TASK, queue=queue.EXPORTS, retry=_RETRY, pass_context=True)
async def build_export(context: JobContext, *, account_id: str, export_id: str) -> None:
    try:
        await service.build_export(_files(), UUID(account_id), UUID(export_id))
    except Exception as error:
        if _RETRY.get_retry_decision(exception=error, job=context.job) is None:
            await service.fail_export(UUID(account_id), UUID(export_id))
        raise


@app.task(name=service.FORGET_TASK, retry=_RETRY)
async def forget_calls(*, account_id: str, call_ids: str) -> None:
    """call_ids: Separated by commas."""
    ids = [UUID(call_id) for call_id in call_ids.split(",")]
    await service.forget_calls(_files(), _memory(), UUID(account_id), ids)


@app.periodic(cron="23 2 * * *")
@app.task(name="nightly_upkeep", queueing_lock="nightly_upkeep", retry=BackOff(60, 600))
async def nightly_upkeep(timestamp: int) -> None:
    counts = await upkeep.run(_files())
    _log.info("upkeep.finished", message="Nightly upkeep finished", **counts)
