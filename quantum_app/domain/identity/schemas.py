"""Types of identity."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from quantum_app.domain.accounts.permissions import BROWSER_ONLY, Permission, Role, allows
from quantum_app.domain.audit.schemas import Actor


@dataclass(frozen=True, slots=True)
class LoginToken:
    """The session token of a browser's login."""

    token: str
    """256 random bits, base64url. Only its SHA-256 is stored."""
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Challenge:
    """The password was correct, and a second factor is required."""

    token: str
    """Valid for five minutes and one login."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The authenticated user, the account they act in, and the login or API token they use."""

    session_id: UUID
    """ID of the login or API token."""
    user_id: UUID
    account_id: UUID
    name: str
    email: str
    role: str
    """The user's current role in the account."""
    account_name: str
    second_factor: bool
    second_factor_required: bool
    account_deleted_at: datetime | None
    last_seen_at: datetime | None
    """When the login or token was last used. None for a token that never was."""
    began_at: datetime
    token_name: str = ""
    token_role: str | None = None
    """Role of an API token, which may do what both roles allow. None for a login."""

    def may(self, permission: Permission) -> bool:
        """Whether the identity has the permission. In a deleted account, only one's own login and restoring remain."""
        alive = self.account_deleted_at is None or permission in {Permission.SELF, Permission.OWNERSHIP}
        return alive and allows(self.role, permission) and self._token_may(permission)

    def _token_may(self, permission: Permission) -> bool:
        return self.token_role is None or (permission not in BROWSER_ONLY and allows(self.token_role, permission))

    @property
    def lacks_second_factor(self) -> bool:
        """Whether the account requires a second factor and the user has none."""
        return self.second_factor_required and not self.second_factor

    @property
    def actor(self) -> Actor:
        """The actor in the audit log."""
        by_token = self.token_role is not None
        return Actor(self.user_id, f"{self.email} (API token “{self.token_name}”)" if by_token else self.email)


@dataclass(frozen=True, slots=True)
class Login:
    """A browser the user is logged in with."""

    id: UUID
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """An API token without its secret."""

    id: UUID
    user_id: UUID
    created_by: str
    """Email address of the user who created it."""
    name: str
    role: Role
    last_four: str
    """The last four characters, to recognize it by."""
    created_at: datetime
    expires_at: datetime | None
    """None for never."""
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Enrollment:
    """A second factor that isn't confirmed yet."""

    secret: str
    """Base32, to type into an authenticator app."""
    uri: str
    """The same secret as an otpauth URI, for the QR code."""
