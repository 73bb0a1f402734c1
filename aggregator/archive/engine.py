"""The matching engine on an archive: articles in, one a line; pieces, roles and stories out, one a line, same order.

    read -> place in pieces, 64 lines at a time -> place new pieces in stories -> settle what the window left behind

No store and no network. Shingles, and texts that may hold a credit, wait in a temporary file until their piece is
settled, so memory holds fingerprints only.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import count, islice
from typing import IO, Any, Final, Protocol

from aggregator.archive.clock import BEFORE_ALL, arrivals, date_of, stretches
from aggregator.archive.elders import Elders, OldLine
from aggregator.archive.judging import Judge
from aggregator.archive.lines import Line, Spool, line_of
from aggregator.archive.storybook import StoryBook
from aggregator.config import Config
from aggregator.dedup.attribution import may_hold_credits
from aggregator.dedup.ladder import Elder
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.records import Document
from aggregator.dedup.shingles import Reading, read
from aggregator.model import Copy, Role
from aggregator.stories.records import Assignment, PieceText, StoryMove
from aggregator.text.words import first_words

BATCH: Final = 64
"""Lines placed at once. Larger batches are hardly faster and find stories a little worse."""
STORY_WORDS: Final = 60
"""Words of a text that tell its story; more bring in background."""


GIVEN: Final = frozenset({"_config", "_spool", "_judge"})
"""What a grouper is given, or makes anew of that: no part of its state."""


ALONE: Final = Copy(entry_id=-1, role=Role.ORIGINAL)
"""What most lines come to; of its number no record tells."""


class StoryPlacer(Protocol):
    """What groups pieces into stories (`stories.cluster.Clusterer`)."""

    def place(self, texts: Sequence[PieceText]) -> Sequence[Assignment]:
        """Put new pieces into stories."""

    def repair(self, now: datetime) -> Sequence[StoryMove]:
        """Correct what later pieces have shown."""


def dedupe(
    articles: Iterable[Mapping[str, Any]], *, config: Config, stories: StoryPlacer | None = None
) -> Iterator[dict[str, Any]]:
    """Match a stream of articles; one record for each, in their order, when its piece can change no more.

    Records are `{id, piece, role, of, jaccard, containment, credit, story}`; `story` is null without `stories`.
    """
    with tempfile.TemporaryFile(prefix="aggregator-") as texts:
        grouper = ArchiveGrouper(config, texts, stories)
        stream = iter(articles)
        while batch := list(islice(stream, BATCH)):
            grouper.add(batch)
            yield from grouper.settled()
        yield from grouper.settled(ended=True)


class ArchiveGrouper:
    """The lines that wait, and the matcher and story placer that they went through."""

    def __init__(self, config: Config, texts: IO[bytes], stories: StoryPlacer | None) -> None:
        self._config, self._spool, self._stories = config, Spool(texts), stories
        self._matcher = Matcher(config.dedup)
        self._outlets: dict[str, str] = {}
        self._clock = BEFORE_ALL
        self._next = 0
        self._remembered = 0
        self._waiting: dict[int, Line] = {}
        self._several: dict[int, list[int]] = {}
        self._piece_of: dict[int, int] = {}
        self._ids: dict[int, str | int] = {}
        self._decided: dict[int, dict[int, Copy]] = {}
        self._told = StoryBook()
        self._elders = Elders()
        self._returned: dict[int, OldLine] = {}
        """The old line of each piece that a line has joined by its address."""
        self._judge = self._new_judge()

    def state(self) -> dict[str, Any]:
        """All that it knows but the settings and what is in the spool's file, to go on from at another time."""
        self._spool.flush()
        return {name: value for name, value in vars(self).items() if name not in GIVEN}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from what another knew, whose spool this one was given."""
        vars(self).update(state)
        self._judge = self._new_judge()

    def _new_judge(self) -> Judge:
        return Judge(self._config, self._matcher, self._spool, self._outlets)

    def add(self, articles: Sequence[Mapping[str, Any]]) -> None:
        """Place a batch of articles in pieces, and the new pieces in stories."""
        window = self._config.dedup.window
        dates = [date_of(article.get("published")) for article in articles]
        times = arrivals(dates, self._clock, window)
        texts = [article.get("text") or "" for article in articles]
        readings = read(texts)
        for stretch in stretches(times, window):
            self._forget(max(times[stretch.start], self._clock) - window)
            claimed = list(zip(dates[stretch], times[stretch], strict=True))
            self._place(articles[stretch], texts[stretch], readings[stretch], claimed)
            self._clock = max(self._clock, *times[stretch])

    def settled(self, *, ended: bool = False) -> Iterator[dict[str, Any]]:
        """The records of the first lines in order whose pieces can change no more; with `ended` of all."""
        before = self._clock - max(self._config.dedup.window, self._config.stories.window)
        while self._waiting:
            key = self._next - len(self._waiting)  # they leave in order; a dict's first key is found ever more slowly
            piece = self._piece_of.get(key, key)
            if piece not in self._decided and not ended and not self._is_over(piece, before):
                return
            yield self._record(key, piece)
            del self._waiting[key]
            self._piece_of.pop(key, None)
            if key == self._several.get(piece, (piece,))[-1]:
                self._several.pop(piece, None)
                self._returned.pop(piece, None)
                self._decided.pop(piece, None)

    # ------------------------------------------------------------ taking in

    def _forget(self, before: datetime) -> None:
        """Let texts of that time go, but not their addresses."""
        first, self._remembered = self._remembered, self._matcher.expire(before)
        for key in range(first, self._remembered):
            self._elders.add(self._spool, OldLine(self._piece_of.get(key, key), self._waiting[key]))

    def _elders_of(self, documents: Sequence[Document]) -> dict[str, OldLine]:
        """The old lines that these have the address of."""
        found = {each.url: self._elders.at(self._spool, each.url) for each in documents if each.url}
        return {url: old for url, old in found.items() if old is not None}

    def _elder(self, old: OldLine) -> Elder:
        return self._matcher.elder(old.piece, old.line.outlet, self._spool.shingles(old.line.place))

    def _place(
        self,
        articles: Sequence[Mapping[str, Any]],
        texts: Sequence[str],
        readings: Sequence[Reading],
        dates: Sequence[tuple[datetime | None, datetime]],
    ) -> None:
        first = self._next
        cues = self._judge.patterns.watch.present(texts, readings)
        lines = list(map(self._line, count(first), articles, texts, readings, dates, cues))
        documents = [
            Document(line.id, line.outlet, article.get("title") or "", text, line.first_seen, line.url)
            for article, line, text in zip(articles, lines, texts, strict=True)
        ]
        self._next += len(lines)
        raw = [reading.shingles for reading in readings]
        old = self._elders_of(documents)
        elders = {url: self._elder(each) for url, each in old.items()}
        for line, placed in zip(lines, self._matcher.place(documents, raw, elders), strict=True):
            self._waiting[placed.key] = line
            self._ids[placed.key] = line.name
            if line.url in old and old[line.url].piece == placed.piece:
                self._returned[placed.piece] = old[line.url]
                self._decided.pop(placed.piece, None)
            self._join(placed.key, placed.piece, placed.absorbs)
        if self._stories:
            self._tell(self._stories, documents, [article.get("lang") for article in articles])

    def _line(
        self,
        number: int,
        article: Mapping[str, Any],
        text: str,
        reading: Reading,
        dates: tuple[datetime | None, datetime],
        cues: frozenset[str],
    ) -> Line:
        outlet = article.get("outlet") or self._judge.outlet_of(article.get("url"))
        outlet = self._outlets.setdefault(outlet, outlet)
        hopeful = may_hold_credits(text, cues, self._judge.patterns)
        place = self._spool.write(reading.shingles, text if hopeful else "")
        cues_kept = cues if hopeful else None
        return line_of(article, number=number, outlet=outlet, dates=dates, place=place, cues=cues_kept)

    def _join(self, key: int, piece: int, absorbs: Sequence[int]) -> None:
        """Note the piece of a line: pieces of one line need no note, so most lines leave none."""
        if piece == key:
            return
        members = self._several.setdefault(piece, [piece] if piece in self._waiting else [])
        for absorbed in absorbs:
            moved = self._several.pop(absorbed, [absorbed])
            members += moved
            self._piece_of |= dict.fromkeys(moved, piece)
            self._told.move(absorbed, None)
        members.append(key)
        self._piece_of[key] = piece
        if absorbs:
            members.sort()

    def _tell(self, stories: StoryPlacer, documents: Sequence[Document], languages: Sequence[str | None]) -> None:
        """Place the batch's new pieces in stories."""
        new = [
            PieceText(
                piece=document.key,
                title=document.title,
                text=first_words(document.text[: STORY_WORDS * 20], STORY_WORDS),
                at=document.at,
                language=language,
                feed=document.outlet,
            )
            for document, language in zip(documents, languages, strict=True)
            if document.key not in self._piece_of
        ]
        for assignment in stories.place(new):
            self._told.move(assignment.piece, assignment.story)
        for move in stories.repair(self._clock):
            self._told.move(move.piece, move.new)

    # ------------------------------------------------------------ giving out

    def _is_over(self, piece: int, before: datetime) -> bool:
        return all(
            key < self._remembered and self._waiting[key].first_seen < before
            for key in self._members(piece)
            if key in self._waiting
        )

    def _members(self, piece: int) -> Sequence[int]:
        return self._several.get(piece, (piece,))

    def _record(self, key: int, piece: int) -> dict[str, Any]:
        if piece not in self._decided and not self._is_alone(piece):
            self._decided[piece] = self._decide(piece)
        copy = self._decided[piece][key] if piece in self._decided else ALONE
        story = self._told.name_for(piece)
        return {
            "id": self._ids[key],
            "piece": self._ids[piece],
            "role": str(copy.role),
            "of": None if copy.of is None else self._ids[copy.of],
            "jaccard": rounded(copy.jaccard),
            "containment": rounded(copy.containment),
            "credit": None if copy.credit is None else asdict(copy.credit),
            "story": None if story is None else self._ids[story],
        }

    def _is_alone(self, piece: int) -> bool:
        """Whether there is nothing to be decided: one line, and it names nobody."""
        return piece not in self._several and piece not in self._returned and self._waiting[piece].cues is None

    def _decide(self, piece: int) -> dict[int, Copy]:
        lines = {key: self._waiting[key] for key in self._members(piece) if key in self._waiting}
        if piece in self._returned:
            old = self._returned[piece]
            lines.setdefault(old.line.id, old.line)
        return self._judge.decide(piece, lines, self._clock)


def rounded(share: float | None) -> float | None:
    """Four digits: more say nothing about a text."""
    return None if share is None else round(share, 4)
