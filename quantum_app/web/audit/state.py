"""The audit log. The search is kept in the URL."""

from typing import Any
from urllib.parse import urlencode

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts import service as accounts
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit import service as audit
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import QuantumError
from quantum_app.kit import ids
from quantum_app.web import guard
from quantum_app.web.audit import view
from quantum_app.web.audit.view import KINDS, EntryRow
from quantum_app.web.ui.days import day, midnight
from quantum_app.web.ui.forms import text_of

PATH = "/settings/audit"
PAGE_SIZE = 50
_LONGEST = 100


class AuditState(rx.State):
    """The page.

    since, until: First and last day (ISO 8601) in the account's time zone.
    place: The time zone, for people.
    searched: Whether any filter is set.
    filter_count: How many of those beside the text are set.
    newest, older: URLs of other pages, or empty.
    form_version: Counts searches that didn't come from the form, which has to be filled again then.
    """

    rows: list[EntryRow] = []
    text: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""
    place: str = ""
    searched: bool = False
    filter_count: int = 0
    newest: str = ""
    older: str = ""
    form_version: int = 0
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.AUDIT_READ)
    async def load(self, identity: Identity):
        """Show the page of entries in the URL."""
        query = self.router.url.query_parameters
        before = self._address()
        self._apply({name: query.get(name, "") for name in ("text", "kind", "since", "until")})
        self.form_version += self._address() != before
        after = ids.decode("aud", query.get("after", ""))
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                zone = (await accounts.get_settings(session, identity.account_id)).time_zone
                page = await audit.search(
                    session,
                    after=after,
                    limit=PAGE_SIZE,
                    action=self.kind,
                    text=self.text,
                    since=midnight(self.since, zone),
                    until=midnight(self.until, zone, days=1),
                )
                people = {str(member.user_id): member.name for member in await members.list_members(session)}
        except QuantumError as error:
            self.failure = error.message
            return
        self.place = zone.rpartition("/")[2].replace("_", " ")
        self.rows = [view.entry(item, people) for item in page.entries]
        self.newest = self._address() if after else ""
        self.older = self._address(after=ids.encode("aud", page.after)) if page.after else ""
        self.failure, self.loaded = "", True

    @guard.event(Permission.AUDIT_READ)
    async def search(self, identity: Identity, form: dict[str, Any]):
        """Go to the URL of the search."""
        self._apply({name: text_of(form, name) for name in ("text", "kind", "since", "until")})
        return rx.redirect(self._address())

    def _apply(self, filters: dict[str, str]) -> None:
        """Apply the filters that are valid."""
        self.text = filters["text"].replace("\0", "")[:_LONGEST].strip()
        self.kind = filters["kind"] if filters["kind"] in KINDS else ""
        self.since, self.until = (filters[name] if day(filters[name]) else "" for name in ("since", "until"))
        self.filter_count = sum(map(bool, (self.kind, self.since, self.until)))
        self.searched = bool(self.text) or self.filter_count > 0

    def _address(self, after: str = "") -> str:
        params = {"text": self.text, "kind": self.kind, "since": self.since, "until": self.until, "after": after}
        query = urlencode({name: value for name, value in params.items() if value})
        return f"{PATH}?{query}" if query else PATH
