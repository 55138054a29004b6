"""Phone numbers and where they are from."""

import pytest

from quantum_app.domain.accounts.service import TIME_ZONES
from quantum_app.kit.phone import format_phone, normalize_phone, region_of_time_zone

pytestmark = pytest.mark.unit


def test_a_number_has_one_form() -> None:
    assert normalize_phone("+49 (30) 123 456") == "+4930123456"
    with pytest.raises(ValueError, match="country code"):
        normalize_phone("030 123456")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+14105550142", "+1 410-555-0142"),
        ("+4930123456", "+49 30 123456"),
        ("+61417222333", "+61 417 222 333"),
        ("no number", "no number"),
        ("", ""),
    ],
)
def test_people_read_it_in_groups(number: str, text: str) -> None:
    assert format_phone(number) == text


@pytest.mark.parametrize(("zone", "country"), [("Europe/Berlin", "DE"), ("Europe/London", "GB"), ("UTC", "US")])
def test_a_time_zone_tells_the_country(zone: str, country: str) -> None:
    assert zone in TIME_ZONES
    assert region_of_time_zone(zone) == country
