"""Who belongs to the account, and what is done about it. Whom it is about comes from the browser, and is looked up."""

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
from quantum_app.web import guard
from quantum_app.web.members import view
from quantum_app.web.members.view import GRANTED, InvitationRow, MemberRow
from quantum_app.web.session import refresh
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import tell

QUESTIONS = ("role", "remove", "hand_over")


class Members(rx.State):
    """dialog: the question that is open, about `chosen` or `invited`. errors: field → what is wrong with it."""

    rows: list[MemberRow] = []
    invitations: list[InvitationRow] = []
    dialog: str = ""
    chosen: MemberRow = MemberRow()
    invited: InvitationRow = InvitationRow()
    errors: dict[str, str] = {}
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.MEMBERS_READ)
    async def load(self, who: Identity):
        self._close()
        await self._read(who)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def ask_to_invite(self, who: Identity):
        """Whom, and as what?"""
        self._close()
        self.dialog = "invite"
        await self._read(who)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def ask(self, who: Identity, question: str, member: str):
        """Ask before something is done to a member."""
        self._close()
        await self._read(who)
        found = next((row for row in self.rows if row.id == member), None)
        if found is None or question not in QUESTIONS:
            raise NotFound("This person does not belong to the account any more.")
        self.chosen, self.dialog = found, question

    @guard.event(Permission.MEMBERS_MANAGE)
    async def ask_to_revoke(self, who: Identity, invitation: str):
        """Ask before an invitation is taken back."""
        self._close()
        await self._read(who)
        found = next((row for row in self.invitations if row.id == invitation), None)
        if found is None:
            raise NotFound("This invitation is not open any more.")
        self.invited, self.dialog = found, "revoke"

    @guard.event(Permission.SELF)
    async def dismiss(self, who: Identity):
        self._close()

    @guard.event(Permission.MEMBERS_MANAGE)
    async def invite(self, who: Identity, form: dict[str, Any]):
        """Ask somebody by mail to join."""

        async def act(session: AsyncSession) -> str:
            email, role = _email(text_of(form, "email")), _role(form)
            await members.invite(session, who.account_id, who.actor, email, role)
            return f"An invitation is on its way to {email}."

        await self._do(who, act)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def invite_again(self, who: Identity, invitation: str):
        """A new link, good for a week; the old one counts no more."""
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await members.resend_invitation(session, who.account_id, who.actor, _id("inv", invitation))
        await self._read(who)
        await tell(self, "A new invitation is on its way. The link that was sent before counts no more.")

    @guard.event(Permission.MEMBERS_MANAGE)
    async def revoke(self, who: Identity, form: dict[str, Any]):
        """Take an invitation back."""

        async def act(session: AsyncSession) -> str:
            await members.revoke_invitation(session, who.account_id, who.actor, _id("inv", text_of(form, "id")))
            return "The invitation is taken back: its link counts no more."

        await self._do(who, act)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def change_role(self, who: Identity, form: dict[str, Any]):
        """Give a member another role."""

        async def act(session: AsyncSession) -> str:
            member, role = self._member(form), _role(form)
            await members.change_role(session, who.account_id, who.actor, _id("usr", member.id), role)
            return f"{member.name} is {_as(role)} now."

        await self._do(who, act)

    @guard.event(Permission.MEMBERS_MANAGE)
    async def remove(self, who: Identity, form: dict[str, Any]):
        """Take a member out of the account."""

        async def act(session: AsyncSession) -> str:
            member = self._member(form)
            if member.own:
                raise InvalidInput("Ask another administrator to take you out of the account.")
            await members.remove(session, who.account_id, who.actor, _id("usr", member.id))
            return f"{member.name} is no member any more, and is logged out of this account."

        await self._do(who, act)

    @guard.event(Permission.OWNERSHIP)
    async def hand_over(self, who: Identity, form: dict[str, Any]):
        """Make another member the owner."""

        async def act(session: AsyncSession) -> str:
            member = self._member(form)
            await members.transfer_ownership(session, who.account_id, who.actor, _id("usr", member.id))
            return f"{member.name} owns this account now, and you are an admin."

        await self._do(who, act)

    async def _do(self, who: Identity, act: Callable[[AsyncSession], Awaitable[str]]) -> None:
        """One change and what to say of it; or what is wrong, in the dialog that stays open."""
        self.errors = {}
        await self._read(who)
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                done = await act(session)
        except QuantumError as error:
            field = error.field if isinstance(error, InvalidInput) else None
            self.errors = {field or ("email" if error.code == "known_member" else "form"): error.message}
            return
        await refresh(self)
        self._close()
        await self._read(who)
        await tell(self, done)

    async def _read(self, who: Identity) -> None:
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                found, asked = await members.list_members(session), await members.list_invitations(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.member(item, who.user_id) for item in found]
        self.invitations = [view.invitation(item) for item in asked]
        self.failure, self.loaded = "", True

    def _member(self, form: dict[str, Any]) -> MemberRow:
        wanted = text_of(form, "id")
        found = next((row for row in self.rows if row.id == wanted), None)
        if found is None:
            raise NotFound("This person does not belong to the account any more.")
        return found

    def _close(self) -> None:
        self.dialog, self.errors = "", {}


def _email(text: str) -> str:
    """Raises InvalidInput."""
    if not text:
        raise InvalidInput("Write the address of whom you want to invite.", field="email")
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
    found = ids.decode(prefix, text) if isinstance(text, str) else None
    if found is None:
        raise NotFound("This is not there any more. Load the page again.")
    return found
