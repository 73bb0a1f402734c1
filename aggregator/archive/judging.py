"""Who of the lines of one piece was first, and what each of them credits: provenance, asked once a piece is settled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aggregator.archive.lines import Line, Spool
from aggregator.config import Config
from aggregator.dedup.attribution import find_credits
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.patterns import patterns_of
from aggregator.dedup.provenance import decide
from aggregator.dedup.records import Comparison
from aggregator.dedup.shingles import Shingles
from aggregator.model import Copy, Credit, Role
from aggregator.text.outlets import OutletBook


class Judge:
    """Decides with the wordings and the outlets of the config; `outlets` are those that were met, and may grow."""

    def __init__(self, config: Config, matcher: Matcher, spool: Spool, outlets: Mapping[str, str]) -> None:
        self.patterns = patterns_of(config.dedup.patterns)
        self._config, self._matcher, self._spool, self._outlets = config, matcher, spool, outlets
        self._books = OutletBook(config.outlets), 0
        self._configured = OutletBook(config.outlets)

    def outlet_of(self, url: str | None) -> str:
        """The outlet of an address, by the config and the address alone."""
        return self._configured.outlet_of(url, "")

    def decide(self, piece: int, lines: Mapping[int, Line], now: datetime) -> dict[int, Copy]:
        """Each line's place in the piece, by its key."""
        found = {key: self._credits(line) for key, line in lines.items() if line.cues is not None}
        if len(lines) == 1 and not found.get(piece):
            return {key: Copy(entry_id=key, role=Role.ORIGINAL) for key in lines}
        measure = Measure(self._matcher, self._spool, lines)
        decided = decide(
            list(lines.values()),
            piece=piece,
            credits=found,
            compare=measure.compare,
            seen_before={},
            owner_of=self._configured.owner_of,
            now=now,
            explained=False,
        )
        return {copy.entry_id: copy for copy in decided.copies}

    def _credits(self, line: Line) -> tuple[Credit, ...]:
        return find_credits(
            self._spool.text(line.place),
            (),
            authors=(),
            source_name=None,
            source_url=None,
            outlet=line.outlet,
            resolve=self._resolve,
            patterns=self.patterns,
            cues=line.cues,
        )

    def _resolve(self, name: str, url: str | None) -> str | None:
        """The outlet that a credit means, of those that have been met; few texts ask."""
        return self._book().resolve(name, url)

    def _book(self) -> OutletBook:
        """The outlets that have been met, made anew when there are more."""
        book, known = self._books
        if known < len(self._outlets):
            book = OutletBook(self._config.outlets, dict.fromkeys(sorted(self._outlets.keys() - {""}), ""))
            self._books = book, len(self._outlets)
        return book


class Measure:
    """How the members of one piece compare, each read once."""

    def __init__(self, matcher: Matcher, spool: Spool, lines: Mapping[int, Line]) -> None:
        self._matcher, self._spool, self._lines = matcher, spool, lines
        self._read: dict[int, Shingles] = {}

    def compare(self, first: int, second: int) -> Comparison | None:
        """The two measured on all their shingles; None where one has no text."""
        one, other = self._shingles(first), self._shingles(second)
        if not len(one) or not len(other):
            return None
        return self._matcher.compare_read({self._lines[key].outlet for key in (first, second)}, one, other)

    def _shingles(self, key: int) -> Shingles:
        if key not in self._read:
            self._read[key] = self._spool.shingles(self._lines[key].place)
        return self._read[key]
