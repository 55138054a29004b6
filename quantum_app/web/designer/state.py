"""The campaign that is open in the designer. The flow itself goes between browser and API, never through here."""

from uuid import UUID

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import CampaignNotFound, NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.web import guard


class DesignerState(rx.State):
    """The campaign in the URL. missing: Whether it doesn't exist."""

    campaign: str = ""
    name: str = ""
    can_write: bool = False
    missing: bool = False
    failure: str = ""

    @guard.page(Permission.CAMPAIGNS_READ)
    async def load(self, identity: Identity):
        """Open the flow of the campaign in the URL."""
        self.failure, self.missing = "", False
        campaign_id = self._campaign_id()
        try:
            if campaign_id is None:
                raise CampaignNotFound()
            async with account_session(identity.account_id) as session:
                campaign = await campaigns.get_snapshot(session, campaign_id)
        except NotFound:
            self.missing = True
        except QuantumError as error:
            self.failure = error.message
        else:
            self.name, self.can_write = campaign.name, identity.may(Permission.CAMPAIGNS_WRITE)
            self.campaign = ids.encode("cmp", campaign_id)

    def _campaign_id(self) -> UUID | None:
        return ids.decode("cmp", self.router.url.path.rstrip("/").rpartition("/")[2])
