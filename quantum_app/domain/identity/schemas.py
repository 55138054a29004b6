"""What crosses the boundary of identity."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quantum_app.domain.accounts.permissions import BROWSER_ONLY, Permission, Role, allows
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
class Identity:
    """Who is logged in, into which account, and by which login or API token.

    session_id: of the login or the token. role: the person's, as it is now. last_seen_at: None for a token that was
    never used. token_role: set for an API token alone, which may do what both roles allow.
    """

    session_id: UUID
    user_id: UUID
    account_id: UUID
    name: str
    email: str
    role: str
    account_name: str
    second_factor: bool
    second_factor_required: bool
    account_deleted_at: datetime | None
    last_seen_at: datetime | None
    began_at: datetime
    token_name: str = ""
    token_role: str | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the role allows it; in a deleted account only what restores it, and one's own login."""
        alive = self.account_deleted_at is None or permission in {Permission.SELF, Permission.OWNERSHIP}
        return alive and allows(self.role, permission) and self._token_may(permission)

    def _token_may(self, permission: Permission) -> bool:
        return self.token_role is None or (permission not in BROWSER_ONLY and allows(self.token_role, permission))

    @property
    def lacks_second_factor(self) -> bool:
        """The account asks for a second factor, and this person has none yet."""
        return self.second_factor_required and not self.second_factor

    @property
    def actor(self) -> Actor:
        """As the audit log names them."""
        by_token = self.token_role is not None
        return Actor(self.user_id, f"{self.email} (API token “{self.token_name}”)" if by_token else self.email)


@dataclass(frozen=True, slots=True)
class Login:
    """One browser that is logged in, for the person to recognise it."""

    id: UUID
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token for a program, as the account's people see it. last_four: of its text, to recognise it by.

    created_by: the address of who made it. expires_at: None for never.
    """

    id: UUID
    user_id: UUID
    created_by: str
    name: str
    role: Role
    last_four: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A second factor to be. uri: otpauth, for an authenticator app; secret: the same, to type in (base32)."""

    secret: str
    uri: str
