"""Campaigns: the list and its actions. IDs come from the browser and are looked up in the account."""

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
from quantum_app.web.ui.toast import show_success


class CampaignsState(rx.State):
    """The list.

    dialog: Name of the open dialog, which is about `chosen`.
    errors: Messages by field.
    undo: ID of the campaign that was just deleted.
    """

    rows: list[CampaignRow] = []
    dialog: str = ""
    chosen: CampaignRow = CampaignRow()
    errors: dict[str, str] = {}
    undo: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.CAMPAIGNS_READ)
    async def load(self, identity: Identity):
        self._close()
        self.undo = ""
        await self._read(identity)

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def ask_for_new(self, identity: Identity):
        """Open the dialog for a new campaign."""
        self._close()
        self.dialog = "new"

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def ask_for_name(self, identity: Identity, campaign: str):
        """Open the dialog to rename a campaign."""
        self._close()
        await self._read(identity)
        row = next((row for row in self.rows if row.id == campaign), None)
        if row is None:
            raise CampaignNotFound()
        self.chosen, self.dialog = row, "rename"

    @guard.event(Permission.CAMPAIGNS_READ)
    async def dismiss(self, identity: Identity):
        self._close()

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def create(self, identity: Identity, form: dict[str, Any]):
        """Create a campaign and open its flow in the designer."""
        self.errors = {}
        try:
            flow = view.definition_of_template(text_of(form, "template"))
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                campaign_id = await campaigns.create(
                    session, identity.account_id, identity.actor, text_of(form, "name"), flow
                )
        except QuantumError as error:
            self._explain(error)
            return None
        self._close()
        return rx.redirect(f"/flows/designer/{ids.encode('cmp', campaign_id)}")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def rename(self, identity: Identity, form: dict[str, Any]):
        """Rename a campaign."""
        self.errors = {}
        campaign_id = _id(text_of(form, "id"))
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                await campaigns.rename(session, identity.account_id, identity.actor, campaign_id, text_of(form, "name"))
        except QuantumError as error:
            self._explain(error)
            return
        self._close()
        await self._read(identity)
        await show_success(self, "Campaign renamed. Callers see the new name too.")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def pause(self, identity: Identity, campaign: str):
        """Stop taking new calls."""
        await self._do(identity, campaigns.pause, campaign)
        await show_success(self, "Campaign paused. Calls in progress continue.")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def resume(self, identity: Identity, campaign: str):
        """Take calls again."""
        await self._do(identity, campaigns.resume, campaign)
        await show_success(self, "Campaign resumed.")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def delete(self, identity: Identity, campaign: str):
        """Delete a campaign, and offer to undo it."""
        await self._do(identity, campaigns.delete, campaign)
        self.undo = campaign

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def restore(self, identity: Identity):
        """Restore the campaign that was just deleted."""
        campaign, self.undo = self.undo, ""
        await self._do(identity, campaigns.restore, campaign)
        await show_success(self, "Campaign restored. Its call page works again.")

    async def _do(
        self, identity: Identity, what: Callable[[AsyncSession, UUID, Actor, UUID], Awaitable[None]], campaign: str
    ) -> None:
        """Run an action on the campaign, then reload the list. Raises NotFound."""
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await what(session, identity.account_id, identity.actor, _id(campaign))
        await self._read(identity)

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id) as session:
                entries = await campaigns.list_campaigns(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.campaign(item) for item in entries]
        self.failure, self.loaded = "", True

    def _explain(self, error: QuantumError) -> None:
        """Show the error in the dialog, at its field if it has one."""
        field = error.field if isinstance(error, InvalidInput) else None
        self.errors = {field or "form": error.message}

    def _close(self) -> None:
        self.dialog, self.errors = "", {}


def _id(text: str) -> UUID:
    """Raises NotFound."""
    campaign_id = ids.decode("cmp", text)
    if campaign_id is None:
        raise CampaignNotFound()
    return campaign_id
