"""The account's campaigns, and what is done about them. Which one comes from the browser, and is looked up."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import CampaignNotFound, InvalidInput, QuantumError
from quantum_app.kit import ids
from quantum_app.web import guard
from quantum_app.web.campaigns import view
from quantum_app.web.campaigns.view import CampaignRow
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import tell


class Campaigns(rx.State):
    """dialog: the question that is open, about `chosen`. errors: field → what is wrong. undo: what was just deleted."""

    rows: list[CampaignRow] = []
    dialog: str = ""
    chosen: CampaignRow = CampaignRow()
    errors: dict[str, str] = {}
    undo: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.CAMPAIGNS_READ)
    async def load(self, who: Identity):
        self._close()
        self.undo = ""
        await self._read(who)

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def ask_for_new(self, who: Identity):
        """What is it called, and what does it begin with?"""
        self._close()
        self.dialog = "new"

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def ask_for_name(self, who: Identity, campaign: str):
        """What is it to be called?"""
        self._close()
        await self._read(who)
        found = next((row for row in self.rows if row.id == campaign), None)
        if found is None:
            raise CampaignNotFound()
        self.chosen, self.dialog = found, "rename"

    @guard.event(Permission.CAMPAIGNS_READ)
    async def dismiss(self, who: Identity):
        self._close()

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def create(self, who: Identity, form: dict[str, Any]):
        """Make a campaign, and go on to draw its flow."""
        self.errors = {}
        try:
            flow = view.beginning(text_of(form, "template"))
            async with account_session(who.account_id, user_id=who.user_id) as session:
                made = await campaigns.create(session, who.account_id, who.actor, text_of(form, "name"), flow)
        except QuantumError as error:
            self._explain(error)
            return None
        self._close()
        return rx.redirect(f"/flows/designer/{ids.encode('cmp', made)}")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def rename(self, who: Identity, form: dict[str, Any]):
        """Call it something else."""
        self.errors = {}
        wanted = _id(text_of(form, "id"))
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                await campaigns.rename(session, who.account_id, who.actor, wanted, text_of(form, "name"))
        except QuantumError as error:
            self._explain(error)
            return
        self._close()
        await self._read(who)
        await tell(self, "The campaign has its new name. Callers see it too.")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def pause(self, who: Identity, campaign: str):
        """No new calls."""
        await self._do(who, campaigns.pause, campaign)
        await tell(self, "The campaign takes no more calls. Calls in progress go on.")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def resume(self, who: Identity, campaign: str):
        """New calls again."""
        await self._do(who, campaigns.resume, campaign)
        await tell(self, "The campaign takes calls again.")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def delete(self, who: Identity, campaign: str):
        """Take it out of sight; it can be brought back."""
        await self._do(who, campaigns.delete, campaign)
        self.undo = campaign

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def restore(self, who: Identity):
        """Bring back the campaign that was just deleted."""
        wanted, self.undo = self.undo, ""
        await self._do(who, campaigns.restore, wanted)
        await tell(self, "The campaign is back, under the same address.")

    async def _do(
        self, who: Identity, what: Callable[[AsyncSession, UUID, Actor, UUID], Awaitable[None]], campaign: str
    ) -> None:
        """Do it to the campaign, and show what is there then. Raises NotFound."""
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await what(session, who.account_id, who.actor, _id(campaign))
        await self._read(who)

    async def _read(self, who: Identity) -> None:
        try:
            async with account_session(who.account_id) as session:
                found = await campaigns.list_campaigns(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.campaign(item) for item in found]
        self.failure, self.loaded = "", True

    def _explain(self, error: QuantumError) -> None:
        """At the field that is wrong, in the dialog that stays open."""
        field = error.field if isinstance(error, InvalidInput) else None
        self.errors = {field or "form": error.message}

    def _close(self) -> None:
        self.dialog, self.errors = "", {}


def _id(text: str) -> UUID:
    """Raises NotFound."""
    found = ids.decode("cmp", text)
    if found is None:
        raise CampaignNotFound()
    return found
