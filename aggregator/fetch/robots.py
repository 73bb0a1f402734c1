"""What a robots.txt lets us fetch: RFC 9309, pure.

The standard library's reader knows no wildcards and takes the first rule that fits; the RFC wants the longest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit

MOST_RULES = 5_000
"""Rules read of one file; large shops have some hundred."""
LONGEST_PATTERN = 2_000
"""Characters of a rule's path; longer ones fit no address that we would ask for."""
MOST_WILDCARDS = 20
"""Wildcards in one path: each multiplies the time that a pattern may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """The rules of one site for us: (allowed, path pattern)."""

    rules: tuple[tuple[bool, str], ...] = ()


NOTHING_ALLOWED = Robots(rules=((False, "/"),))
EVERYTHING_ALLOWED = Robots()


def read_robots(text: str, name: str) -> Robots:
    """The rules of the groups that name us, else of those for everybody (RFC 9309, 2.2.1)."""
    groups: dict[str, list[tuple[bool, str]]] = {}
    agents: list[str] = []
    in_rules, count = False, 0
    for line in text.splitlines():
        key, mark, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent" and mark:
            agents, in_rules = ([] if in_rules else agents), False
            agents.append(_product(value))
            groups.setdefault(agents[-1], [])
        elif key in {"allow", "disallow"} and mark:
            in_rules, count = True, count + 1
            if value and count <= MOST_RULES and len(value) <= LONGEST_PATTERN and value.count("*") <= MOST_WILDCARDS:
                for agent in agents:
                    groups[agent].append((key == "allow", value))
    own = groups.get(name.lower())
    return Robots(rules=tuple(groups.get("*", ()) if own is None else own))


def _product(value: str) -> str:
    """The product token of a user-agent line, without its version."""
    return "*" if value.startswith("*") else re.split(r"[/\s]", value, maxsplit=1)[0].lower()


def may_fetch(robots: Robots, url: str) -> bool:
    """Whether the rules let us fetch `url`: the longest pattern that fits decides, allowing wins a tie (2.2.2)."""
    parts = urlsplit(url)
    path = _plain((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    fitting = [(len(pattern), allowed) for allowed, pattern in robots.rules if _fits(pattern, path)]
    return max(fitting)[1] if fitting else True


def _fits(pattern: str, path: str) -> bool:
    return _compiled(pattern).match(path) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    anchored = pattern.endswith("$")
    pieces = [re.escape(_plain(piece)) for piece in pattern.removesuffix("$").split("*")]
    return re.compile(".*?".join(pieces) + ("$" if anchored else ""), re.DOTALL)


def _plain(path: str) -> str:
    """The path with one spelling of its octets: `%7E` and `~` are the same (2.2.2)."""
    return quote(unquote_to_bytes(path), safe="/?&=:;,+$@!'()*~[]")
