"""Members and invitations: the list and its actions. IDs come from the browser and are looked up in the account."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Permission, Role
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.kit.email import normalize_email
from quantum_app.web import connections, guard
from quantum_app.web.members import view
from quantum_app.web.members.view import GRANTED, InvitationRow, MemberRow
from quantum_app.web.session import refresh
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import show_success

QUESTIONS = ("role", "remove", "hand_over")


class MembersState(rx.State):
    """The page.

    dialog: Name of the open dialog, which is about `selection` or `invited`. The URL may open that for an invitation
        (`?invite=1`).
    errors: Messages by field.
    """

    rows: list[MemberRow] = []
    invitations: list[InvitationRow] = []
    dialog: str = ""
    selection: MemberRow = MemberRow()
    invited: InvitationRow = InvitationRow()
    errors: dict[str, str] = {}
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.MEMBERS_READ)
    async def load(self, identity: Identity):
        if not connections.resumes():
            self._close()
            invites = "invite" in self.router.url.query_parameters and identity.may(Permission.MEMBERS_MANAGE)
            self.dialog = "invite" if invites else ""
        await self._read(identity)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def ask_to_invite(self, identity: Identity):
        """Open the invitation dialog."""
        self._close()
        self.dialog = "invite"
        await self._read(identity)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def ask(self, identity: Identity, question: str, member: str):
        """Open a dialog about a member."""
        self._close()
        await self._read(identity)
        row = next((row for row in self.rows if row.id == member), None)
        if row is None or question not in QUESTIONS:
            raise NotFound("This person is no longer a member of the account.")
        self.selection, self.dialog = row, question

    @guard.event(Permission.MEMBERS_MANAGE)
    async def ask_to_revoke(self, identity: Identity, invitation: str):
        """Open the dialog to revoke an invitation."""
        self._close()
        await self._read(identity)
        row = next((row for row in self.invitations if row.id == invitation), None)
        if row is None:
            raise NotFound("This invitation is no longer pending.")
        self.invited, self.dialog = row, "revoke"

    @guard.event(Permission.SELF)
    async def dismiss(self, identity: Identity):
        self._close()

    @guard.event(Permission.MEMBERS_MANAGE)
    async def invite(self, identity: Identity, form: dict[str, Any]):
        """Send an invitation."""

        async def act(session: AsyncSession) -> str:
            email, role = _email(text_of(form, "email")), _role(form)
            await members.invite(session, identity.account_id, identity.actor, email, role)
            return f"Invitation sent to {email}."

        await self._do(identity, act)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def invite_again(self, identity: Identity, invitation: str):
        """Send a new link, which replaces the old one."""
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await members.resend_invitation(session, identity.account_id, identity.actor, _id("inv", invitation))
        await self._read(identity)
        await show_success(self, "Invitation sent again. Links we sent earlier no longer work.")

    @guard.event(Permission.MEMBERS_MANAGE)
    async def revoke(self, identity: Identity, form: dict[str, Any]):
        """Revoke an invitation."""

        async def act(session: AsyncSession) -> str:
            await members.revoke_invitation(
                session, identity.account_id, identity.actor, _id("inv", text_of(form, "id"))
            )
            return "Invitation revoked. Its link no longer works."

        await self._do(identity, act)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def change_role(self, identity: Identity, form: dict[str, Any]):
        """Change a member's role."""

        async def act(session: AsyncSession) -> str:
            member, role = self._member(form), _role(form)
            await members.change_role(session, identity.account_id, identity.actor, _id("usr", member.id), role)
            return f"{member.name} is now {_as(role)}."

        await self._do(identity, act)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def remove(self, identity: Identity, form: dict[str, Any]):
        """Remove a member."""

        async def act(session: AsyncSession) -> str:
            member = self._member(form)
            if member.is_self:
                raise InvalidInput("You can't remove yourself. Ask another admin.")
            await members.remove(session, identity.account_id, identity.actor, _id("usr", member.id))
            return f"{member.name} was removed and logged out of this account."

        await self._do(identity, act)

    @guard.event(Permission.OWNERSHIP)
    async def hand_over(self, identity: Identity, form: dict[str, Any]):
        """Make another member the owner."""

        async def act(session: AsyncSession) -> str:
            member = self._member(form)
            await members.transfer_ownership(session, identity.account_id, identity.actor, _id("usr", member.id))
            return f"{member.name} is now the owner, and you're an admin."

        await self._do(identity, act)

    async def _do(self, identity: Identity, act: Callable[[AsyncSession], Awaitable[str]]) -> None:
        """Run an action. Shows its message in a toast, or its error in the dialog."""
        self.errors = {}
        await self._read(identity)
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                message = await act(session)
        except QuantumError as error:
            field = error.field if isinstance(error, InvalidInput) else None
            self.errors = {field or ("email" if error.code == "known_member" else "form"): error.message}
            return
        await refresh(self)
        self._close()
        await self._read(identity)
        await show_success(self, message)

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                member_list, invitations = await members.list_members(session), await members.list_invitations(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.member(item, identity.user_id) for item in member_list]
        self.invitations = [view.invitation(item) for item in invitations]
        self.failure, self.loaded = "", True

    def _member(self, form: dict[str, Any]) -> MemberRow:
        member_id = text_of(form, "id")
        member = next((row for row in self.rows if row.id == member_id), None)
        if member is None:
            raise NotFound("This person is no longer a member of the account.")
        return member

    def _close(self) -> None:
        self.dialog, self.errors = "", {}


def _email(text: str) -> str:
    """Raises InvalidInput."""
    if not text:
        raise InvalidInput("Enter an email address.", field="email")
    try:
        return normalize_email(text[:320])
    except ValueError as error:
        raise InvalidInput(str(error), field="email") from None


def _role(form: dict[str, Any]) -> Role:
    """Raises InvalidInput."""
    text = text_of(form, "role")
    if text not in GRANTED:
        raise InvalidInput("Choose a role.", field="role")
    return Role(text)


def _as(role: Role) -> str:
    return f"{'an' if role.value[0] in 'aeo' else 'a'} {role.value}"


def _id(prefix: str, text: Any) -> UUID:
    """Raises NotFound."""
    decoded = ids.decode(prefix, text) if isinstance(text, str) else None
    if decoded is None:
        raise NotFound("This no longer exists. Reload the page.")
    return decoded
