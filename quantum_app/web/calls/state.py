"""State of the call pages."""

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
from quantum_app.web.ui.undo import offer_undo

PAGE_SIZE = 50
# What the message itself says; anything else is read from Postgres.
_IN_THE_MESSAGE = {LiveEventType.CALL_STAGE_CHANGED, LiveEventType.TURN_RECORDED}
STATUSES = tuple(status.value for status in CallStatus)


class CallsState(rx.State):
    """The list. Filter and page come from the URL."""

    rows: list[CallRow] = []
    status: str = ""
    after: str = ""
    following: str = ""
    call_page: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.CALLS_READ)
    async def load(self, identity: Identity):
        """Show the page of calls in the URL and keep it live."""
        query = self.router.url.query_parameters
        self.status = query.get("status", "") if query.get("status") in STATUSES else ""
        self.after = query.get("after", "")
        live.watch(self, identity.account_id)
        await self._read(identity.account_id)

    async def _live(self, messages: list[live.Message]) -> None:
        """Reload the list when something happens on a call."""
        identity = await guard.allowed(self, Permission.CALLS_READ)
        if identity is not None and any(message["type"] != LiveEventType.CALL_STAGE_CHANGED for message in messages):
            await self._read(identity.account_id)

    async def _read(self, account_id: UUID) -> None:
        try:
            async with account_session(account_id) as session:
                page = await calls.list_calls(
                    session,
                    after=ids.decode("call", self.after) if self.after else None,
                    limit=PAGE_SIZE,
                    status=CallStatus(self.status) if self.status else None,
                )
                campaign_names = await campaigns.list_names(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.row(item) for item in page.calls]
        self.call_page = next((f"/call/{place.public_id}" for place in campaign_names if place.active), "")
        self.following = ids.encode("call", page.after) if page.after else ""
        self.failure, self.loaded = "", True


class CallState(rx.State):
    """One call, live while it lasts."""

    summary: CallRow = CallRow()
    campaign: str = ""
    designer: str = ""
    facts: list[str] = []
    assistant: str = ""
    turns: list[TurnView] = []
    events: list[EventView] = []
    path: list[EventView] = []
    collected: list[EventView] = []
    score: str = ""
    reasons: list[EventView] = []
    costs: list[CostLine] = []
    _nodes: dict[str, str] = {}
    _names_key: tuple[str, int] = ("", 0)
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
    async def load(self, identity: Identity):
        """Show the call in the URL and keep it live."""
        self.loaded = self.missing = False
        self.failure = ""
        self.selected = 0
        call_id = self._call_id()
        if call_id is None:
            self.missing = True
            return
        live.watch(self, identity.account_id, call_id)
        await self._read(identity.account_id, call_id)

    @guard.event(Permission.CALLS_DELETE)
    async def delete(self, identity: Identity):
        """Delete the call, go to the list, and offer to undo it."""
        call_id = self._call_id()
        if call_id is None:
            return None
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await calls.delete(session, identity.account_id, identity.actor, call_id)
        await offer_undo(self, "call", ids.encode("call", call_id), f"The call by {self.summary.caller} was deleted.")
        return rx.redirect("/calls")

    @guard.event(Permission.CALLS_READ)
    async def select(self, identity: Identity, seq: int):
        """Show the latency breakdown of one answer."""
        self.selected = seq
        self._show_waterfall()

    async def _live(self, messages: list[live.Message]) -> None:
        """Update the page. Turns and stages are in the messages; everything else is read from Postgres."""
        identity, call_id = await guard.allowed(self, Permission.CALLS_READ), self._call_id()
        if identity is None or call_id is None or not self.loaded:
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
            await self._read(identity.account_id, call_id)

    def _call_id(self) -> UUID | None:
        return ids.decode("call", self.router.url.path.rstrip("/").rpartition("/")[2])

    async def _read(self, account_id: UUID, call_id: UUID) -> None:
        try:
            async with account_session(account_id) as session:
                detail = await calls.get_detail(session, call_id)
                names = await self._names(session, detail)
        except NotFound:
            self.missing = True
            return
        except QuantumError as error:
            self.failure = error.message
            return
        summary = detail.summary
        began = summary.answered_at or summary.created_at
        self.summary = view.row(summary)
        self.campaign = ids.encode("cmp", detail.campaign_id)
        self.designer = f"/flows/designer/{self.campaign}"
        self.facts = view.facts(detail)
        self.assistant = detail.assistant_name
        self.turns = [view.turn(item, detail.assistant_name, self._caller(), began) for item in detail.turns]
        self.path = view.path(detail.turns, names, began)
        self.collected = view.collected(detail.events, began)
        self.score, self.reasons = view.score(detail.events, began)
        self.events = view.events(detail.events, began)
        self.costs = view.costs(detail.usage)
        self.comment = detail.comment or ""
        self.interruptions = detail.interruptions
        self.stage = self.stage if self.summary.live else ""
        self.failure, self.loaded, self.missing = "", True, False
        self._show_waterfall()

    async def _names(self, session: AsyncSession, call: CallDetail) -> dict[str, str]:
        """Node names of the call's flow by ID. Empty if the campaign is deleted or the flow can't be read."""
        of = (str(call.campaign_id), call.flow_version)
        if self._names_key != of:
            try:
                definition = await flows.definition_of(session, call.campaign_id, call.flow_version)
            except (NotFound, InvalidInput):
                return {}
            self._nodes, self._names_key = {node.id: node.name for node in definition.nodes}, of
        return self._nodes

    def _caller(self) -> str:
        return self.summary.caller.split("@")[0]

    def _show_waterfall(self) -> None:
        answers = [item for item in self.turns if item.answer]
        answer = next((item for item in answers if item.seq == self.selected), answers[-1] if answers else None)
        self.median = view.median_answer(self.turns)
        self.answer = answer.answer if answer else ""
        self.stages = answer.stages if answer else []
