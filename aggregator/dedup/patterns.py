"""The wordings of patterns.toml, read once and compiled. Nothing here looks at a text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from aggregator.dedup.cues import BYLINES, CueWatch, watch_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One wording; the fields are explained at the head of patterns.toml."""

    name: str
    cues: tuple[str, ...]
    regions: frozenset[str]
    confidence: float
    expression: re.Pattern[str]
    known: bool = False
    unresolved: float | None = None
    agency: bool = False
    anchored: bool = False
    """The expression begins with ^ and has no other branch: it is tried at one place only."""

    def matches(self, line: str) -> Iterator[re.Match[str]]:
        """All places of the wording in a line."""
        if not self.anchored:
            return self.expression.finditer(line)
        found = self.expression.match(line)
        return iter((found,) if found else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternPack:
    """All wordings, and what after a wording means that no source is named."""

    patterns: tuple[Pattern, ...]
    platforms: frozenset[str]
    pictures: tuple[str, ...]
    people: frozenset[str]
    words: frozenset[str]
    bylines: tuple[Pattern, ...]
    """Those that can stand in a byline."""
    watch: CueWatch
    """For the cues of all that can stand elsewhere."""

    def possible(self, cues: frozenset[str]) -> tuple[Pattern, ...]:
        """The patterns that may be found in a text with these cues."""
        if not cues:
            return self.bylines
        return tuple(
            pattern for pattern in self.patterns if pattern.regions & BYLINES or not cues.isdisjoint(pattern.cues)
        )


def read_patterns(document: str) -> PatternPack:
    """Compile a document of the form of patterns.toml.

    Raises ValueError (of which `tomllib.TOMLDecodeError` is one) naming the pattern that cannot be used.
    """
    tables = tomllib.loads(document)
    reject = tables.get("reject", {})
    patterns = tuple(_pattern(table, tables.get("macros", {})) for table in tables.get("pattern", []))
    elsewhere = [table for table in tables.get("pattern", []) if not BYLINES.issuperset(table["regions"])]
    return PatternPack(
        patterns=patterns,
        platforms=_folded(reject, "platforms"),
        pictures=tuple(sorted(_folded(reject, "pictures"))),
        people=_folded(reject, "people"),
        words=_folded(reject, "words"),
        bylines=tuple(pattern for pattern in patterns if pattern.regions & BYLINES),
        watch=watch_for({str(cue).casefold() for table in elsewhere for cue in table["cues"]}),
    )


def _folded(table: Mapping[str, Any], key: str) -> frozenset[str]:
    return frozenset(str(each).casefold() for each in table.get(key, []))


def _pattern(table: Mapping[str, Any], macros: Mapping[str, str]) -> Pattern:
    name = str(table.get("name", "a pattern without a name"))
    try:
        expression = re.sub(r"\{(\w+)\}", lambda match: macros.get(match[1], match[0]), str(table["expression"]))
        return Pattern(
            name=name,
            cues=tuple(str(cue).casefold().rstrip("*") for cue in table["cues"]),
            regions=frozenset(table["regions"]),
            confidence=float(table["confidence"]),
            expression=re.compile(expression, re.IGNORECASE),
            known=bool(table.get("known", False)),
            unresolved=table.get("unresolved"),
            agency=bool(table.get("agency", False)),
            anchored=expression.startswith("^") and not _branches(expression),
        )
    except (KeyError, re.error) as error:
        raise ValueError(f"credit pattern {name!r}: {error}") from error


def _branches(expression: str) -> bool:
    """Whether an expression has several branches outside of all groups."""
    bare = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "", expression)
    while bare != (flatter := re.sub(r"\([^()]*\)", "", bare)):
        bare = flatter
    return "|" in bare


@cache
def packaged_patterns() -> PatternPack:
    """The wordings that travel with the program."""
    return read_patterns(files("aggregator.dedup").joinpath("patterns.toml").read_text(encoding="utf-8"))
