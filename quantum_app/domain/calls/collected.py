"""What a call collected: how it is written down, kept, found by, and shown. No I/O.

A value travels in the event `slot.filled`, and is kept in `call_values` alone: events show that there is one.
"""

import json
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from quantum_app.domain.calls.schemas import CallEvent, CollectedValue, EventKind, StoredValue
from quantum_app.kit import crypto
from quantum_app.kit.email import normalize_email
from quantum_app.kit.phone import format_phone, normalize_phone
from quantum_app.settings import settings

HIDDEN = "•••"
# What keys are derived for; another word here makes stored values unreadable, or callers unknown.
_PURPOSE = "call_value"
_CONTACT_PURPOSE = "call_contact"
_CONTACT_KINDS = frozenset({"email", "phone", "text"})


def event_data(variable: str, label: str, kind: str, sensitivity: str, value: Any) -> dict[str, Any]:
    """The data of a `slot.filled` event, as the worker records it."""
    content = {"value": value}
    if sensitivity == "encrypt" and value is not None:
        content = {"encrypted": crypto.encrypt(settings().signing_key, _PURPOSE, json.dumps(value)).decode()}
    return {"variable": variable, "label": label, "kind": kind, "sensitivity": sensitivity, **content}


def stored_value(account_id: UUID, event: CallEvent, region: str) -> StoredValue | None:
    """The value that an event tells, or None: it is of another kind, or its value was left out by an earlier version.

    region: ISO 3166 country of phone numbers without their country code.
    """
    data = event.data
    if event.kind != EventKind.SLOT_FILLED or not data.get("variable") or data.get("value") == HIDDEN:
        return None
    kind, encrypted = str(data.get("kind", "text")), data.get("encrypted")
    value = data.get("value")
    plain_value = value if encrypted is None else _decrypt(encrypted)
    contact = contact_in(plain_value, region) if kind in _CONTACT_KINDS and isinstance(plain_value, str) else None
    return StoredValue(
        call_id=event.call_id,
        variable=str(data["variable"]),
        seq=event.seq,
        label=str(data.get("label", "")),
        kind=kind,
        sensitivity=str(data.get("sensitivity", "none")),
        value=value,
        encrypted_value=encrypted,
        contact_hash=contact_hash(account_id, contact) if contact else None,
        at=event.at,
    )


def without_value(event: CallEvent) -> CallEvent:
    """The event as it is kept and told to pages."""
    if event.kind != EventKind.SLOT_FILLED:
        return event
    return replace(event, data={"variable": event.data.get("variable"), "value": HIDDEN})


def contact_in(text: str, region: str) -> str | None:
    """The normalized email address or phone number that the text is, if it is one."""
    try:
        return normalize_email(text) if "@" in text else normalize_phone(text, region)
    except ValueError:
        return None


def contact_hash(account_id: UUID, contact: str) -> bytes:
    """What a normalized email address or phone number is found by. Differs by account."""
    return crypto.keyed_hash(settings().signing_key, _CONTACT_PURPOSE, f"{account_id}\0{contact}")


def display(item: StoredValue, *, permitted: bool) -> CollectedValue:
    """A value for somebody who may see values or not. Who may still has to ask for an encrypted one (`reveal`)."""
    encrypted = item.encrypted_value is not None
    visible = permitted and not encrypted
    return CollectedValue(
        variable=item.variable,
        label=item.label or default_label(item.variable),
        kind=item.kind,
        value=item.value if visible else None,
        masked=not visible,
        can_be_revealed=permitted and encrypted,
        at=item.at,
        hidden=item.sensitivity != "none",
    )


def default_label(variable: str) -> str:
    """The label of a variable whose flow gives it none."""
    return variable.replace("_", " ").capitalize()


def in_words(kind: str, value: Any) -> str:
    """A value as people read it. kind: A `VariableType`."""
    if kind == "phone":
        return format_phone(str(value))
    if kind == "date" and isinstance(value, str):
        try:
            return f"{date.fromisoformat(value):%-d %B %Y}"
        except ValueError:
            return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}".removesuffix(".0") if isinstance(value, int | float) else str(value)


def reveal(item: StoredValue) -> CollectedValue:
    """A value for somebody who asked to see it. It stays masked if it was encrypted with another key."""
    value = item.value if item.encrypted_value is None else _decrypt(item.encrypted_value)
    return replace(display(item, permitted=True), value=value, masked=value is None, can_be_revealed=False)


def exported(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `call_values` as exports hold it: with the value itself, in words that anybody can read."""
    row = {name: content for name, content in row.items() if name != "contact_hash"}
    if (encrypted := row.pop("encrypted_value")) is not None:
        row["value"] = _decrypt(encrypted)
    return row


def _decrypt(encrypted: str) -> Any:
    try:
        return json.loads(crypto.decrypt(settings().signing_key, _PURPOSE, encrypted.encode()))
    except ValueError:
        return None
