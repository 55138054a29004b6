"""Phone numbers, in one form: E.164 (`+4930123456`)."""

from functools import cache
from importlib.resources import files

import phonenumbers


def normalised(text: str) -> str:
    """The number with its country code. Raises ValueError, in words for a person."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError("This is not a phone number with its country code, like +49 30 123456.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def region_of(time_zone: str) -> str:
    """The ISO 3166 country of a time zone, for numbers without a country code; "US" for zones of no country."""
    return _countries().get(time_zone, "US")


@cache
def _countries() -> dict[str, str]:
    """Country by zone, of the time zone database's zone.tab: country, coordinates, zone, separated by tabs."""
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows if len(row) > 2}
