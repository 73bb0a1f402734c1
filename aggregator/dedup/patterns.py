"""The wordings of patterns.toml, read once and compiled. Nothing here looks at a text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternPack:
    """All wordings, and what after a wording means that no source is named."""

    patterns: tuple[Pattern, ...]
    platforms: frozenset[str]
    pictures: tuple[str, ...]
    people: frozenset[str]
    words: frozenset[str]
    agencies: frozenset[str]

    @property
    def cues(self) -> frozenset[str]:
        """Every cue of every pattern."""
        return frozenset(cue for pattern in self.patterns for cue in pattern.cues)


def read_patterns(document: str) -> PatternPack:
    """Compile a document of the form of patterns.toml.

    Raises ValueError (of which `tomllib.TOMLDecodeError` is one) naming the pattern that cannot be used.
    """
    tables = tomllib.loads(document)
    reject = tables.get("reject", {})
    return PatternPack(
        patterns=tuple(_pattern(table, tables.get("macros", {})) for table in tables.get("pattern", [])),
        platforms=_folded(reject, "platforms"),
        pictures=tuple(sorted(_folded(reject, "pictures"))),
        people=_folded(reject, "people"),
        words=_folded(reject, "words"),
        agencies=_folded(tables.get("agencies", {}), "names"),
    )


def _folded(table: Mapping[str, Any], key: str) -> frozenset[str]:
    return frozenset(str(each).casefold() for each in table.get(key, []))


def _pattern(table: Mapping[str, Any], macros: Mapping[str, str]) -> Pattern:
    name = str(table.get("name", "a pattern without a name"))
    try:
        expression = re.sub(r"\{(\w+)\}", lambda match: macros.get(match[1], match[0]), str(table["expression"]))
        return Pattern(
            name=name,
            cues=tuple(str(cue).casefold() for cue in table["cues"]),
            regions=frozenset(table["regions"]),
            confidence=float(table["confidence"]),
            expression=re.compile(expression, re.IGNORECASE),
            known=bool(table.get("known", False)),
            unresolved=table.get("unresolved"),
            agency=bool(table.get("agency", False)),
        )
    except (KeyError, re.error) as error:
        raise ValueError(f"credit pattern {name!r}: {error}") from error


@cache
def packaged_patterns() -> PatternPack:
    """The wordings that travel with the program."""
    return read_patterns(files("aggregator.dedup").joinpath("patterns.toml").read_text(encoding="utf-8"))
