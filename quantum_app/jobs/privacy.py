"""A person's data: exports, what is left of erased calls, and the nightly upkeep of each account."""

from functools import cache
from uuid import UUID

from quantum_app.domain.privacy import service, upkeep
from quantum_app.jobs.app import BackOff, app
from quantum_app.kit.log import logger
from quantum_app.providers.data_folder import DataFolder
from quantum_app.providers.redis_memory import RedisMemory
from quantum_app.settings import settings

_WAITS = (2, 10, 60, 300, 1200)

_log = logger(__name__)


@cache
def _files() -> DataFolder:
    return DataFolder(settings().home)


@cache
def _memory() -> RedisMemory:
    return RedisMemory(settings().redis.url.get_secret_value())


@app.task(name=service.EXPORT, retry=BackOff(*_WAITS))
async def build_export(*, account_id: str, export_id: str) -> None:
    await service.build_export(_files(), UUID(account_id), UUID(export_id))


@app.task(name=service.FORGET, retry=BackOff(*_WAITS))
async def forget_call(*, account_id: str, call_id: str) -> None:
    await service.forget_call(_files(), _memory(), UUID(account_id), UUID(call_id))


@app.periodic(cron="23 2 * * *")
@app.task(name="nightly_upkeep", queueing_lock="nightly_upkeep", retry=BackOff(60, 600))
async def nightly_upkeep(timestamp: int) -> None:
    done = await upkeep.run(_files())
    _log.info("upkeep", **done)
