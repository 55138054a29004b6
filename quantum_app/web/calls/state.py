"""State of the call pages."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx
from sqlalchemy.ext.asyncio import AsyncSession

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.calls import service as calls
from quantum_app.domain.calls.collected import HIDDEN
from quantum_app.domain.calls.schemas import CallDetail, CallFilters, CallStatus, CollectedValue, LiveEventType
from quantum_app.domain.campaigns import service as campaigns
from quantum_app.domain.flows import service as flows
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import InvalidInput, NotFound, QuantumError
from quantum_app.kit import ids
from quantum_app.web import connections, guard, live
from quantum_app.web.calls import view
from quantum_app.web.calls.view import CallRow, CostLine, EventView, Link, Stage, TurnView, ValueView
from quantum_app.web.ui.days import day, midnight
from quantum_app.web.ui.forms import text_of
from quantum_app.web.ui.undo import offer_undo

PATH = "/calls"
PAGE_SIZE = 50
# What the message itself says; anything else is read from Postgres.
_IN_THE_MESSAGE = {LiveEventType.CALL_STAGE_CHANGED, LiveEventType.TURN_RECORDED}
_FILTERS = ("text", "status", "campaign", "since", "until", "tests")
_STATUSES = view.statuses()
_LONGEST = 100


class CallsState(rx.State):
    """The list. Filters and page are kept in the URL.

    text, status, campaign, since, until, tests: The filters. since, until: first and last day (ISO 8601) in `zone`.
    filtered: Whether any filter is set.
    filter_count: How many of those beside the text and the status are set.
    places: Campaigns that can be called.
    newest, older: URLs of other pages, or empty.
    form_version: Counts searches that didn't come from the form, which has to be filled again then.
    """

    rows: list[CallRow] = []
    text: str = ""
    status: str = ""
    campaign: str = ""
    since: str = ""
    until: str = ""
    tests: bool = False
    zone: str = "UTC"
    filtered: bool = False
    filter_count: int = 0
    statuses: list[Link] = []
    campaigns: list[Link] = []
    places: list[Link] = []
    newest: str = ""
    older: str = ""
    form_version: int = 0
    _after: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.CALLS_READ)
    async def load(self, identity: Identity):
        """Show the page of calls in the URL and keep it live."""
        query = self.router.url.query_parameters
        before = self._address()
        self._apply({name: query.get(name, "") for name in _FILTERS})
        self.form_version += self._address() != before
        self._after = query.get("after", "")
        live.watch(self, identity.account_id)
        await self._read(identity)

    @guard.event(Permission.CALLS_READ)
    async def search(self, identity: Identity, form: dict[str, Any]):
        """Go to the URL of the search."""
        self._apply({name: text_of(form, name) for name in _FILTERS} | {"status": self.status})
        return rx.redirect(self._address())

    async def _live(self, messages: list[live.Message]) -> None:
        """Reload the list when something happens on a call."""
        identity = await guard.allowed(self, Permission.CALLS_READ)
        if identity is not None and any(message["type"] != LiveEventType.CALL_STAGE_CHANGED for message in messages):
            await self._read(identity)

    async def _read(self, identity: Identity) -> None:
        try:
            async with account_session(identity.account_id) as session:
                self.zone = (await accounts.get_settings(session, identity.account_id)).time_zone
                page = await calls.list_calls(
                    session,
                    self._filters(),
                    after=ids.decode("call", self._after) if self._after else None,
                    limit=PAGE_SIZE,
                    see_values=identity.may(Permission.CALLS_VALUES),
                )
                names = await campaigns.list_names(session)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.row(item) for item in page.calls]
        self.statuses = [
            Link(word, self._address(status=status), status == self.status) for status, word in _STATUSES.items()
        ]
        self.campaigns = [Link(place.name, ids.encode("cmp", place.campaign_id)) for place in names]
        self.places = [Link(place.name, f"/call/{place.public_id}#test") for place in names if place.active]
        self.newest = self._address() if self._after else ""
        self.older = self._address(after=ids.encode("call", page.after)) if page.after else ""
        self.failure, self.loaded = "", True

    def _apply(self, filters: dict[str, str]) -> None:
        """Apply the filters that are valid."""
        self.text = filters["text"].replace("\0", "")[:_LONGEST].strip()
        self.status = filters["status"] if filters["status"] in _STATUSES else ""
        self.campaign = filters["campaign"] if ids.decode("cmp", filters["campaign"]) else ""
        self.since, self.until = (filters[name] if day(filters[name]) else "" for name in ("since", "until"))
        self.tests = bool(filters["tests"])
        beside = (self.campaign, self.since, self.until, self.tests)
        self.filter_count = sum(map(bool, beside))
        self.filtered = any((self.text, self.status, self.campaign, self.since, self.until))

    def _filters(self) -> CallFilters:
        return CallFilters(
            text=self.text,
            status=CallStatus(self.status) if self.status not in ("", view.WAITING) else None,
            waiting=self.status == view.WAITING,
            campaign_id=ids.decode("cmp", self.campaign) if self.campaign else None,
            since=midnight(self.since, self.zone),
            until=midnight(self.until, self.zone, days=1),
            tests=self.tests,
        )

    def _address(self, **changes: str) -> str:
        params = {name: getattr(self, name) for name in _FILTERS} | {"tests": "1" if self.tests else ""} | changes
        query = urlencode({name: value for name, value in params.items() if value})
        return f"{PATH}?{query}" if query else PATH


class CallState(rx.State):
    """One call, live while it lasts.

    missing, erased: There is no such call, or it was erased.
    """

    summary: CallRow = CallRow()
    campaign: str = ""
    designer: str = ""
    facts: list[str] = []
    assistant: str = ""
    turns: list[TurnView] = []
    events: list[EventView] = []
    path: list[EventView] = []
    values: list[ValueView] = []
    _revealed_values: dict[str, CollectedValue] = {}
    _shown_call: UUID | None = None
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
    _picked: int = 0
    answer: str = ""
    answer_place: str = ""
    stages: list[Stage] = []
    loaded: bool = False
    missing: bool = False
    erased: bool = False
    failure: str = ""

    @guard.page(Permission.CALLS_READ)
    async def load(self, identity: Identity):
        """Show the call in the URL and keep it live."""
        call_id = self._call_id()
        if not connections.resumes() or call_id != self._shown_call:
            self.loaded = self.missing = self.erased = False
            self.failure = ""
            self._picked = 0
            self._revealed_values = {}
            self._shown_call = call_id
        if call_id is None:
            self.missing = True
            return
        live.watch(self, identity.account_id, call_id)
        await self._read(identity, call_id)

    @guard.event(Permission.CALLS_VALUES)
    async def reveal(self, identity: Identity, variable: str):
        """Show an encrypted value until the page is loaded again. Audited."""
        call_id = self._call_id()
        if call_id is None:
            return
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            plain_value = await calls.reveal(session, identity.account_id, identity.actor, call_id, variable)
        self._revealed_values = {**self._revealed_values, variable: plain_value}
        await self._read(identity, call_id)

    @guard.event(Permission.CALLS_VALUES)
    async def mark_done(self, identity: Identity, done: bool):
        """Mark the result as done, or as open again."""
        call_id = self._call_id()
        if call_id is None:
            return
        async with account_session(identity.account_id, user_id=identity.user_id) as session:
            await calls.mark_handled(session, identity.account_id, identity.actor, call_id, handled=done)
        await self._read(identity, call_id)

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
        self._picked = seq
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
                began = view.moment(self.summary.since or self.summary.start)
                # What will be collected isn't known yet, so who may not see it doesn't read along.
                message = message if identity.may(Permission.CALLS_VALUES) else message | {"text": HIDDEN}
                new = view.turn(view.live_turn(message), self.assistant, self.summary.speaker, began)
                self.turns = view.insert(self.turns, new)
                self._show_waterfall()
        if any(message["type"] not in _IN_THE_MESSAGE for message in messages):
            await self._read(identity, call_id)

    def _call_id(self) -> UUID | None:
        return ids.decode("call", self.router.url.path.rstrip("/").rpartition("/")[2])

    async def _read(self, identity: Identity, call_id: UUID) -> None:
        try:
            async with account_session(identity.account_id) as session:
                see_values = identity.may(Permission.CALLS_VALUES)
                detail = await calls.get_detail(session, call_id, see_values=see_values)
                names = await self._names(session, detail)
        except NotFound:
            async with account_session(identity.account_id) as session:
                self.erased = await calls.is_erased(session, call_id)
            self.missing, self.loaded = True, False
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
        self.turns = [view.turn(item, detail.assistant_name, self.summary.speaker, began) for item in detail.turns]
        self.path = view.path(detail, names, began)
        self.values = view.values(summary, self._revealed_values if see_values else {}, began)
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

    def _show_waterfall(self) -> None:
        answers = [item for item in self.turns if item.answer]
        answer = next((item for item in answers if item.seq == self._picked), answers[-1] if answers else None)
        self.selected = answer.seq if answer else 0
        self.answer_place = f"Answer {answers.index(answer) + 1} of {len(answers)}, {answer.at}" if answer else ""
        self.median = view.median_answer(self.turns)
        self.answer = answer.answer if answer else ""
        self.stages = answer.stages if answer else []
