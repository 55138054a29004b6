"""A campaign's flow: drawn as a draft, published as a version, tried by cases.

What reading and checking a flow costs is up to whoever drew it, so both happen elsewhere, outside of a transaction:
what comes here has been read, and what is published has been checked.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.accounts import members
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.flows import drafts, repository
from quantum_app.domain.flows.drafts import Change
from quantum_app.domain.flows.model.definition import FlowDefinition
from quantum_app.domain.flows.schemas import Draft, EarlierDraft, Flow, SaveResult, StoredDraft, StoredEarlier, Version
from quantum_app.domain.flows.validation import validator
from quantum_app.domain.flows.validation.problem import Problem
from quantum_app.errors import CampaignNotFound, Conflict, InvalidInput, NotFound, QuotaExceeded
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.settings import settings

_MAX_VERSIONS = 200
_EMPTY = drafts.plain(drafts.empty())
MAX_EARLIER_DRAFTS = 10


class DraftChanged(Conflict):
    """Somebody else was faster. draft: what there is now, in `details` as it is stored."""

    code = "draft_changed"

    def __init__(self, draft: Draft) -> None:
        super().__init__("Someone else changed this flow. Compare the changes, then choose which to keep.")
        self.draft = draft
        self.details = {
            "revision": draft.revision,
            "updated_by": draft.updated_by,
            "definition": draft.document,
        }


class NotPublishable(InvalidInput):
    """The flow has errors; they are in `problems`, with what is worth knowing besides."""

    code = "flow_has_errors"
    status = 422

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = sum(problem.severity == "error" for problem in problems)
        super().__init__(f"The flow can't be published yet: fix {count} {'error' if count == 1 else 'errors'} first.")
        self.problems = problems
        self.details = {"problems": [problem_data(problem) for problem in problems]}


@dataclass(frozen=True, slots=True)
class Writer:
    """Who changes a flow, and in which tab of theirs. client: empty for no tab."""

    account_id: UUID
    actor: Actor
    client: str = ""


async def view(session: AsyncSession, campaign_id: UUID) -> Flow:
    """What the designer begins with. Raises NotFound."""
    published = await published_version(session, campaign_id)
    names = await _names(session)
    draft = await _draft(session, campaign_id, published, names)
    versions = tuple(
        Version(item.version, item.note, _name(names, item.author), item.created_at)
        for item in await repository.versions(session, campaign_id, _MAX_VERSIONS)
    )
    return Flow(published or None, draft, versions, await longest_call(session, campaign_id))


async def longest_call(session: AsyncSession, campaign_id: UUID) -> int | None:
    """Seconds that the campaign allows; a flow is checked against it."""
    return await repository.longest_call(session, campaign_id)


async def draft(session: AsyncSession, campaign_id: UUID) -> Draft:
    """What is being drawn; what is published, where nothing was drawn since. Raises NotFound."""
    return await _draft(session, campaign_id, await published_version(session, campaign_id), await _names(session))


async def change(
    session: AsyncSession, writer: Writer, campaign_id: UUID, edit: Change, *, revision: int
) -> SaveResult:
    """Make a change to the draft as it was at `revision`.

    A tab that heard no answer may send a change again, also with more in it.
    Raises NotFound, InvalidInput, DraftChanged.
    """
    stored_draft = await _open_draft(session, writer.account_id, campaign_id)
    again = writer.client != "" and (writer.client, revision) == (stored_draft.client, stored_draft.base)
    if revision != stored_draft.revision and not again:
        raise DraftChanged(await _current_draft(session, stored_draft))
    before = drafts.read(stored_draft.definition)
    return await _save(session, writer, campaign_id, stored_draft, drafts.change(before, edit), base=revision)


async def replace(
    session: AsyncSession, writer: Writer, campaign_id: UUID, definition: FlowDefinition, *, revision: int | None
) -> SaveResult:
    """Put a whole flow in place of the draft as it was at `revision`; None: whatever is there.

    What was there is kept as an earlier draft. Raises NotFound, DraftChanged.
    """
    stored_draft = await _open_draft(session, writer.account_id, campaign_id)
    keeps = False
    if drafts.plain(definition) != stored_draft.definition:
        if revision not in (None, stored_draft.revision):
            raise DraftChanged(await _current_draft(session, stored_draft))
        version = await published_version(session, campaign_id)
        first = drafts.plain(drafts.read(await _first(session, campaign_id, version)))
        if keeps := first != stored_draft.definition:
            earlier_draft = StoredEarlier(new_id(), writer.actor.user_id, now())
            await repository.keep_draft(
                session, writer.account_id, campaign_id, earlier_draft, stored_draft.definition, most=MAX_EARLIER_DRAFTS
            )
    return await _save(
        session, writer, campaign_id, stored_draft, definition, base=stored_draft.revision, stores_more=keeps
    )


async def begin_with(session: AsyncSession, account_id: UUID, campaign_id: UUID, document: dict[str, Any]) -> None:
    """Begin a new campaign's draft with a flow as it is stored. Raises QuotaExceeded."""
    await repository.begin_draft(session, account_id, campaign_id, document, now())
    await check_storage(session, account_id)


