"""The one place that asks what time it is. Everything stored is aware UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)
