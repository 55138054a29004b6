"""Sessions as shown on the page."""

from dataclasses import dataclass
from uuid import UUID

from quantum_app.domain.identity.schemas import Login
from quantum_app.kit import ids

# Marks in user agents. The order matters, because most browsers claim to be others too.
_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass
class LoginRow:
    """A session.

    since, last_used: ISO 8601.
    current: Whether it's the session that is looking.
    """

    id: str = ""
    device: str = ""
    icon: str = ""
    address: str = ""
    since: str = ""
    last_used: str = ""
    current: bool = False


@dataclass
class Provider:
    """An identity provider, and whether the user has connected it. id: As in its URLs."""

    id: str = ""
    name: str = ""
    connected: bool = False


def login(item: Login, own_id: UUID) -> LoginRow:
    name = device(item.user_agent)
    small = any(word in name for word in ("iPhone", "Android"))
    return LoginRow(
        id=ids.encode("ses", item.id),
        device=name,
        icon="phone" if small else "computer",
        address=item.address,
        since=item.created_at.isoformat(),
        last_used=item.last_seen_at.isoformat(),
        current=item.id == own_id,
    )


def device(user_agent: str) -> str:
    """Like `Firefox on Linux`, or as much of it as is known."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system or "Unknown browser"
