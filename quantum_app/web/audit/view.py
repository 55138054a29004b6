"""Entries of the audit log in plain words."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from quantum_app.domain.audit.schemas import AuditLogEntry
from quantum_app.kit import ids

# The filter: the beginning of an action → what it is called.
KINDS = {
    "account.": "The account",
    "members.": "Members",
    "login.": "Logins",
    "api_tokens.": "API tokens",
    "password.": "Passwords",
    "second_factor.": "Second factor",
    "email.": "E-mail addresses",
    "user.": "Names",
    "identity.": "Identity providers",
    "calls.": "Calls",
    "campaign": "Campaigns",
    "data.": "Personal data",
}
# What somebody did. In braces: what was kept of it, and whom it was about.
_DONE = {
    "account.created": "opened the account",
    "account.changed": "changed the settings",
    "account.deleted": "deleted the account",
    "account.restored": "restored the account",
    "members.invited": "invited {email}",
    "members.invitation_revoked": "took the invitation of {email} back",
    "members.joined": "joined by an invitation",
    "members.role_changed": "changed the role of {whom}",
    "members.removed": "removed {email}",
    "members.left": "left the account",
    "members.ownership_transferred": "handed the account over to {whom}",
    "login.began": "logged in",
    "login.ended": "logged out",
    "login.entered": "came from another account",
    "login.left": "went to another account",
    "login.revoked": "ended a login elsewhere",
    "login.revoked_others": "ended all other logins",
    "api_tokens.created": "created the API token “{name}”",
    "api_tokens.revoked": "revoked the API token “{name}”",
    "password.changed": "changed the password",
    "password.reset": "chose a new password by mail",
    "second_factor.on": "turned the second factor on",
    "second_factor.off": "turned the second factor off",
    "second_factor.codes_renewed": "made new recovery codes",
    "email.change_asked": "asked to change the e-mail address to {email}",
    "email.changed": "confirmed another e-mail address",
    "user.renamed": "changed the name",
    "identity.connected": "connected an identity provider",
    "identity.disconnected": "disconnected an identity provider",
    "calls.deleted": "deleted a call",
    "calls.restored": "restored a call",
    "campaigns.created": "made a campaign",
    "campaigns.renamed": "renamed a campaign",
    "campaigns.paused": "paused a campaign",
    "campaigns.resumed": "let a campaign take calls again",
    "campaigns.published": "published a flow",
    "campaigns.deleted": "deleted a campaign",
    "campaigns.restored": "restored a campaign",
    "data.exported": "asked for a copy of data",
    "data.downloaded": "downloaded a copy of data",
    "data.erased": "erased what was known of a caller",
    "data.retention": "deleted calls that were kept long enough",
}
_FIELDS = {
    "second_factor_required": "second factor required",
    "retention_days": "days to keep calls",
    "time_zone": "time zone",
    "by": "how",
    "expires_at": "expires",
    "issuer": "provider",
}
_WORDS = re.compile(r"{(\w+)}")
_VALUES: dict[tuple[str, Any], str] = {
    ("retention_days", None): "for good",
    ("expires_at", None): "never",
}


@dataclass
class Change:
    """before, after: empty where there was or is nothing."""

    name: str = ""
    before: str = ""
    after: str = ""


@dataclass
class EntryRow:
    """at: ISO 8601."""

    id: str = ""
    at: str = ""
    actor: str = ""
    done: str = ""
    changes: list[Change] = field(default_factory=list[Change])
    request_id: str = ""
    address: str = ""


def entry(found: AuditLogEntry, people: dict[str, str]) -> EntryRow:
    """people: the names of the members, by id."""
    previous, new = found.previous or {}, found.new or {}
    done = _DONE.get(found.action) or found.action.replace(".", ": ").replace("_", " ")
    said = set(_WORDS.findall(done))
    unknown = {"email": "somebody", "name": "unnamed"}
    kept = {**unknown, "whom": people.get(found.entity_id, "a former member"), **previous, **new}
    return EntryRow(
        id=ids.encode("aud", found.id),
        at=found.at.isoformat(),
        actor=found.actor,
        done=_WORDS.sub(lambda word: str(kept[word[1]]), done),
        changes=[
            Change(_FIELDS.get(key, key.replace("_", " ")), _shown(previous, key), _shown(new, key))
            for key in {**previous, **new}
            if key not in said
        ],
        request_id=found.request_id or "",
        address=found.address or "",
    )


def _shown(values: dict[str, Any], key: str) -> str:
    if key not in values:
        return ""
    value = values[key]
    known = _VALUES.get((key, value)) if isinstance(value, str | None) else None
    if known is not None:
        return known
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else "nothing" if value is None else json.dumps(value, ensure_ascii=False)
