"""Phone numbers: parsing them into E.164 (`+4930123456`), and formatting that for people."""

from functools import cache
from importlib.resources import files

import phonenumbers


def normalize_phone(text: str, region: str | None = None) -> str:
    """The number in E.164. Raises ValueError with a message for the user.

    region: ISO 3166 country of a number without its country code; None: such a number is refused.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise ValueError("Enter a phone number with its country code, like +1 410 555 0142.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def format_phone(number: str) -> str:
    """The number as people read it: +14105550142 → "+1 410-555-0142". Anything else stays as it is."""
    try:
        return phonenumbers.format_number(
            phonenumbers.parse(number, None), phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
    except phonenumbers.NumberParseException:
        return number


def region_of_time_zone(time_zone: str) -> str:
    """The ISO 3166 country of an IANA time zone, to read local numbers by. Zones of no country (UTC) give "US"."""
    return _countries().get(time_zone, "US")


@cache
def _countries() -> dict[str, str]:
    """Country by time zone, from zone.tab of the time zone database."""
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows if len(row) > 2}
