"""What the page of campaigns says of one, and what it makes of what a browser sends."""

from dataclasses import replace

import pytest

from quantum_app.domain.calls.schemas import CampaignCalls
from quantum_app.domain.campaigns.schemas import CampaignEntry, Recipient
from quantum_app.domain.flows.validation import validator
from quantum_app.errors import InvalidInput
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.web.campaigns import view

pytestmark = pytest.mark.unit

ENTRY = CampaignEntry(new_id(), "cmp_public", "Homes", "Mira", True, 3, now())


def test_the_status_is_what_callers_meet() -> None:
    assert view.campaign(ENTRY).status == "Live"
    assert view.campaign(replace(ENTRY, active=False)).status == "Paused"
    assert view.campaign(replace(ENTRY, archived_at=now())).status == "Archived"
    draft_row = view.campaign(replace(ENTRY, published_version=None, published_at=None))
    assert (draft_row.status, draft_row.version, draft_row.published) == ("Not published", "", "")


def test_the_dialogs_say_what_stops_working() -> None:
    assert view.archive_effects(CampaignCalls(0, 0), 100) == [
        "It still counts toward your limit of 100 campaigns. You can restore it at any time.",
    ]
    assert view.archive_effects(CampaignCalls(1, 1), 100)[:2] == [
        "1 call in progress continues.",
        "Its call stays in Calls.",
    ]
    assert view.delete_effects(CampaignCalls(0, 0)) == [
        "You can restore it for 30 days under Deleted items.",
        "After that, the flow is permanently deleted.",
    ]
    effects = view.delete_effects(CampaignCalls(2, 12))
    assert effects[0] == "2 calls in progress continue."
    assert effects[-1] == "After that, the flow and its 12 calls are permanently deleted."


def test_the_ways_into_a_campaign() -> None:
    row = view.campaign(ENTRY)
    assert row.designer == f"/flows/designer/{row.id}"
    assert row.id.startswith("cmp_")
    assert (row.call_page, row.version) == ("/call/cmp_public", "Version 3")


def test_what_a_campaign_can_begin_with() -> None:
    for choice in view.TEMPLATE_CHOICES:
        problems = validator.check(view.definition_of_template(choice.id))
        errors = {item.code for item in problems if item.severity == "error"} - {"placeholder_unfilled"}
        assert bool(errors) is (choice.id == view.BLANK)
    for unknown in ("", "nothing ", "../faq"):
        with pytest.raises(InvalidInput) as error:
            view.definition_of_template(unknown)
        assert error.value.field == "template"


def test_recipients_in_a_form_are_members_and_nothing_else() -> None:
    user_id = new_id()
    row = view.recipient(Recipient(user_id, "Sam", "sam@example.com", active=True))
    assert (row.name, row.email, row.active) == ("Sam", "sam@example.com", True)
    assert view.recipient_ids({"name": "Homes", "id": ENTRY.public_id, row.field: "1"}) == {user_id}
    assert view.recipient_ids({row.field: "", "recipient-x": "1", "": "1"}) == set()
    assert view.recipient_ids(["recipient-x"]) == set()
