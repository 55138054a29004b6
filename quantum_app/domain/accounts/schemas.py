"""What crosses the boundary of accounts."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quantum_app.domain.accounts.permissions import Role


@dataclass(frozen=True, slots=True)
class AccountMembership:
    """An account that a person belongs to."""

    account_id: UUID
    name: str
    role: str
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What an owner or admin sets. retention_days: none keeps calls as long as the account exists.

    time_zone: IANA name; what "tomorrow" and opening hours mean on calls. show_domain: callers see the domain of the
    owner's address.
    """

    name: str
    second_factor_required: bool
    retention_days: int | None
    time_zone: str = "UTC"
    show_domain: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who belongs to the account. last_seen_at: in this account, while a login of theirs lasts."""

    user_id: UUID
    name: str
    email: str
    role: Role
    second_factor: bool
    joined_at: datetime
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who was asked to join, and has not answered. account_name: empty in lists of the account itself.

    invited_by: email address, and the API token if it was by one.
    """

    id: UUID
    account_id: UUID
    account_name: str
    email: str
    role: Role
    invited_by: str
    invited_by_id: UUID
    created_at: datetime
    expires_at: datetime
