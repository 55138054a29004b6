"""Logins as their person recognises them."""

from dataclasses import dataclass
from uuid import UUID

from quantum_app.domain.identity.schemas import Login
from quantum_app.kit import ids

# What a browser says that it is, in the order that tells them apart: most claim to be others too.
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
    """since, seen: ISO 8601. own: the login that looks."""

    id: str = ""
    device: str = ""
    icon: str = ""
    address: str = ""
    since: str = ""
    seen: str = ""
    own: bool = False


@dataclass
class Provider:
    """Another identity provider, and whether the person comes by it. id: as in its addresses."""

    id: str = ""
    name: str = ""
    connected: bool = False


def login(found: Login, own: UUID) -> LoginRow:
    name = device(found.user_agent)
    small = any(word in name for word in ("iPhone", "Android"))
    return LoginRow(
        id=ids.encode("ses", found.id),
        device=name,
        icon="phone" if small else "computer",
        address=found.address,
        since=found.created_at.isoformat(),
        seen=found.last_seen_at.isoformat(),
        own=found.id == own,
    )


def device(user_agent: str) -> str:
    """`Firefox on Linux`, or as much of it as can be told."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if browser and system else browser or system or "Unknown browser"
