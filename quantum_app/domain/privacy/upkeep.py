"""Every night: what accounts keep no longer, deleted accounts whose time is over, and what has expired."""

from quantum_app.db.session import system_session
from quantum_app.domain.privacy import repository, service
from quantum_app.domain.privacy.ports import Files


async def run(files: Files) -> dict[str, int]:
    """How much there was of each. Raises SegmentDown(DB)."""
    async with system_session(__name__, "upkeep of all accounts") as session:
        expired = await repository.remove_expired(session)
        every = await repository.accounts_for_upkeep(session)
    erased = purged = 0
    for account in every:
        erased += await service.apply_retention(account.account_id, account.retention_days)
        await service.remove_old_exports(files, account.account_id)
        if account.purgeable:
            async with system_session(__name__, "purge of a deleted account") as session:
                purged += await repository.purge_account(session, account.account_id)
            files.keep_exports(account.account_id, ())
    return {"expired": expired, "erased": erased, "purged": purged}
