"""Deleted campaigns and calls: the list, and restoring from it or by the offer to undo."""

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import CallNotFound, CampaignNotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.web import guard
from quantum_app.web.calls.state import CallsState
from quantum_app.web.campaigns.state import CampaignsState
from quantum_app.web.deleted import view
from quantum_app.web.deleted.view import DeletedRow
from quantum_app.web.ui.toast import show_success
from quantum_app.web.ui.undo import Undo, withdraw_undo

PATH = "/settings/deleted"
MAX_CALLS = 100


class DeletedState(rx.State):
    """The page. calls: Empty for who may not delete calls."""

    campaigns: list[DeletedRow] = []
    calls: list[DeletedRow] = []
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.CAMPAIGNS_WRITE)
    async def load(self, identity: Identity):
        """Show what can be restored."""
        await self._read(identity)

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def restore_campaign(self, identity: Identity, campaign: str):
        """Restore a campaign of the list."""
        await self._restore_campaign(identity, campaign)
        await self._read(identity)

    @guard.event(Permission.CALLS_DELETE)
    async def restore_call(self, identity: Identity, call: str):
        """Restore a call of the list."""
        await self._restore_call(identity, call)
        await self._read(identity)

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def undo_campaign(self, identity: Identity):
        """Restore the campaign that was just deleted."""
        undo = await self.get_state(Undo)
        await self._restore_campaign(identity, undo.item)
        return self._reload()

    @guard.event(Permission.CALLS_DELETE)
    async def undo_call(self, identity: Identity):
        """Restore the call that was just deleted."""
        undo = await self.get_state(Undo)
        await self._restore_call(identity, undo.item)
        return self._reload()

    def _reload(self):
        """What shows the restored item on the page that is open."""
        pages = {"/campaigns": CampaignsState.load, "/calls": CallsState.load, PATH: DeletedState.load}
        return pages.get(self.router.url.path.rstrip("/"))

    async def _restore_campaign(self, identity: Identity, campaign: str) -> None:
        """Raises NotFound, QuotaExceeded."""
        campaign_id = ids.decode("cmp", campaign)
        if campaign_id is None:
            raise CampaignNotFound()
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await campaigns.restore(session, identity.account_id, identity.actor, campaign_id)
            restored = await campaigns.get_snapshot(session, campaign_id)
        await withdraw_undo(self, campaign)
        works = " Its call page works again." if restored.active else ""
        await show_success(self, f"“{restored.name}” was restored.{works}")

    async def _restore_call(self, identity: Identity, call: str) -> None:
        """Raises NotFound."""
        call_id = ids.decode("call", call)
        if call_id is None:
            raise CallNotFound()
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await calls.restore(session, identity.account_id, identity.actor, call_id)
        await withdraw_undo(self, call)
        await show_success(self, "The call was restored.")

    async def _read(self, identity: Identity) -> None:
        may_restore_calls = identity.may(Permission.CALLS_DELETE)
        try:
            async with account_session(identity.account_id) as session:
                deleted_campaigns = await campaigns.list_deleted(session)
                retention = (await accounts.get_settings(session, identity.account_id)).retention_days
                deleted_calls = (
                    await calls.list_deleted(session, retention, limit=MAX_CALLS) if may_restore_calls else []
                )
        except QuantumError as error:
            self.failure = error.message
            return
        self.campaigns = [view.campaign(item) for item in deleted_campaigns]
        self.calls = [view.call(item) for item in deleted_calls]
        self.failure, self.loaded = "", True
