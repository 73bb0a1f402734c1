"""The wordings of patterns.toml, read once and compiled. Nothing here looks at a text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_WORD: Final = re.compile(r"\w+")


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
    cues_by_word: Mapping[str, tuple[str, ...]]
    """Cues by the longest whole word in each: most texts lack the word, which is one look-up."""
    loose_cues: tuple[str, ...]
    """Cues that are the beginning of a word, or hold none."""

    def cues_in(self, folded: str) -> frozenset[str]:
        """The cues that a case-folded text holds. Half the cost of a search is this, so it looks up words first."""
        words = self.cues_by_word.keys() & set(_WORD.findall(folded))
        likely = [cue for word in words for cue in self.cues_by_word[word]]
        loose = [cue for cue in self.loose_cues if not (folded.isascii() and not cue.isascii())]
        return frozenset(cue for cue in (*likely, *loose) if cue in folded)


def read_patterns(document: str) -> PatternPack:
    """Compile a document of the form of patterns.toml.

    Raises ValueError (of which `tomllib.TOMLDecodeError` is one) naming the pattern that cannot be used.
    """
    tables = tomllib.loads(document)
    reject = tables.get("reject", {})
    patterns = tuple(_pattern(table, tables.get("macros", {})) for table in tables.get("pattern", []))
    written = sorted({str(cue).casefold() for table in tables.get("pattern", []) for cue in table.get("cues", [])})
    return PatternPack(
        patterns=patterns,
        platforms=_folded(reject, "platforms"),
        pictures=tuple(sorted(_folded(reject, "pictures"))),
        people=_folded(reject, "people"),
        words=_folded(reject, "words"),
        cues_by_word=_by_word(cue for cue in written if _key(cue)),
        loose_cues=tuple(cue.rstrip("*") for cue in written if not _key(cue)),
    )


def _key(cue: str) -> str:
    """The longest word of an ASCII cue; "" for cues in other scripts and for beginnings of words."""
    return max(_WORD.findall(cue), key=len, default="") if cue.isascii() and not cue.endswith("*") else ""


def _by_word(cues: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for cue in cues:
        found[_key(cue)] = (*found.get(_key(cue), ()), cue)
    return found


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
        )
    except (KeyError, re.error) as error:
        raise ValueError(f"credit pattern {name!r}: {error}") from error


@cache
def packaged_patterns() -> PatternPack:
    """The wordings that travel with the program."""
    return read_patterns(files("aggregator.dedup").joinpath("patterns.toml").read_text(encoding="utf-8"))
