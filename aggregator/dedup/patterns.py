"""All wordings that credits are found by, ours and the user's, and the watch for their cues. Looks at no text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from aggregator.dedup.cues import CueWatch, watch_for
from aggregator.dedup.wordings import BYLINES, Pattern, Wordings, packaged, read_file


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
    byline_cues: tuple[str, ...]
    """What a byline holds in which one of these can be found."""
    in_bylines: frozenset[int]
    by_cue: Mapping[str, frozenset[int]]
    """Those in bylines, and those that need a cue, by their places among `patterns`."""
    watch: CueWatch
    """For the cues of all that can stand elsewhere."""

    def possible(self, cues: frozenset[str]) -> tuple[Pattern, ...]:
        """The patterns that may be found in a text with these cues."""
        if not cues:
            return self.bylines
        numbers = self.in_bylines.union(*(self.by_cue.get(cue, ()) for cue in cues))
        return tuple(self.patterns[number] for number in sorted(numbers))


@cache
def patterns_of(file: str | None = None) -> PatternPack:
    """The wordings that travel with the program and those of a user's file, which is read once a process.

    Raises ConfigError with every mistake of the file.
    """
    ours = packaged()
    return pack([ours] if file is None else [ours, read_file(Path(file), ours.macros)])


def pack(sources: Iterable[Wordings]) -> PatternPack:
    """Several sources as one; of patterns with one name the last stands."""
    sources = list(sources)
    written = list({pattern.name: pattern for source in sources for pattern in source.patterns}.values())
    elsewhere = [pattern for pattern in written if not BYLINES.issuperset(pattern.regions)]
    patterns = [replace(pattern, cues=tuple(cue.removesuffix("*") for cue in pattern.cues)) for pattern in written]

    def rejected(kind: str) -> frozenset[str]:
        return frozenset().union(*(source.rejected[kind] for source in sources))

    return PatternPack(
        patterns=tuple(patterns),
        platforms=rejected("platforms"),
        pictures=tuple(sorted(rejected("pictures"))),
        people=rejected("people"),
        words=rejected("words"),
        bylines=tuple(pattern for pattern in patterns if pattern.regions & BYLINES),
        byline_cues=tuple(_byline_cues(patterns)),
        in_bylines=frozenset(number for number, pattern in enumerate(patterns) if pattern.regions & BYLINES),
        by_cue=_by_cue(patterns),
        watch=watch_for({cue for pattern in elsewhere for cue in pattern.cues}),
    )


def _byline_cues(patterns: Iterable[Pattern]) -> list[str]:
    return sorted({cue for pattern in patterns if "byline" in pattern.regions for cue in pattern.cues})


def _by_cue(patterns: Iterable[Pattern]) -> dict[str, frozenset[int]]:
    """The places of the patterns by their cues."""
    found: dict[str, set[int]] = {}
    for number, pattern in enumerate(patterns):
        for cue in pattern.cues:
            found.setdefault(cue, set()).add(number)
    return {cue: frozenset(numbers) for cue, numbers in found.items()}