async def restore(
    session: AsyncSession, writer: Writer, campaign_id: UUID, version: int, *, revision: int
) -> SaveResult:
    """Draw on from a version. Raises NotFound, DraftChanged."""
    definition = await definition_of(session, campaign_id, version)
    return await replace(session, writer, campaign_id, definition, revision=revision)


async def earlier(session: AsyncSession, campaign_id: UUID) -> list[EarlierDraft]:
    """The drafts that whole flows took the place of, the last one first. Raises NotFound."""
    await published_version(session, campaign_id)
    names = await _names(session)
    return [
        EarlierDraft(item.id, _name(names, item.replaced_by), item.replaced_at)
        for item in await repository.earlier_drafts(session, campaign_id)
    ]


async def earlier_definition(session: AsyncSession, campaign_id: UUID, draft_id: UUID) -> FlowDefinition:
    """Raises NotFound."""
    return drafts.read(await stored_earlier(session, campaign_id, draft_id))


async def stored_earlier(session: AsyncSession, campaign_id: UUID, draft_id: UUID) -> dict[str, Any]:
    """An earlier draft as it is stored. Raises NotFound."""
    await published_version(session, campaign_id)
    definition = await repository.earlier_definition(session, campaign_id, draft_id)
    if definition is None:
        raise NotFound("This earlier draft is no longer available.", code="draft_not_found")
    return definition


async def restore_earlier(
    session: AsyncSession, writer: Writer, campaign_id: UUID, draft_id: UUID, *, revision: int
) -> SaveResult:
    """Draw on from an earlier draft. Raises NotFound, DraftChanged."""
    definition = await earlier_definition(session, campaign_id, draft_id)
    return await replace(session, writer, campaign_id, definition, revision=revision)


async def draft_at(session: AsyncSession, campaign_id: UUID, revision: int) -> tuple[dict[str, Any], int | None]:
    """The draft as it is stored at this revision, and the seconds that a call may last.

    Raises NotFound, DraftChanged.
    """
    current = await draft(session, campaign_id)
    if current.revision != revision:
        raise DraftChanged(current)
    return current.document, await longest_call(session, campaign_id)


async def publish(
    session: AsyncSession, writer: Writer, campaign_id: UUID, *, revision: int, note: str, problems: tuple[Problem, ...]
) -> int:
    """Make the draft the campaign's flow; the version's number. What is published already stays the same version.

    problems: of the draft at this revision (`draft_at`, `validation.check`). Calls that have begun keep their version.
    Raises NotFound, DraftChanged, NotPublishable.
    """
    published_number = await published_version(session, campaign_id, lock=True)
    stored_draft = await _open_draft(session, writer.account_id, campaign_id)
    if revision != stored_draft.revision:
        raise DraftChanged(await _current_draft(session, stored_draft))
    definition = drafts.read(stored_draft.definition)
    if any(problem.severity == "error" for problem in problems):
        raise NotPublishable(problems)
    if published_number and await definition_of(session, campaign_id, published_number) == definition:
        return published_number
    author = writer.actor.user_id
    version = await _publish(session, writer.account_id, campaign_id, drafts.plain(definition), author, note)
    new = {"name": await repository.campaign_name(session, campaign_id), "version": version, "note": note}
    await audit.record(
        session, writer.account_id, writer.actor, "campaigns.published", "campaign", campaign_id, new=new
    )
    return version


async def publish_flow(session: AsyncSession, account_id: UUID, campaign_id: UUID, flow: dict[str, Any]) -> int:
    """Publish a flow that nobody drew; the version's number. The same flow again is the same version.

    Raises NotFound, InvalidInput for a flow that cannot run.
    """
    validator.load(flow)
    published_number = await published_version(session, campaign_id, lock=True)
    if published_number and await repository.definition(session, campaign_id, published_number) == flow:
        return published_number
    return await _publish(session, account_id, campaign_id, flow, None, "")


async def _publish(
    session: AsyncSession, account_id: UUID, campaign_id: UUID, flow: dict[str, Any], author: UUID | None, note: str
) -> int:
    """The next version. Old ones make room for it, where no call began with them. Raises QuotaExceeded."""
    version = await repository.publish(session, account_id, campaign_id, flow, author=author, note=note)
    await repository.remove_old_versions(session, campaign_id, settings().quotas.versions)
    await check_storage(session, account_id)
    return version


