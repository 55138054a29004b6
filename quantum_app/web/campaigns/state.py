"""Campaigns: the list and its actions. IDs come from the browser and are looked up in the account."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit.schemas import Actor
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CampaignCalls
from quantum_app.domain.campaigns import recipients
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.campaigns.schemas import CampaignStatus
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import CampaignNotFound, InvalidInput, QuantumError
from quantum_app.kit import ids
from quantum_app.settings import settings
from quantum_app.web import connections, guard
from quantum_app.web.campaigns import view
from quantum_app.web.campaigns.view import CampaignRow, RecipientRow
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.toast import show_success
from quantum_app.web.ui.undo import offer_undo, withdraw_undo

PATH = "/campaigns"
ARCHIVE = f"{PATH}?show=archived"
PAGE_SIZE = 25


class CampaignsState(rx.State):
    """The list. Tab, search and page are kept in the URL.

    archived: Whether archived campaigns are shown instead of the others.
    searched: Whether any filter is set.
    has_archived: Whether there are archived campaigns, if none is listed.
    newest, older: URLs of other pages, or empty.
    form_version: Counts searches that didn't come from the form, which has to be filled again then.
    dialog: Name of the open dialog, which is about `selection`. The URL may open that for a new campaign (`?new=1`).
    address: Of the chosen campaign's call page, with its host.
    effects: What archiving or deleting the chosen campaign does.
    recipients: Who may get the results of the chosen campaign's calls.
    errors: Messages by field.
    """

    rows: list[CampaignRow] = []
    archived: bool = False
    text: str = ""
    status: str = ""
    searched: bool = False
    has_archived: bool = False
    newest: str = ""
    older: str = ""
    form_version: int = 0
    dialog: str = ""
    selection: CampaignRow = CampaignRow()
    address: str = ""
    effects: list[str] = []
    recipients: list[RecipientRow] = []
    errors: dict[str, str] = {}
    loaded: bool = False
    failure: str = ""
    _after: str = ""

    @guard.page(Permission.CAMPAIGNS_READ)
    async def load(self, identity: Identity):
        """Show the campaigns in the URL."""
        query, before = self.router.url.query_parameters, self._url()
        if not connections.resumes():
            self._close()
            self.dialog = "new" if "new" in query and identity.may(Permission.CAMPAIGNS_WRITE) else ""
        self.archived = query.get("show") == "archived"
        self._apply(query.get("text", ""), query.get("status", ""))
        self.form_version += self._url() != before
        self._after = query.get("after", "")
        await self._read(identity)

    @guard.event(Permission.CAMPAIGNS_READ)
    async def search(self, identity: Identity, form: dict[str, Any]):
        """Go to the URL of the search."""
        self._apply(text_of(form, "text"), text_of(form, "status"))
        return rx.redirect(self._url())

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def ask_for_new(self, identity: Identity):
        """Open the dialog for a new campaign."""
        self._close()
        self.dialog = "new"

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def ask_for_settings(self, identity: Identity, campaign: str):
        """Open a campaign's settings."""
        async with account_session(identity.account_id) as session:
            choices = await recipients.list_choices(session, _id(campaign), only=_only(identity))
        await self._ask(identity, "settings", campaign)
        self.recipients = [view.recipient(item) for item in choices]

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def ask_to_archive(self, identity: Identity, campaign: str):
        """Ask before archiving a campaign."""
        counted = await self._ask(identity, "archive", campaign)
        self.effects = view.archive_effects(counted, settings().quotas.campaigns)

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def ask_to_delete(self, identity: Identity, campaign: str):
        """Ask before deleting a campaign."""
        self.effects = view.delete_effects(await self._ask(identity, "delete", campaign))

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
                    session,
                    identity.account_id,
                    identity.actor,
                    text_of(form, "name"),
                    flow,
                    assistant_name=text_of(form, "assistant_name"),
                )
        except QuantumError as error:
            self._explain(error)
            return None
        self._close()
        return rx.redirect(f"/flows/designer/{ids.encode('cmp', campaign_id)}")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def save_settings(self, identity: Identity, form: dict[str, Any]):
        """Change the names of a campaign and its assistant, and who gets the results of calls."""
        self.errors = {}
        campaign_id = _id(text_of(form, "id"))
        names = {"name": text_of(form, "name"), "assistant_name": text_of(form, "assistant_name")}
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                await campaigns.update(session, identity.account_id, identity.actor, campaign_id, **names)
                await recipients.choose(
                    session,
                    identity.account_id,
                    identity.actor,
                    campaign_id,
                    view.recipient_ids(form),
                    only=_only(identity),
                )
        except QuantumError as error:
            self._explain(error)
            return
        self._close()
        await self._read(identity)
        await show_success(self, "Settings saved. Callers see new names too.")

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
    async def duplicate(self, identity: Identity, campaign: str):
        """Create a campaign with the same settings and draft."""
        name = await self._do(identity, campaigns.duplicate, campaign)
        await show_success(self, f"“{name}” was duplicated. Publish the copy to take calls.")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def archive(self, identity: Identity, campaign: str):
        """Take a campaign out of service and off the list, and offer to undo it."""
        name = await self._do(identity, campaigns.archive, campaign)
        self._close()
        await offer_undo(self, "archive", campaign, f"“{name}” was archived and takes no new calls.")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def unarchive(self, identity: Identity, campaign: str):
        """Restore a campaign from the archive."""
        name = await self._do(identity, campaigns.unarchive, campaign)
        await withdraw_undo(self, campaign)
        await show_success(self, f"“{name}” was restored from the archive.")

    @guard.event(Permission.CAMPAIGNS_WRITE)
    async def delete(self, identity: Identity, campaign: str):
        """Delete a campaign, and offer to undo it."""
        name = await self._do(identity, campaigns.delete, campaign)
        self._close()
        await offer_undo(self, "campaign", campaign, f"“{name}” was deleted. Its call page no longer works.")

    async def _do(
        self, identity: Identity, action: Callable[[AsyncSession, UUID, Actor, UUID], Awaitable[object]], campaign: str
    ) -> str:
        """Run an action on the campaign, then reload the list. Returns the campaign's name. Raises NotFound."""
        campaign_id = _id(campaign)
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            name = (await campaigns.get_snapshot(session, campaign_id)).name
            await action(session, identity.account_id, identity.actor, campaign_id)
        await self._read(identity)
        return name

    async def _ask(self, identity: Identity, dialog: str, campaign: str) -> CampaignCalls:
        """Open a dialog about a campaign. Returns how many calls it has. Raises NotFound."""
        self._close()
        await self._read(identity)
        campaign_id = _id(campaign)
        row = next((row for row in self.rows if row.id == campaign), None)
        if row is None:
            raise CampaignNotFound()
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            counted = await calls.count_of_campaign(session, campaign_id)
        self.selection, self.dialog = row, dialog
        self.address = settings().allowed_origins[0] + row.call_page
        return counted

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id) as session:
                page = await campaigns.list_campaigns(
                    session,
                    archived=self.archived,
                    name=self.text,
                    status=CampaignStatus(self.status) if self.status else None,
                    after=ids.decode("cmp", self._after),
                    limit=PAGE_SIZE,
                )
                self.has_archived = not page.campaigns and bool(
                    (await campaigns.list_campaigns(session, archived=True, limit=1)).campaigns
                )
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.campaign(item) for item in page.campaigns]
        self.newest = self._url() if self._after else ""
        self.older = self._url(after=ids.encode("cmp", page.after)) if page.after else ""
        self.failure, self.loaded = "", True

    def _apply(self, text: str, status: str) -> None:
        """Apply the filters that are valid."""
        self.text = text.replace("\0", "")[: campaigns.LONGEST_NAME].strip()
        self.status = status if status in view.STATUSES else ""
        self.searched = bool(self.text or self.status)

    def _url(self, after: str = "") -> str:
        show = "archived" if self.archived else ""
        params = {"show": show, "text": self.text, "status": self.status, "after": after}
        query = urlencode({name: value for name, value in params.items() if value})
        return f"{PATH}?{query}" if query else PATH

    def _explain(self, error: QuantumError) -> None:
        """Show the error in the dialog, at its field if it has one."""
        field = error.field if isinstance(error, InvalidInput) else None
        self.errors = {field or "form": error.message}

    def _close(self) -> None:
        self.dialog, self.errors, self.effects, self.recipients = "", {}, [], []


def _only(identity: Identity) -> UUID | None:
    """Who is the only recipient that this user sees and chooses: themselves, or None if they see all members."""
    return None if identity.may(Permission.MEMBERS_READ) else identity.user_id


def _id(text: str) -> UUID:
    """Raises NotFound."""
    campaign_id = ids.decode("cmp", text)
    if campaign_id is None:
        raise CampaignNotFound()
    return campaign_id
