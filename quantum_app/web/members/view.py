"""Members and invitations as shown on the page."""

from dataclasses import dataclass
from uuid import UUID

from quantum_app.domain.accounts.permissions import DESCRIPTIONS, Role
from quantum_app.domain.accounts.schemas import Invitation, Member
from quantum_app.kit import ids
from quantum_app.kit.clock import now

# Roles that can be granted. Ownership is transferred instead.
GRANTED = tuple(role for role in Role if role is not Role.OWNER)


@dataclass
class RoleChoice:
    """A role that can be granted."""

    value: str = ""
    name: str = ""
    text: str = ""


@dataclass
class MemberRow:
    """A member.

    last_seen: ISO 8601, or empty if they aren't logged in.
    is_self: Whether it's the user who is looking.
    """

    id: str = ""
    name: str = ""
    email: str = ""
    initials: str = ""
    role: str = ""
    role_name: str = ""
    tone: str = ""
    second_factor: bool = False
    last_seen: str = ""
    is_self: bool = False
    owner: bool = False


@dataclass
class InvitationRow:
    """A pending invitation. sent_at: ISO 8601."""

    id: str = ""
    email: str = ""
    role_name: str = ""
    by: str = ""
    sent_at: str = ""
    expired: bool = False


# Nobody can take over calls yet, so the operator's role isn't offered.
CHOICES = [
    RoleChoice(role.value, role.value.capitalize(), DESCRIPTIONS[role]) for role in GRANTED if role is not Role.OPERATOR
]


def member(item: Member, own_id: UUID) -> MemberRow:
    return MemberRow(
        id=ids.encode("usr", item.user_id),
        name=item.name,
        email=item.email,
        initials="".join(word[0] for word in item.name.split()[:2]).upper(),
        role=item.role.value,
        role_name=item.role.value.capitalize(),
        tone="iris" if item.role is Role.OWNER else "",
        second_factor=item.second_factor,
        last_seen=item.last_seen_at.isoformat() if item.last_seen_at else "",
        is_self=item.user_id == own_id,
        owner=item.role is Role.OWNER,
    )


def invitation(item: Invitation) -> InvitationRow:
    return InvitationRow(
        id=ids.encode("inv", item.id),
        email=item.email,
        role_name=item.role.value.capitalize(),
        by=item.invited_by,
        sent_at=item.created_at.isoformat(),
        expired=item.expires_at <= now(),
    )
