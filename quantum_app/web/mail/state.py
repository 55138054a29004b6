"""Emails the account has sent, with their status."""

from dataclasses import dataclass

import reflex as rx

from quantum_app.db.session import account_session
from quantum_app.domain.accounts.permissions import Permission
from quantum_app.domain.identity.schemas import Identity
from quantum_app.domain.outbox import service as outbox
from quantum_app.domain.outbox.schemas import Message, Status
from quantum_app.errors import QuantumError
from quantum_app.kit import ids
from quantum_app.web import guard

PATH = "/settings/mail"
PAGE_SIZE = 50
_ABOUT = {
    "invitation": "Invitation",
    "ownership": "Ownership transferred",
    "removed": "Removed from account",
    "export_ready": "Export ready",
    "call_result": "New message",
    "call_transcript": "Call transcript",
}
_STATUS = {Status.WAITING: ("Waiting", "amber"), Status.SENT: ("Sent", "green"), Status.FAILED: ("Failed", "red")}


@dataclass
class MailRow:
    """A row of the list. error: Why the last attempt failed, or empty."""

    id: str = ""
    recipient: str = ""
    about: str = ""
    status: str = ""
    tone: str = ""
    written_at: str = ""
    attempts: str = ""
    error: str = ""


class SentMailState(rx.State):
    """The list. The URL says which page of it."""

    rows: list[MailRow] = []
    after: str = ""
    older: str = ""
    loaded: bool = False
    failure: str = ""

    @guard.page(Permission.AUDIT_READ)
    async def load(self, identity: Identity):
        self.after = self.router.url.query_parameters.get("after", "")
        try:
            async with account_session(identity.account_id, user_id=identity.user_id) as session:
                page = await outbox.list_messages(session, after=ids.decode("msg", self.after), limit=PAGE_SIZE)
        except QuantumError as error:
            self.failure = error.message
            return
        self.rows = [_row(item) for item in page.messages]
        self.older = f"{PATH}?after={ids.encode('msg', page.after)}" if page.after else ""
        self.failure, self.loaded = "", True


def _row(item: Message) -> MailRow:
    status, tone = _STATUS[item.status]
    tries = f"{item.attempts} attempts" if item.attempts > 1 else ""
    return MailRow(
        ids.encode("msg", item.message_id),
        item.recipient,
        _ABOUT.get(item.template, item.template.replace("_", " ").capitalize()),
        status,
        tone,
        item.created_at.isoformat(),
        tries,
        item.error or "" if item.status is not Status.SENT else "",
    )
