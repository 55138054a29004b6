"""What crosses the boundary of identity."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quantum_app.domain.accounts.permissions import Permission, allows
from quantum_app.domain.audit.schemas import Actor


@dataclass(frozen=True, slots=True)
class LoginToken:
    """What a browser keeps. token: 256 random bits, urlsafe; only its SHA-256 is stored."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Challenge:
    """The password was right, and a second factor is asked for. token: good for five minutes and one login."""

    token: str


@dataclass(frozen=True, slots=True)
class ApiTokens:
    """For the REST API. access: a JWT of ten minutes. refresh: good for one exchange, within the login's two weeks."""

    access: str
    refresh: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is logged in, into which account, and by which login."""

    session_id: UUID
    kind: str
    user_id: UUID
    account_id: UUID
    name: str
    email: str
    role: str
    account_name: str
    second_factor: bool
    second_factor_required: bool
    account_deleted_at: datetime | None
    last_seen_at: datetime
    began_at: datetime

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it; in a deleted account only what restores it, and one's own login."""
        alive = self.account_deleted_at is None or permission in {Permission.SELF, Permission.OWNERSHIP}
        return alive and allows(self.role, permission)

    @property
    def lacks_second_factor(self) -> bool:
        """The account asks for a second factor, and this person has none yet."""
        return self.second_factor_required and not self.second_factor

    @property
    def actor(self) -> Actor:
        """As the audit log names them."""
        return Actor(self.user_id, self.email)


@dataclass(frozen=True, slots=True)
class Login:
    """One browser or API client that is logged in, for the person to recognise it."""

    id: UUID
    kind: str
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor to be. uri: otpauth, for an authenticator app; secret: the same, to type in (base32)."""

    secret: str
    uri: str
