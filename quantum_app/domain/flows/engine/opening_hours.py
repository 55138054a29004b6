"""The account's local time during a call, and whether that is within its opening hours."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from quantum_app.domain.flows.model.rules import OpenPeriod
from quantum_app.domain.flows.model.state import FlowState

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def local_time(state: FlowState) -> datetime | None:
    """The account's local time now; None if the call's start is unknown."""
    if state.started_at is None:
        return None
    try:
        zone = ZoneInfo(state.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return (state.started_at + timedelta(seconds=state.elapsed)).astimezone(zone)


def is_open(hours: tuple[OpenPeriod, ...], at: datetime | None) -> bool:
    """Whether a time is within the hours. Without any hours it always is."""
    if not hours or at is None:
        return True
    day, time = _DAYS[at.weekday()], f"{at:%H:%M}"
    return any(period.day == day and period.opens <= time < period.closes for period in hours)