async def check_storage(session: AsyncSession, account_id: UUID) -> None:
    """After something was stored. Raises QuotaExceeded when the account's flows take too much, so that it is not."""
    most = settings().quotas.flow_storage
    if await repository.storage(session, account_id) > most:
        raise QuotaExceeded(
            f"Your flows and test cases use all of your {most // 1_000_000} MB. Delete test cases or shorten flows. "
            "Deleted campaigns free their space after 30 days.",
            code="storage_full",
        )


async def remove_all(session: AsyncSession, campaign_id: UUID) -> None:
    """Remove a campaign's drafts, cases, and versions, but not what is published or what a call began with."""
    await repository.remove_drafts_and_cases(session, campaign_id)
    await repository.remove_old_versions(session, campaign_id, 0)


async def published_at(session: AsyncSession) -> dict[UUID, datetime]:
    """When what each campaign has published was published."""
    return await repository.published_at(session)


async def published_version(session: AsyncSession, campaign_id: UUID, *, lock: bool = False) -> int:
    """The version that new calls begin with, 0 for none. Raises NotFound."""
    version = await repository.published_version(session, campaign_id, lock=lock)
    if version is None:
        raise CampaignNotFound()
    return version


async def definition_of(session: AsyncSession, campaign_id: UUID, version: int) -> FlowDefinition:
    """A version of a campaign's flow. Raises NotFound."""
    return drafts.read(await stored_version(session, campaign_id, version))


async def stored_version(session: AsyncSession, campaign_id: UUID, version: int) -> dict[str, Any]:
    """A version of a campaign's flow as it is stored. Raises NotFound."""
    await published_version(session, campaign_id)
    definition = await repository.definition(session, campaign_id, version) if 0 < version < 1 << 31 else None
    if definition is None:
        raise NotFound("Version not found.", code="version_not_found")
    return definition


def problem_data(problem: Problem) -> dict[str, Any]:
    """A problem as programs read it."""
    return asdict(problem)


async def _first(session: AsyncSession, campaign_id: UUID, version: int) -> dict[str, Any]:
    """What a draft begins with, as it is stored."""
    return await stored_version(session, campaign_id, version) if version else _EMPTY


async def _open_draft(session: AsyncSession, account_id: UUID, campaign_id: UUID) -> StoredDraft:
    """The draft, kept for this transaction alone; begun where there is none. Raises NotFound."""
    version = await published_version(session, campaign_id)
    stored_draft = await repository.draft(session, campaign_id, lock=True)
    if stored_draft is None:
        first = drafts.plain(drafts.read(await _first(session, campaign_id, version)))
        await repository.begin_draft(session, account_id, campaign_id, first, now())
        stored_draft = await repository.draft(session, campaign_id, lock=True)
    assert stored_draft
    return stored_draft


async def _save(
    session: AsyncSession,
    writer: Writer,
    campaign_id: UUID,
    stored_draft: StoredDraft,
    definition: FlowDefinition,
    *,
    base: int,
    stores_more: bool = False,
) -> SaveResult:
    """stores_more: the transaction has stored something besides."""
    revision, plain = stored_draft.revision, drafts.plain(definition)
    if plain != stored_draft.definition:
        revision += 1
        client, user_id = writer.client, writer.actor.user_id
        draft = StoredDraft(plain, revision, base, client, user_id, now())
        await repository.save_draft(session, campaign_id, draft)
        # Last, so that nothing slow happens while other requests of the account wait. Who is over may still shorten.
        if stores_more or stored_draft.revision == 0 or drafts.size(plain) > drafts.size(stored_draft.definition):
            await check_storage(session, writer.account_id)
    return SaveResult(definition, revision, await longest_call(session, campaign_id))


async def _draft(session: AsyncSession, campaign_id: UUID, version: int, names: dict[UUID, str]) -> Draft:
    stored_draft = await repository.draft(session, campaign_id)
    if stored_draft is None:
        return Draft(await _first(session, campaign_id, version), 0, None, None)
    return _readable(stored_draft, names)


async def _current_draft(session: AsyncSession, stored_draft: StoredDraft) -> Draft:
    return _readable(stored_draft, await _names(session))


def _readable(stored_draft: StoredDraft, names: dict[UUID, str]) -> Draft:
    by = _name(names, stored_draft.updated_by)
    return Draft(
        stored_draft.definition, stored_draft.revision, by, stored_draft.updated_at if stored_draft.revision else None
    )


async def _names(session: AsyncSession) -> dict[UUID, str]:
    return {member.user_id: member.name for member in await members.list_members(session)}


def _name(names: dict[UUID, str], user_id: UUID | None) -> str | None:
    """Of somebody who may have left."""
    return names.get(user_id, "Former member") if user_id else None
