"""`/`: the way to the first published campaign, then an overview. Roles without it are redirected."""

from zoneinfo import ZoneInfo

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import LiveEventType
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import QuantumError
from quantum_app.kit.clock import now
from quantum_app.web import guard, live
from quantum_app.web.calls import view as calls_view
from quantum_app.web.calls.view import CallRow, Link
from quantum_app.web.home import view
from quantum_app.web.home.view import Figure, Step

_LAST_CALLS = 6
_CHANGES = {LiveEventType.CALL_STARTED, LiveEventType.CALL_ENDED}


class HomeState(rx.State):
    """published: Whether any campaign is. Before, `steps` are shown, then everything else.

    today: The day in the account's time zone (ISO 8601).
    places: Campaigns that can be called.
    """

    published: bool = False
    steps: list[Step] = []
    figures: list[Figure] = []
    rows: list[CallRow] = []
    places: list[Link] = []
    today: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.SELF)
    async def load(self, identity: Identity):
        """Show the overview, or go to restoring a deleted account, or to one's own security settings."""
        if identity.account_deleted_at is not None and identity.may(Permission.OWNERSHIP):
            return rx.redirect(guard.RESTORE_PAGE)
        if not identity.may(Permission.CALLS_READ) or identity.lacks_second_factor:
            return rx.redirect(guard.SECURITY_PAGE)
        live.watch(self, identity.account_id)
        await self._read(identity)
        return None

    async def _live(self, messages: list[live.Message]) -> None:
        """Show calls that start and end."""
        identity = await guard.allowed(self, Permission.CALLS_READ)
        if identity is not None and any(message["type"] in _CHANGES for message in messages):
            await self._read(identity)

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id) as session:
                zone = (await accounts.get_settings(session, identity.account_id)).time_zone
                progress = await campaigns.get_progress(session)
                names = await campaigns.list_names(session)
                figures = await calls.get_figures(session, zone)
                page = await calls.list_calls(
                    session, limit=_LAST_CALLS, see_values=identity.may(Permission.CALLS_VALUES)
                )
        except QuantumError as error:
            self.failure = error.message
            return
        self.published, self.steps = progress.published, view.steps(progress)
        self.figures = view.figures(figures)
        self.rows = [calls_view.row(item) for item in page.calls]
        self.places = [Link(place.name, f"/call/{place.public_id}#test") for place in names if place.active]
        self.today = now().astimezone(ZoneInfo(zone)).date().isoformat()
        self.failure, self.loaded = "", True
