"""Addresses of web pages and services as customers enter them, read strictly and by this one parser.

What a request is sent to comes from the result alone, so no second parser can understand an address differently.
"""

import re
import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import quote, urljoin

import idna

from quantum_app.errors import AddressRefused
from quantum_app.kit.public_address import IPAddress, is_public

LONGEST = 2048  # characters of an address
WEB_PORTS = frozenset({80, 443})
DEFAULT_PORTS = {"http": 80, "https": 443}
_LONGEST_NAME = 253

_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.I | re.S)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.I)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]*\]|[^\[\]:]*)(?::(?P<port>[0-9]{1,5}))?", re.I)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Names that mean a machine or a network around here; cloud metadata is metadata.google.internal.
_LOCAL_NAMES = frozenset({"localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa"})
_SAFE = "/?:@!$&'()*+,;=%~[]"

_PRIVATE = "This address leads to a private network. Use the address of a public website."
_MALFORMED = "This isn't a web address. Enter one like https://example.com/prices."


@dataclass(frozen=True, slots=True)
class WebAddress:
    scheme: str
    """http or https."""
    host: str
    """A lowercase ASCII name, or an IP address without brackets."""
    port: int
    target: str
    """Path and query."""
    literal: IPAddress | None = None
    """The host, if it is an IP address."""

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """As in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse(text: str, ports: Set[int] = WEB_PORTS) -> WebAddress:
    """The address that a text spells. Raises AddressRefused, also for an IP address that isn't public.

    A name is not resolved: whoever connects has to check what it resolves to.
    """
    if len(text) > LONGEST:
        raise AddressRefused(f"This address is too long. Use at most {LONGEST} characters.")
    if any(_is_hidden(character) for character in text):
        raise AddressRefused("This address contains spaces, backslashes, or hidden characters. Enter it again.")
    parts = _ADDRESS.fullmatch(text)
    if parts is None:
        raise AddressRefused(_MALFORMED)
    scheme = parts["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise AddressRefused("Only http:// and https:// addresses can be used.")
    authority = parts["authority"]
    if "@" in authority:
        raise AddressRefused("Remove the username and password from this address.")
    place = _AUTHORITY.fullmatch(authority)
    if place is None or not place["host"]:
        raise AddressRefused(_MALFORMED)
    host, literal = _host(place["host"])
    port = int(place["port"]) if place["port"] else DEFAULT_PORTS[scheme]
    if port not in ports:
        raise AddressRefused(f"Port {port} can't be used. Use an address with the usual port.")
    return WebAddress(scheme, host, port, _target(parts["target"]), literal)


def join(base: WebAddress, reference: str, ports: Set[int] = WEB_PORTS) -> WebAddress:
    """The address that a link or a redirect on a page leads to. Raises AddressRefused."""
    if len(reference) > LONGEST or any(_is_hidden(character) for character in reference):
        raise AddressRefused("This address contains spaces, backslashes, or hidden characters.")
    # A reference with a scheme is an address, or nothing: `http:path` isn't read as a path.
    if _SCHEME.match(reference):
        return parse(reference, ports)
    try:
        return parse(urljoin(str(base), reference), ports)
    except ValueError:
        raise AddressRefused(_MALFORMED) from None


def _is_hidden(character: str) -> bool:
    # Separators, controls, surrogates.
    return character == "\\" or unicodedata.category(character) in {"Zs", "Zl", "Zp", "Cc", "Cs"}


def _target(text: str) -> str:
    path = text if text.startswith("/") else f"/{text}"
    return quote(path, safe=_SAFE)


def _host(text: str) -> tuple[str, IPAddress | None]:
    if text.startswith("["):
        try:
            literal: IPAddress = IPv6Address(text[1:-1])
        except AddressValueError:
            raise AddressRefused(_MALFORMED) from None
        return _literal(literal)
    name = _ascii(unicodedata.normalize("NFC", text).lower())
    labels = name.split(".")
    if labels[-1] == "":
        raise AddressRefused("Remove the dot at the end of the name in this address.")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return _literal(IPv4Address(name))
        except AddressValueError:
            raise AddressRefused("Write the IP address as four decimal numbers, or use a name.") from None
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused(_MALFORMED)
    if len(labels) == 1 or any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES):
        raise AddressRefused(_PRIVATE)
    return name, None


def _ascii(name: str) -> str:
    """The name as DNS knows it. Nothing is translated: characters such as ①, fullwidth letters, and 。 are refused."""
    if name.isascii() and "xn--" not in name:
        return name
    try:
        return idna.encode(name, strict=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise AddressRefused("The name in this address has characters that names can't have.") from None


def _literal(address: IPAddress) -> tuple[str, IPAddress]:
    if not is_public(address):
        raise AddressRefused(_PRIVATE)
    return str(address), address


def private_network() -> AddressRefused:
    """For a name that resolves to what isn't public."""
    return AddressRefused(_PRIVATE)
