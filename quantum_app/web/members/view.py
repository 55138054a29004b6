"""Members and invitations as the page shows them."""

from dataclasses import dataclass
from uuid import UUID

from quantum_app.domain.accounts.permissions import DESCRIPTIONS, Role
from quantum_app.domain.accounts.schemas import Invitation, Member
from quantum_app.kit import ids
from quantum_app.kit.clock import now

# What can be given; the owner's role is handed over.
GRANTED = tuple(role for role in Role if role is not Role.OWNER)


@dataclass
class RoleChoice:
    """A role that can be given."""

    value: str = ""
    name: str = ""
    text: str = ""


@dataclass
class MemberRow:
    """seen: ISO 8601, or empty when no login of theirs lasts. own: the person who looks."""

    id: str = ""
    name: str = ""
    email: str = ""
    initials: str = ""
    role: str = ""
    role_name: str = ""
    tone: str = ""
    second_factor: bool = False
    seen: str = ""
    own: bool = False
    owner: bool = False


@dataclass
class InvitationRow:
    """sent: ISO 8601. over: it is too old to be accepted."""

    id: str = ""
    email: str = ""
    role_name: str = ""
    by: str = ""
    sent: str = ""
    over: bool = False


CHOICES = [RoleChoice(role.value, role.value.capitalize(), DESCRIPTIONS[role]) for role in GRANTED]


def member(found: Member, own: UUID) -> MemberRow:
    return MemberRow(
        id=ids.encode("usr", found.user_id),
        name=found.name,
        email=found.email,
        initials="".join(word[0] for word in found.name.split()[:2]).upper(),
        role=found.role.value,
        role_name=found.role.value.capitalize(),
        tone="iris" if found.role is Role.OWNER else "",
        second_factor=found.second_factor,
        seen=found.last_seen_at.isoformat() if found.last_seen_at else "",
        own=found.user_id == own,
        owner=found.role is Role.OWNER,
    )


def invitation(found: Invitation) -> InvitationRow:
    return InvitationRow(
        id=ids.encode("inv", found.id),
        email=found.email,
        role_name=found.role.value.capitalize(),
        by=found.invited_by,
        sent=found.created_at.isoformat(),
        over=found.expires_at <= now(),
    )
