"""Whose flow the designer draws. The flow itself goes between browser and API, never through here."""

from uuid import UUID

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import CampaignNotFound, NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.web import guard


class Designing(rx.State):
    """The campaign of the address. missing: there is none such."""

    campaign: str = ""
    name: str = ""
    can_write: bool = False
    missing: bool = False
    failure: str = ""

    @guard.page(Permission.CAMPAIGNS_READ)
    async def load(self, who: Identity):
        """Open the flow of the campaign in the address."""
        self.failure, self.missing = "", False
        wanted = self._wanted()
        try:
            if wanted is None:
                raise CampaignNotFound()
            async with account_session(who.account_id) as session:
                found = await campaigns.get_snapshot(session, wanted)
        except NotFound:
            self.missing = True
        except QuantumError as error:
            self.failure = error.message
        else:
            self.name, self.can_write = found.name, who.may(Permission.CAMPAIGNS_WRITE)
            self.campaign = ids.encode("cmp", wanted)

    def _wanted(self) -> UUID | None:
        return ids.decode("cmp", self.router.url.path.rstrip("/").rpartition("/")[2])
