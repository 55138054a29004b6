"""What the page of deleted items says of one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from quantum_app.domain.calls.schemas import DeletedCall
from quantum_app.domain.campaigns.schemas import DeletedCampaign
from quantum_app.kit import ids
from quantum_app.kit.clock import now
from quantum_app.kit.ids import new_id
from quantum_app.web.deleted import view

pytestmark = pytest.mark.unit

AT = now()
CALL = DeletedCall(new_id(), "Homes", "ana@example.com", "Ana", AT, AT, AT + timedelta(days=30))


def test_a_campaign_is_named_and_kept_for_a_while() -> None:
    item = DeletedCampaign(new_id(), "Homes", AT, AT + timedelta(days=30))
    row = view.campaign(item)
    assert (ids.decode("cmp", row.id), row.name, row.called_at) == (item.campaign_id, "Homes", "")
    assert (row.deleted, row.kept_until) == (AT.isoformat(), item.kept_until.isoformat())


def test_a_call_is_named_by_who_called() -> None:
    row = view.call(CALL)
    assert (ids.decode("call", row.id), row.name, row.campaign) == (CALL.call_id, "Ana", "Homes")
    assert view.call(replace(CALL, caller_name=None)).name == "ana@example.com"
    assert view.call(replace(CALL, caller_name=None, caller_email="")).name == "Unknown caller"
