"""What the pages of the account say, in words, and what they make of what a browser sends."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from quantum_app.domain.audit.schemas import AuditLogEntry
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.web.audit import view
from quantum_app.web.audit.view import FieldChange
from quantum_app.web.security.view import device
from quantum_app.web.ui import days
from quantum_app.web.ui.forms import text_of

pytestmark = pytest.mark.unit

BEN = new_id()


def entry(action: str, previous: Any = None, new: Any = None, entity_id: UUID = BEN) -> view.EntryRow:
    item = AuditLogEntry(new_id(), now(), "ana@example.com", action, "user", str(entity_id), previous, new, None, None)
    return view.entry(item, {str(BEN): "Ben Osei"})


def test_an_entry_says_who_it_was_about_and_what_changed() -> None:
    row = entry("members.role_changed", {"role": "viewer"}, {"role": "admin"})
    assert row.action == "changed the role of Ben Osei"
    assert row.changes == [FieldChange("role", "viewer", "admin")]
    assert entry("members.role_changed", entity_id=new_id()).action == "changed the role of a former member"


def test_what_the_words_say_is_not_said_twice() -> None:
    row = entry("members.invited", None, {"email": "cleo@example.com", "role": "viewer"})
    assert row.action == "invited cleo@example.com"
    assert row.changes == [FieldChange("role", "", "viewer")]


def test_values_read_as_words() -> None:
    before = {"second_factor_required": False, "retention_days": None, "name": None}
    row = entry("account.changed", before, {"second_factor_required": True, "retention_days": 90, "name": ["x"]})
    assert row.changes == [
        FieldChange("two-factor authentication required", "no", "yes"),
        FieldChange("days to keep calls", "forever", "90"),
        FieldChange("name", "nothing", '["x"]'),
    ]


def test_what_is_done_with_a_campaign_names_it() -> None:
    deletion = entry("campaigns.deleted", None, {"name": "Homes"})
    assert (deletion.action, deletion.changes) == ("deleted “Homes”", [])
    assert entry("campaigns.deleted").action == "deleted a campaign", "as it was written down earlier"
    publication = entry("campaigns.published", None, {"name": "Homes", "version": 3, "note": ""})
    assert (publication.action, publication.changes) == ("published version 3 of “Homes”", [])
    note = entry("campaigns.published", None, {"name": "Homes", "version": 3, "note": "Shorter"})
    assert note.changes == [FieldChange("note", "", "Shorter")]


def test_only_what_changed_is_a_change() -> None:
    before, after = {"name": "Homes", "assistant_name": "Mira"}, {"name": "Homes", "assistant_name": "Bea"}
    row = entry("campaigns.changed", before, after)
    assert row.action == "changed the settings of “Homes”"
    assert row.changes == [FieldChange("assistant's name", "Mira", "Bea")]
    rename = entry("campaigns.changed", before, before | {"name": "Lofts"})
    assert rename.changes == [FieldChange("name", "Homes", "Lofts")]


def test_a_day_begins_at_midnight_in_the_time_zone_of_the_account() -> None:
    assert days.midnight("2026-11-30", "America/New_York") == datetime(2026, 11, 30, 5, tzinfo=UTC)
    # An hour shorter: the clocks go forward.
    assert days.midnight("2026-03-08", "America/New_York", days=1) == datetime(2026, 3, 9, 4, tzinfo=UTC)
    for text in ("", "yesterday", "1999-12-31", "9000-01-01", "2026-02-30"):
        assert days.midnight(text, "UTC") is None


def test_everything_that_is_written_down_has_its_words_and_its_filter() -> None:
    source = "\n".join(path.read_text() for path in Path(view.__file__).parents[2].glob("domain/**/*.py"))
    calls = re.findall(r"audit\.record\((.*?)\n\n|audit\.record\((.*)", source, re.DOTALL)
    actions = {word for call in calls for word in re.findall(r'"([a-z_]+\.[a-z_]+)"', "".join(call))}
    assert len(actions) > 20
    for action in actions:
        assert entry(action).action != action.replace(".", ": ").replace("_", " "), action
        assert any(action.startswith(kind) for kind in view.KINDS), action


def test_an_action_without_words_of_its_own_is_readable_and_braces_are_just_text() -> None:
    assert entry("flow.set_live").action == "flow: set live"
    assert entry("members.removed", {"email": "{whom} {0}"}).action == "removed {whom} {0}"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_by_its_name(user_agent: str, name: str) -> None:
    assert device(user_agent) == name


@pytest.mark.parametrize("form", [None, "text", 5, [], {}, {"name": None}, {"name": 5}, {"name": ["x"]}, {"name": {}}])
def test_a_form_of_anything_is_a_form_without_the_field(form: Any) -> None:
    assert text_of(form, "name") == ""


def test_text_that_no_database_takes_is_left_out() -> None:
    assert text_of({"name": " A\0na\ud800 "}, "name") == "Ana"
