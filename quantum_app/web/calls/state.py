"""What the pages of calls know, and what their events do. Each handler authorises by itself."""

from uuid import UUID

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.schemas import CallDetail, CallStatus, LiveEventType
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import service as flows
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.web import guard, live
from quantum_app.web.calls import view
from quantum_app.web.calls.view import CallRow, CostLine, EventView, Stage, TurnView
from quantum_app.web.ui.toast import tell

PAGE_SIZE = 50
# What the message itself says; anything else is read from Postgres.
_IN_THE_MESSAGE = {LiveEventType.CALL_STAGE_CHANGED, LiveEventType.TURN_RECORDED}
STATUSES = tuple(status.value for status in CallStatus)


class Calls(rx.State):
    """The list: filter and page come from the address. undo: the call that was just deleted."""

    rows: list[CallRow] = []
    status: str = ""
    after: str = ""
    following: str = ""
    call_page: str = ""
    undo: str = ""
    _undo_is_news: bool = False
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.CALLS_READ)
    async def load(self, who: Identity):
        """Show the page of calls that the address asks for, and keep it live."""
        if not self._undo_is_news:
            self.undo = ""
        self._undo_is_news = False
        query = self.router.url.query_parameters
        self.status = query.get("status", "") if query.get("status") in STATUSES else ""
        self.after = query.get("after", "")
        live.watch(self, who.account_id)
        await self._read(who.account_id)

    @guard.event(Permission.CALLS_DELETE)
    async def restore(self, who: Identity):
        """Bring back the call that was just deleted."""
        call_id = ids.decode("call", self.undo)
        self.undo = ""
        if call_id is not None:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                await calls.restore(session, who.account_id, who.actor, call_id)
            await tell(self, "The call is back.")
        await self._read(who.account_id)

    async def _live(self, messages: list[live.Message]) -> None:
        """Something happened on one of the account's calls."""
        who = await guard.allowed(self, Permission.CALLS_READ)
        if who is not None and any(message["type"] != LiveEventType.CALL_STAGE_CHANGED for message in messages):
            await self._read(who.account_id)

    async def _read(self, account_id: UUID) -> None:
        try:
            async with account_session(account_id) as session:
                page = await calls.list_calls(
                    session,
                    after=ids.decode("call", self.after) if self.after else None,
                    limit=PAGE_SIZE,
                    status=CallStatus(self.status) if self.status else None,
                )
                places = await campaigns.list_names(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.row(item) for item in page.calls]
        self.call_page = next((f"/call/{place.public_id}" for place in places if place.active), "")
        self.following = ids.encode("call", page.after) if page.after else ""
        self.failure, self.loaded = "", True


class Call(rx.State):
    """One call: everything that is known of it, live while it lasts."""

    summary: CallRow = CallRow()
    campaign: str = ""
    designer: str = ""
    facts: list[str] = []
    assistant: str = ""
    turns: list[TurnView] = []
    events: list[EventView] = []
    way: list[EventView] = []
    noted: list[EventView] = []
    score: str = ""
    reasons: list[EventView] = []
    costs: list[CostLine] = []
    _nodes: dict[str, str] = {}
    _named: tuple[str, int] = ("", 0)
    comment: str = ""
    stage: str = ""
    interruptions: int = 0
    median: str = ""
    selected: int = 0
    answer: str = ""
    stages: list[Stage] = []
    loaded: bool = False
    missing: bool = False
    failure: str = ""

    @guard.page(Permission.CALLS_READ)
    async def load(self, who: Identity):
        """Show the call of the address, and keep it live."""
        self.loaded = self.missing = False
        self.failure = ""
        self.selected = 0
        call_id = self._wanted()
        if call_id is None:
            self.missing = True
            return
        live.watch(self, who.account_id, call_id)
        await self._read(who.account_id, call_id)

    @guard.event(Permission.CALLS_DELETE)
    async def delete(self, who: Identity):
        """Take the call out of sight; the list says how to bring it back."""
        call_id = self._wanted()
        if call_id is None:
            return None
        async with account_session(who.account_id, user_id=who.user_id) as session:
            await calls.delete(session, who.account_id, who.actor, call_id)
        listed = await self.get_state(Calls)
        listed.undo, listed._undo_is_news = ids.encode("call", call_id), True
        return rx.redirect("/calls")

    @guard.event(Permission.CALLS_READ)
    async def select(self, who: Identity, seq: int):
        """Show the waterfall of one answer."""
        self.selected = seq
        self._show_waterfall()

    async def _live(self, messages: list[live.Message]) -> None:
        """Something happened on the call that is shown: turns and stages are in the message, Postgres has the rest."""
        who, call_id = await guard.allowed(self, Permission.CALLS_READ), self._wanted()
        if who is None or call_id is None or not self.loaded:
            return
        for message in messages:
            if message["type"] == LiveEventType.CALL_STAGE_CHANGED:
                self.stage = message["stage"]
            elif message["type"] == LiveEventType.TURN_RECORDED:
                began = view.moment(self.summary.since or self.summary.started)
                new = view.turn(view.live_turn(message), self.assistant, self._caller(), began)
                self.turns = view.insert(self.turns, new)
                self._show_waterfall()
        if any(message["type"] not in _IN_THE_MESSAGE for message in messages):
            await self._read(who.account_id, call_id)

    def _wanted(self) -> UUID | None:
        return ids.decode("call", self.router.url.path.rstrip("/").rpartition("/")[2])

    async def _read(self, account_id: UUID, call_id: UUID) -> None:
        try:
            async with account_session(account_id) as session:
                found = await calls.get_detail(session, call_id)
                names = await self._names(session, found)
        except NotFound:
            self.missing = True
            return
        except QuantumError as error:
            self.failure = error.message
            return
        summary = found.summary
        began = summary.answered_at or summary.created_at
        self.summary = view.row(summary)
        self.campaign = ids.encode("cmp", found.campaign_id)
        self.designer = f"/flows/designer/{self.campaign}"
        self.facts = view.facts(found)
        self.assistant = found.assistant_name
        self.turns = [view.turn(item, found.assistant_name, self._caller(), began) for item in found.turns]
        self.way = view.way(found.turns, names, began)
        self.noted = view.noted(found.events, began)
        self.score, self.reasons = view.score(found.events, began)
        self.events = view.events(found.events, began)
        self.costs = view.costs(found.usage)
        self.comment = found.comment or ""
        self.interruptions = found.interruptions
        self.stage = self.stage if self.summary.live else ""
        self.failure, self.loaded, self.missing = "", True, False
        self._show_waterfall()

    async def _names(self, session: AsyncSession, call: CallDetail) -> dict[str, str]:
        """What the nodes of the call's flow are called. Nothing where its campaign is deleted, or it cannot be read."""
        of = (str(call.campaign_id), call.flow_version)
        if self._named != of:
            try:
                definition = await flows.definition_of(session, call.campaign_id, call.flow_version)
            except (NotFound, InvalidInput):
                return {}
            self._nodes, self._named = {node.id: node.name for node in definition.nodes}, of
        return self._nodes

    def _caller(self) -> str:
        return self.summary.caller.split("@")[0]

    def _show_waterfall(self) -> None:
        answers = [item for item in self.turns if item.answer]
        chosen = next((item for item in answers if item.seq == self.selected), answers[-1] if answers else None)
        self.median = view.median_answer(self.turns)
        self.answer = chosen.answer if chosen else ""
        self.stages = chosen.stages if chosen else []
