"""The matching engine on an archive: articles in, one a line; pieces, roles and stories out, one a line, same order.

    read -> place in pieces, 64 lines at a time -> place new pieces in stories -> settle what the window left behind

No store and no network. Texts wait in an unnamed temporary file until their piece is settled, so memory holds
fingerprints only.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from typing import IO, Any, Final, Protocol

from aggregator.archive.clock import BEFORE_ALL, arrivals, date_of, stretches
from aggregator.config import Config
from aggregator.dedup.attribution import find_credits
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.provenance import decide
from aggregator.dedup.records import Comparison, Document, Placement
from aggregator.model import Copy, Credit, Entry, Role
from aggregator.stories.records import Assignment, PieceText, StoryMove
from aggregator.text.outlets import OutletBook
from aggregator.text.urls import canonical
from aggregator.text.words import first_words

BATCH: Final = 64
"""Lines placed at once. Larger batches are hardly faster and find stories a little worse."""
STORY_WORDS: Final = 60
"""Words of a text that tell its story; more bring in background."""


class StoryPlacer(Protocol):
    """What groups pieces into stories (`stories.cluster.Clusterer`)."""

    def place(self, texts: Sequence[PieceText]) -> Sequence[Assignment]:
        """Put new pieces into stories."""

    def repair(self, now: datetime) -> Sequence[StoryMove]:
        """Correct what later pieces have shown."""


@dataclass(slots=True, kw_only=True)
class Line:
    """One article that waits to be settled; `place` says where its text is."""

    id: str | int
    entry: Entry
    place: tuple[int, int]
    stage: str = ""


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
        self._config, self._texts, self._stories = config, texts, stories
        self._matcher = Matcher(config.dedup)
        self._book, self._outlets = OutletBook(config.outlets), set[str]()
        self._clock = BEFORE_ALL
        self._next = 0
        self._waiting: dict[int, Line] = {}
        self._ids: dict[int, str | int] = {}
        self._pieces: dict[int, list[int]] = {}
        self._piece_of: dict[int, int] = {}
        self._story_of: dict[int, int] = {}
        self._told: dict[int, set[int]] = {}
        self._first_of: dict[int, int] = {}
        self._remembered = 0
        self._decided: dict[int, dict[int, Copy]] = {}

    def add(self, articles: Sequence[Mapping[str, Any]]) -> None:
        """Place a batch of articles in pieces, and the new pieces in stories."""
        window = self._config.dedup.window
        dates = [date_of(article.get("published")) for article in articles]
        times = arrivals(dates, self._clock, window)
        lines = [self._line(article, date, time) for article, date, time in zip(articles, dates, times, strict=True)]
        for stretch in stretches(times, window):
            self._remembered = self._matcher.expire(max(times[stretch.start], self._clock) - window)
            self._place(lines[stretch], articles[stretch])
            self._clock = max(self._clock, *times[stretch])

    def _place(self, lines: Sequence[Line], articles: Sequence[Mapping[str, Any]]) -> None:
        documents = [self._document(line, article) for line, article in zip(lines, articles, strict=True)]
        for line, placement in zip(lines, self._matcher.place(documents), strict=True):
            line.stage = placement.stage
            self._join(placement)
        if self._stories:
            self._tell(lines, articles)

    def settled(self, *, ended: bool = False) -> Iterator[dict[str, Any]]:
        """The records of the first lines in order whose pieces can change no more; with `ended` of all."""
        names = {line.entry.outlet for line in self._waiting.values()} - self._outlets
        if names:
            self._outlets |= names
            self._book = OutletBook(self._config.outlets, dict.fromkeys(sorted(self._outlets - {""}), ""))
        before = self._clock - max(self._config.dedup.window, self._config.stories.window)
        while self._waiting:
            key = next(iter(self._waiting))
            piece = self._piece_of[key]
            if piece not in self._decided and not ended and not self._is_over(piece, before):
                return
            yield self._record(key, piece)
            del self._waiting[key]
            if key == max(self._pieces[piece]):
                del self._pieces[piece], self._decided[piece]

    # ------------------------------------------------------------ taking in

    def _line(self, article: Mapping[str, Any], date: datetime | None, time: datetime) -> Line:
        key, self._next = self._next, self._next + 1
        url = article.get("url")
        outlet = article.get("outlet") or self._book.outlet_of(url, "")
        text = (article.get("text") or "").encode("utf-8", "surrogatepass")
        entry = Entry(
            id=key,
            feed_id=0,
            outlet=outlet,
            guid=str(article["id"]),
            link=url,
            url=canonical(url) if url else None,
            title=article.get("title") or "",
            published=date,
            first_seen=time,
            language=article.get("lang"),
        )
        line = Line(id=article["id"], entry=entry, place=(self._texts.seek(0, io.SEEK_END), len(text)))
        self._texts.write(text)
        self._waiting[key], self._ids[key] = line, line.id
        return line

    def _document(self, line: Line, article: Mapping[str, Any]) -> Document:
        return Document(
            key=line.entry.id,
            outlet=line.entry.outlet,
            title=line.entry.title,
            text=article.get("text") or "",
            at=line.entry.first_seen,
            url=line.entry.url,
        )

    def _join(self, placement: Placement) -> None:
        members = self._pieces.setdefault(placement.piece, [])
        for absorbed in placement.absorbs:
            members += self._pieces.pop(absorbed, [])
            self._move(absorbed, None)
        members.append(placement.key)
        self._piece_of |= (
            dict.fromkeys(members, placement.piece) if placement.absorbs else {placement.key: placement.piece}
        )

    def _tell(self, lines: Sequence[Line], articles: Sequence[Mapping[str, Any]]) -> None:
        """Place the batch's new pieces in stories."""
        assert self._stories is not None
        new = [
            PieceText(
                piece=line.entry.id,
                title=line.entry.title,
                text=first_words((article.get("text") or "")[: STORY_WORDS * 20], STORY_WORDS),
                at=line.entry.first_seen,
                language=line.entry.language,
                feed=line.entry.outlet,
            )
            for line, article in zip(lines, articles, strict=True)
            if self._piece_of[line.entry.id] == line.entry.id
        ]
        for assignment in self._stories.place(new):
            self._move(assignment.piece, assignment.story)
        for move in self._stories.repair(self._clock):
            self._move(move.piece, move.new)

    def _move(self, piece: int, story: int | None) -> None:
        """Note the story of a piece; None where the piece is no more."""
        old = self._story_of.pop(piece, None)
        if old is not None:
            self._told[old].discard(piece)
        if story is not None:
            self._story_of[piece] = story
            self._told.setdefault(story, set()).add(piece)

    # ------------------------------------------------------------ giving out

    def _is_over(self, piece: int, before: datetime) -> bool:
        return all(
            key < self._remembered and self._waiting[key].entry.first_seen < before for key in self._pieces[piece]
        )

    def _record(self, key: int, piece: int) -> dict[str, Any]:
        if piece not in self._decided:
            self._decided[piece] = self._decide(piece)
        copy = self._decided[piece][key]
        story = self._story_of.get(piece)
        if story is not None:
            story = self._first_of.setdefault(story, min(self._told[story]))
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

    def _decide(self, piece: int) -> dict[int, Copy]:
        lines = [self._waiting[key] for key in self._pieces[piece]]
        found = {line.entry.id: self._credits(line) for line in lines}
        if len(lines) == 1 and not found[piece]:
            return {piece: Copy(entry_id=piece, role=Role.ORIGINAL)}
        decided = decide(
            [line.entry for line in lines],
            piece=piece,
            credits=found,
            compare=self._compare,
            seen_before={},
            owner_of=self._book.owner_of,
            now=self._clock,
            stages={line.entry.id: line.stage for line in lines},
            settings=self._config.dedup,
        )
        return {copy.entry_id: copy for copy in decided.copies}

    def _credits(self, line: Line) -> tuple[Credit, ...]:
        return find_credits(
            self._text(line),
            (),
            authors=(),
            source_name=None,
            source_url=None,
            outlet=line.entry.outlet,
            resolve=self._book.resolve,
        )

    def _compare(self, first: Entry, second: Entry) -> Comparison | None:
        one, other = (self._full(self._waiting[entry.id]) for entry in (first, second))
        return self._matcher.compare(one, other) if one.text and other.text else None

    def _full(self, line: Line) -> Document:
        entry = line.entry
        return Document(
            key=entry.id, outlet=entry.outlet, title=entry.title, text=self._text(line), at=entry.first_seen
        )

    def _text(self, line: Line) -> str:
        start, size = line.place
        self._texts.seek(start)
        return self._texts.read(size).decode("utf-8", "surrogatepass")


def rounded(share: float | None) -> float | None:
    """Four digits: more say nothing about a text."""
    return None if share is None else round(share, 4)
