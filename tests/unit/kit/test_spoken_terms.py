"""Numbers, years, days, and months in one spelling."""

import pytest

from quantum_app.kit.spoken_terms import normalize, within_ranges

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "normalized"),
    [
        ("a hundred and forty bucks", "140 bucks"),
        ("the LC six hundred", "the lc 600"),
        ("twenty-five miles", "25 miles"),
        ("fifteen hundred", "1500"),
        ("one two", "1 2"),
        ("$1,250", "$1250"),
        ("'25–'26", "2025 2026 2025to2026"),
        ("Tuition 2026-27", "tuition 2026 2027 2026to2027"),
        ("Tue and Sat", "tuesday and saturday"),
        ("in May", "in monthmay"),
        ("you may cancel", "you may cancel"),
        ("the second class", "the 2 class"),
    ],
)
def test_what_is_said_and_what_is_written_become_the_same(text: str, normalized: str) -> None:
    assert normalize(text) == normalized


@pytest.mark.parametrize(
    ("text", "included", "excluded"),
    [
        ("Sun–Thu", ["sunday", "tuesday", "thursday"], ["friday", "saturday"]),
        ("Fri–Sun", ["friday", "saturday", "sunday"], ["monday"]),
        ("Spring (Apr 1 – Jun 11)", ["april", "monthmay", "june"], ["march", "july"]),
        ("Nov 1 – Feb 2", ["november", "january", "february"], ["march"]),
        ("Days 8–14", ["9", "10", "13"], ["15"]),
        ("weekends from 8", ["saturday", "sunday"], ["friday"]),
        ("555-0347", [], ["400"]),
        ("8 a.m.–7 p.m.", [], ["9"]),
        ("$8–$14", [], ["9"]),
        ("1-999", [], ["500"]),
    ],
)
def test_a_range_includes_what_it_does_not_name(text: str, included: list[str], excluded: list[str]) -> None:
    words = set(within_ranges(text))
    assert words >= set(included)
    assert words.isdisjoint(excluded)
