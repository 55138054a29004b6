"""The audit log: what is searched for stands in the address."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts import members
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.audit import service as audit
from quantum_app.domain.identity.schemas import Identity
from quantum_app.errors import QuantumError
from quantum_app.kit import ids
from quantum_app.web import guard
from quantum_app.web.audit import view
from quantum_app.web.audit.view import KINDS, EntryRow
from quantum_app.web.ui.forms import text_of

PATH = "/settings/audit"
PAGE_SIZE = 50
_LONGEST = 100


class Audit(rx.State):
    """since, until: days (ISO 8601) in UTC, both included. searched: whether anything is left out.

    shown: counts the searches that did not come from the form, which has to be filled anew then.
    """

    rows: list[EntryRow] = []
    text: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""
    searched: bool = False
    newest: str = ""
    older: str = ""
    shown: int = 0
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.AUDIT_READ)
    async def load(self, who: Identity):
        """Show the page of entries that the address asks for."""
        query = self.router.url.query_parameters
        before = self._address()
        self._want({name: query.get(name, "") for name in ("text", "kind", "since", "until")})
        self.shown += self._address() != before
        after = ids.decode("aud", query.get("after", ""))
        try:
            async with account_session(who.account_id, user_id=who.user_id) as session:
                page = await audit.search(
                    session,
                    after=after,
                    limit=PAGE_SIZE,
                    action=self.kind,
                    text=self.text,
                    since=_midnight(self.since),
                    until=_midnight(self.until, days=1),
                )
                people = {str(member.user_id): member.name for member in await members.list_members(session)}
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [view.entry(item, people) for item in page.entries]
        self.newest = self._address() if after else ""
        self.older = self._address(after=ids.encode("aud", page.after)) if page.after else ""
        self.failure, self.loaded = "", True

    @guard.event(Permission.AUDIT_READ)
    async def search(self, who: Identity, form: dict[str, Any]):
        """To the address of what is searched for."""
        self._want({name: text_of(form, name) for name in ("text", "kind", "since", "until")})
        return rx.redirect(self._address())

    def _want(self, wanted: dict[str, str]) -> None:
        """Take what makes sense of it."""
        self.text = wanted["text"].replace("\0", "")[:_LONGEST].strip()
        self.kind = wanted["kind"] if wanted["kind"] in KINDS else ""
        self.since, self.until = (wanted[name] if _day(wanted[name]) else "" for name in ("since", "until"))
        self.searched = any((self.text, self.kind, self.since, self.until))

    def _address(self, after: str = "") -> str:
        given = {"text": self.text, "kind": self.kind, "since": self.since, "until": self.until, "after": after}
        query = urlencode({name: value for name, value in given.items() if value})
        return f"{PATH}?{query}" if query else PATH


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 9000 else None


def _midnight(text: str, days: int = 0) -> datetime | None:
    """The beginning of the day, or of one that many days later, in UTC."""
    found = _day(text)
    return datetime.combine(found + timedelta(days=days), time(), UTC) if found else None
