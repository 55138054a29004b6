"""Days that a filter begins and ends with."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def day(text: str) -> date | None:
    """A day in ISO 8601, or None."""
    try:
        date_of_text = date.fromisoformat(text)
    except ValueError:
        return None
    return date_of_text if 2000 <= date_of_text.year < 9000 else None


def midnight(text: str, time_zone: str, days: int = 0) -> datetime | None:
    """Midnight at the start of the day, plus so many days. time_zone: IANA name."""
    first_day = day(text)
    return datetime.combine(first_day + timedelta(days=days), time(), ZoneInfo(time_zone)) if first_day else None
