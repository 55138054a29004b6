"""What a site's robots.txt allows (RFC 9309)."""

import re
from dataclasses import dataclass
from urllib.parse import quote

_PLAIN = re.compile(r"[A-Za-z0-9._~-]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_AGENT = re.compile(r"[a-z_-]*")
# Beyond these, which no honest site needs, each page would cost noticeable time.
_MOST_RULES = 1000
_MOST_WILDCARDS = 8
_ASCII = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Robots:
    """rules: pattern and whether it allows. crawl_delay: seconds between requests that the site asks for."""

    rules: tuple[tuple[str, bool], ...] = ()
    crawl_delay: float = 0.0
    sitemaps: tuple[str, ...] = ()

    def allows(self, target: str) -> bool:
        """Whether a path with its query may be fetched. The longest pattern decides; where two are as long, allow."""
        target = _canonical(target)
        decisive = max(
            ((len(pattern), allow) for pattern, allow in self.rules if _matches(pattern, target)), default=(0, True)
        )
        return decisive[1]


def parse(text: str, agent: str) -> Robots:
    """The rules for this agent, or else those for everybody."""
    rules: dict[str, list[tuple[str, bool]]] = {}
    delays: dict[str, float] = {}
    sitemaps: list[str] = []
    agents: list[str] = []
    names_agents = False
    for line in text.removeprefix("\ufeff").splitlines():
        field, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        field = field.lower()
        if field == "user-agent":
            agents = [*agents, _agent(value)] if names_agents else [_agent(value)]
            rules.setdefault(agents[-1], [])
        elif field in {"allow", "disallow"} and value:
            for name in agents:
                if len(rules[name]) < _MOST_RULES:
                    rules[name].append((_pattern(value), field == "allow"))
        elif field == "crawl-delay":
            delays.update(dict.fromkeys(agents, _seconds(value)))
        elif field == "sitemap":
            sitemaps.append(value)
        names_agents = field == "user-agent" or (names_agents and not field)
    name = agent.lower() if agent.lower() in rules else "*"
    return Robots(tuple(rules.get(name, ())), delays.get(name, 0.0), tuple(sitemaps))


def _agent(value: str) -> str:
    if value.startswith("*"):
        return "*"
    token = _AGENT.match(value.lower())
    return token[0] if token else ""


def _pattern(value: str) -> str:
    """A pattern with too many wildcards ends after the last one that counts, and so matches more."""
    return "*".join(_canonical(value).split("*")[: _MOST_WILDCARDS + 1])


def _seconds(value: str) -> float:
    return float(value) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", value) else 0.0


def _canonical(path: str) -> str:
    """One spelling of a path: characters that need no escape are plain, all others are escaped in uppercase."""

    def spelled(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if _PLAIN.fullmatch(character) else escape[0].upper()

    return _ESCAPE.sub(spelled, quote(path, safe=_ASCII))


def _matches(pattern: str, target: str) -> bool:
    """`*` is any number of characters, and `$` at the end is the end. Linear in the target for each part."""
    is_whole = pattern.endswith("$")
    first, *parts = pattern.removesuffix("$").split("*")
    if not target.startswith(first):
        return False
    if not parts:
        return not is_whole or target == first
    last = parts.pop() if is_whole else ""
    position = len(first)
    for part in parts:
        index = target.find(part, position)
        if index < 0:
            return False
        position = index + len(part)
    return target.endswith(last) and len(target) - len(last) >= position
