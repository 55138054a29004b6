"""Audit log entries in plain language."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from quantum_app.domain.audit.schemas import AuditLogEntry
from quantum_app.kit import ids

# Filter labels by prefix of the action.
KINDS = {
    "account.": "Account",
    "members.": "Members",
    "login.": "Logins",
    "api_tokens.": "API tokens",
    "password.": "Passwords",
    "second_factor.": "Two-factor authentication",
    "email.": "Email addresses",
    "user.": "Names",
    "identity.": "Identity providers",
    "calls.": "Calls",
    "campaign": "Campaigns",
    "knowledge.": "Knowledge",
    "data.": "Personal data",
}
# What the actor did. Braces hold a value of the entry, or `whom` and `campaign` for the member or campaign it concerns.
_ACTIONS = {
    "account.created": "created the account",
    "account.changed": "changed the settings",
    "account.deleted": "deleted the account",
    "account.restored": "restored the account",
    "members.invited": "invited {email}",
    "members.invitation_revoked": "revoked the invitation for {email}",
    "members.joined": "joined by invitation",
    "members.role_changed": "changed the role of {whom}",
    "members.removed": "removed {email}",
    "members.left": "left the account",
    "members.ownership_transferred": "transferred ownership to {whom}",
    "login.began": "logged in",
    "login.ended": "logged out",
    "login.entered": "switched here from another account",
    "login.left": "switched to another account",
    "login.revoked": "logged out another session",
    "login.revoked_others": "logged out all other sessions",
    "api_tokens.created": "created the API token “{name}”",
    "api_tokens.revoked": "revoked the API token “{name}”",
    "password.changed": "changed their password",
    "password.reset": "reset their password",
    "second_factor.on": "turned on two-factor authentication",
    "second_factor.off": "turned off two-factor authentication",
    "second_factor.codes_renewed": "created new recovery codes",
    "email.change_asked": "requested to change their email address to {email}",
    "email.changed": "changed their email address",
    "user.renamed": "changed their name",
    "identity.connected": "connected an identity provider",
    "identity.disconnected": "disconnected an identity provider",
    "calls.deleted": "deleted a call",
    "calls.restored": "restored a call",
    "calls.handled": "marked a call as done",
    "calls.reopened": "marked a call as open",
    "calls.revealed": "revealed an encrypted value of a call",
    "campaigns.created": "created {campaign}",
    "campaigns.renamed": "renamed {campaign}",
    "campaigns.changed": "changed the settings of {campaign}",
    "campaigns.paused": "paused {campaign}",
    "campaigns.resumed": "resumed {campaign}",
    "campaigns.published": "published version {version} of {campaign}",
    "campaigns.archived": "archived {campaign}",
    "campaigns.unarchived": "restored {campaign} from the archive",
    "campaigns.deleted": "deleted {campaign}",
    "campaigns.restored": "restored {campaign}",
    "knowledge.created": "created the knowledge base “{name}”",
    "knowledge.renamed": "renamed “{name}” in Knowledge",
    "knowledge.deleted": "deleted “{name}” from Knowledge",
    "knowledge.added": "added “{name}” to Knowledge",
    "knowledge.replaced": "replaced the content of “{name}”",
    "knowledge.changed": "turned a document or passage on or off",
    "knowledge.retried": "started processing “{name}” again",
    "knowledge.canceled": "canceled processing “{name}”",
    "data.exported": "requested a data export",
    "data.downloaded": "downloaded a data export",
    "data.erased": "erased a caller's data",
    "data.retention": "deleted calls past their retention period",
}
_FIELDS = {
    "second_factor_required": "two-factor authentication required",
    "retention_days": "days to keep calls",
    "time_zone": "time zone",
    "by": "method",
    "assistant_name": "assistant's name",
    "recipients": "email results to",
    "expires_at": "expires",
    "issuer": "provider",
}
_PLACEHOLDER = re.compile(r"{(\w+)}")
_VALUES: dict[tuple[str, Any], str] = {
    ("retention_days", None): "forever",
    ("expires_at", None): "never",
}


@dataclass
class FieldChange:
    """A changed value. before, after: Empty if there was or is none."""

    name: str = ""
    before: str = ""
    after: str = ""


@dataclass
class EntryRow:
    """A row of the log. at: ISO 8601."""

    id: str = ""
    at: str = ""
    actor: str = ""
    action: str = ""
    changes: list[FieldChange] = field(default_factory=list[FieldChange])
    request_id: str = ""
    address: str = ""


def entry(item: AuditLogEntry, people: dict[str, str]) -> EntryRow:
    """people: Names of the members by user ID."""
    previous, new = item.previous or {}, item.new or {}
    action = _ACTIONS.get(item.action) or item.action.replace(".", ": ").replace("_", " ")
    mentioned_keys = set(_PLACEHOLDER.findall(action))
    if "campaign" in mentioned_keys and "name" not in previous:
        mentioned_keys.add("name")
    defaults = {"email": "someone", "name": "unnamed", "version": "–"}
    values = {**defaults, "whom": people.get(item.entity_id, "a former member"), **previous, **new}
    values["campaign"] = f"“{new['name']}”" if "name" in new else "a campaign"
    changes = [
        FieldChange(_FIELDS.get(key, key.replace("_", " ")), _format(previous, key), _format(new, key))
        for key in {**previous, **new}
        if key not in mentioned_keys
    ]
    return EntryRow(
        id=ids.encode("aud", item.id),
        at=item.at.isoformat(),
        actor=item.actor,
        action=_PLACEHOLDER.sub(lambda word: str(values[word[1]]), action),
        changes=[change for change in changes if change.before != change.after],
        request_id=item.request_id or "",
        address=item.address or "",
    )


def _format(values: dict[str, Any], key: str) -> str:
    if key not in values:
        return ""
    value = values[key]
    label = _VALUES.get((key, value)) if isinstance(value, str | None) else None
    if label is not None:
        return label
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else "nothing" if value is None else json.dumps(value, ensure_ascii=False)
