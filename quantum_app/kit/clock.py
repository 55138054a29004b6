"""The only place that reads the wall clock. Every stored time is timezone-aware UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time in UTC, timezone-aware."""
    return datetime.now(UTC)
