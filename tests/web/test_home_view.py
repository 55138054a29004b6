"""The overview as shown on the page."""

from uuid import UUID

import pytest

from quantum_app.domain.calls.schemas import CallFigures
from quantum_app.domain.campaigns.schemas import CampaignEntry, Progress
from quantum_app.web.home import view

pytestmark = pytest.mark.unit

DRAFT = CampaignEntry(UUID(int=1), "cmp_x", "Front desk", "Bea", True, None, None)


def test_figures() -> None:
    live, today, waiting = view.figures(CallFigures(active=1, today=4, yesterday=7, waiting=2))
    assert (live.value, live.live) == ("1", True)
    assert (today.value, today.note) == ("4", "Yesterday: 7")
    assert waiting.value == "2"
    live, _, waiting = view.figures(CallFigures(active=0, today=0, yesterday=0, waiting=100))
    assert (live.live, waiting.value) == (False, "99+")


def test_the_way_to_the_first_campaign() -> None:
    begin = view.steps(Progress(None, published=False))
    assert [step.done for step in begin] == [False, False, False]
    assert [step.href for step in begin] == ["/welcome", "", ""]
    with_draft = view.steps(Progress(DRAFT, published=False))
    assert [step.done for step in with_draft] == [True, False, False]
    assert with_draft[1].href == "/flows/designer/cmp_00000000000000000000000001"
    assert "Front desk" in with_draft[0].text
