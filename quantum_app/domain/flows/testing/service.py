"""The cases that are kept with a campaign: conversations that its flow has to lead as expected."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.flows import drafts, repository
from quantum_app.domain.flows import service as flows
from quantum_app.domain.flows.schemas import CaseText, StoredCase
from quantum_app.domain.flows.testing import test_case
from quantum_app.domain.flows.testing.test_case import Case
from quantum_app.errors import NotFound, QuotaExceeded
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id

MOST = 200


async def list_cases(session: AsyncSession, campaign_id: UUID) -> list[StoredCase]:
    """The oldest first. Raises NotFound for the campaign."""
    await flows.published_version(session, campaign_id)
    return await repository.cases(session, campaign_id)


async def texts(session: AsyncSession, campaign_id: UUID) -> list[CaseText]:
    """The oldest first, as JSON text: together they can be many megabytes. Raises NotFound for the campaign."""
    await flows.published_version(session, campaign_id)
    return await repository.case_texts(session, campaign_id)


async def add(session: AsyncSession, account_id: UUID, campaign_id: UUID, case: Case) -> StoredCase:
    """Raises NotFound for the campaign, QuotaExceeded for one too many."""
    await flows.published_version(session, campaign_id)
    if await repository.count_cases(session, account_id, campaign_id) >= MOST:
        raise QuotaExceeded(
            f"A campaign can have up to {MOST} test cases. Delete one, then try again.", code="too_many_cases"
        )
    at = now()
    stored_case = StoredCase(new_id(), case.name, test_case.plain(case), at, at)
    await repository.add_case(session, account_id, campaign_id, stored_case)
    await flows.check_storage(session, account_id)
    return stored_case


async def change(session: AsyncSession, account_id: UUID, campaign_id: UUID, case_id: UUID, case: Case) -> StoredCase:
    """Put another case in its place. Raises NotFound, QuotaExceeded."""
    await flows.published_version(session, campaign_id)
    stored_cases = await repository.cases(session, campaign_id, case_id)
    if not stored_cases:
        raise _unknown()
    stored_case = StoredCase(case_id, case.name, test_case.plain(case), stored_cases[0].created_at, now())
    if not await repository.change_case(session, campaign_id, stored_case):
        raise _unknown()
    if drafts.size(stored_case.body) > drafts.size(stored_cases[0].body):
        await flows.check_storage(session, account_id)
    return stored_case


async def remove(session: AsyncSession, campaign_id: UUID, case_id: UUID) -> None:
    """Raises NotFound."""
    await flows.published_version(session, campaign_id)
    if not await repository.remove_case(session, campaign_id, case_id):
        raise _unknown()


def _unknown() -> NotFound:
    return NotFound("Test case not found.", code="case_not_found")
