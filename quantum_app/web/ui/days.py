"""Days that a filter begins and ends with."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day(text: str) -> date | None:
    """A day in ISO 8601, or None."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 9000 else None


def midnight(text: str, time_zone: str, days: int = 0) -> datetime | None:
    """Midnight at the start of the day, plus so many days. time_zone: IANA name."""
    found = day(text)
    return datetime.combine(found + timedelta(days=days), time(), ZoneInfo(time_zone)) if found else None
