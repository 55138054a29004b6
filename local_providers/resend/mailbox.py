"""The mails that were accepted, in a private file, so that they outlive the process."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from quantum_app.kit import log

MAX_MAILS = 200

_log = log.logger(__name__)


@dataclass(frozen=True)
class StoredEmail:
    """One mail. key: its Idempotency-Key, if it had one; digest: of the whole request."""

    id: str
    sender: str
    to: list[str]
    subject: str
    text: str
    html: str
    created_at: str
    key: str
    digest: str

    def public(self) -> dict[str, Any]:
        values = asdict(self)
        return {"from": values.pop("sender")} | {name: values[name] for name in values if name not in {"key", "digest"}}


class Mailbox:
    """The last 200. Safe within one event loop: it is written whole, before anybody is told."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mails = _read(path) if path.exists() else []

    def add(self, mail: StoredEmail) -> None:
        self._mails = [*self._mails, mail][-MAX_MAILS:]
        draft = self._path.with_name(f"{self._path.name}.new")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump([asdict(email) for email in self._mails], file)
        draft.replace(self._path)

    def by_key(self, key: str) -> StoredEmail | None:
        return next((mail for mail in reversed(self._mails) if mail.key == key), None) if key else None

    def newest_first(self) -> list[dict[str, Any]]:
        return [mail.public() for mail in reversed(self._mails)]


def _read(path: Path) -> list[StoredEmail]:
    """A file that was cut off by a crash of the machine is no reason not to speak and hear."""
    try:
        return [StoredEmail(**email) for email in json.loads(path.read_text())]
    except (ValueError, TypeError):
        _log.warning("mailbox.reset", message="The mailbox could not be read and starts empty.")
        return []
