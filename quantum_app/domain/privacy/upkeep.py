"""Nightly upkeep: applies retention, purges deleted accounts, and removes what has expired."""

from quantum_app.db.session import account_session, system_session
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.knowledge import service as knowledge
from quantum_app.domain.privacy import repository, service
from quantum_app.domain.privacy.ports import Files
from quantum_app.domain.privacy.schemas import Upkeep
from quantum_app.kit.log import logger

_log = logger(__name__)


async def run(files: Files) -> dict[str, int]:
    """Run the upkeep of all accounts and return counts. An account that fails doesn't stop the others.

    Raises DependencyUnavailable(DB), and at the end an ExceptionGroup of all failures.
    """
    async with system_session(__name__, "upkeep of all accounts") as session:
        expired = await repository.remove_expired(session)
        accounts = await repository.accounts_for_upkeep(session)
    counts = {"expired": expired, "erased": 0, "purged": 0}
    errors: list[Exception] = []
    for account in accounts:
        try:
            await _maintain_account(files, account, counts)
        except Exception as error:
            _log.error(
                "upkeep.account_failed",
                message="Upkeep of an account failed",
                account_id=str(account.account_id),
                error=type(error).__name__,
            )
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"upkeep of {len(errors)} accounts failed", errors)
    return counts


async def _maintain_account(files: Files, account: Upkeep, counts: dict[str, int]) -> None:
    counts["erased"] += await service.apply_retention(account.account_id, account.retention_days)
    await service.remove_old_exports(files, account.account_id)
    async with account_session(account.account_id) as session:
        await campaigns.remove_flows_of_deleted(session)
        await knowledge.enqueue_removal_of_unused(session, account.account_id)
    if account.purgeable:
        await service.forget_account(account.account_id)
        async with system_session(__name__, "purge of a deleted account") as session:
            counts["purged"] += await repository.purge_account(session, account.account_id)
        files.keep_exports(account.account_id, ())
