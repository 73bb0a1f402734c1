"""The stories of one language as they stand: which piece is where, and what is known of each story.

State only, and the bookkeeping that keeps it whole; who joins whom is decided by `arrival` and `repair`.
Piece ids are not negative.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from aggregator.model import Story
from aggregator.stories.corrections import Corrections
from aggregator.stories.features import Vector, number_mask
from aggregator.stories.frequencies import TermTable
from aggregator.stories.lifetimes import Queue
from aggregator.stories.neighbours import Window
from aggregator.stories.records import VERSION, PieceVector

GONE = -1
"""The story of a row that has left the window."""
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COMPACT_SHARE = 4
"""Rows are renumbered when one in so many is gone: renumbering 12,000 pieces takes 60 ms."""
MOST_NEAR = 5
"""Stories named beside one; a reader follows few."""


def days(moment: datetime) -> float:
    """A moment as days since 1970, the unit in which all nearness in time is reckoned."""
    return (moment - EPOCH) / DAY


@dataclass(slots=True)
class StoryState:
    """One story. `rows` are its pieces in the window by arrival, `times` theirs, ascending, in days."""

    id: int
    first_at: datetime
    last_at: datetime
    rows: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    older: list[int] = field(default_factory=list)
    """Pieces that have left the window."""
    aliases: list[int] = field(default_factory=list)
    near: list[int] = field(default_factory=list)
    """Stories that came close and stayed apart, latest first."""
    continues: int | None = None

    def held_between(self, start: float, end: float) -> int:
        """How many of its pieces are dated within this span of days."""
        return bisect_right(self.times, end) - bisect_left(self.times, start)


class Shard:
    """One language's window, frequencies and stories."""

    def __init__(self, language: str, span: float, corrections: Corrections) -> None:
        self.language = language
        self.table = TermTable(language)
        self.window = Window(span)
        self.pieces: list[int] = []
        self.dates: list[datetime] = []
        self.numbers: list[tuple[str, ...]] = []
        self.labels: NDArray[np.int64] = np.zeros(0, np.int64)
        self.frozen: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.row_of: dict[int, int] = {}
        self.stories: dict[int, StoryState] = {}
        self.aliases: dict[int, int] = {}
        self.running, self.held = Queue(), Queue()
        """Stories that have not ended yet, and those that have but are still in memory."""
        self.corrections = corrections
        self.touched: set[int] = set()
        """Stories to be repaired: something came in or near them."""
        self.changed: set[int] = set()
        """Pieces whose story or frozen flag is to be stored anew."""

    def append(
        self,
        pieces: Sequence[int],
        dates: Sequence[datetime],
        vectors: Sequence[Vector],
        numbers: Sequence[tuple[str, ...]],
    ) -> range:
        """Take pieces into the window, not yet in any story; return their rows."""
        first = len(self.pieces)
        self.row_of.update({piece: first + place for place, piece in enumerate(pieces)})
        self.pieces.extend(pieces)
        self.dates.extend(dates)
        self.numbers.extend(numbers)
        self.labels = np.concatenate([self.labels, np.full(len(pieces), GONE)])
        self.frozen = np.concatenate([self.frozen, np.zeros(len(pieces), np.bool_)])
        self.window.append(vectors, [days(date) for date in dates], [number_mask(found) for found in numbers])
        return range(first, len(self.pieces))

    def found(self, story: int, date: datetime) -> StoryState:
        """Open an empty story under the id of its founding piece."""
        self.stories[story] = state = StoryState(id=story, first_at=date, last_at=date)
        self.running.expect(state)
        return state

    def put(self, row: int, story: int) -> None:
        """Place a row that stands in no story."""
        state, date = self.stories[story], self.dates[row]
        self.labels[row] = story
        insort(state.rows, row)
        insort(state.times, float(self.window.at[row]))
        state.first_at, state.last_at = min(state.first_at, date), max(state.last_at, date)
        self.changed.add(self.pieces[row])

    def take_out(self, row: int) -> None:
        """Let a row stand in no story for the moment."""
        state = self.stories[int(self.labels[row])]
        state.rows.remove(row)
        state.times.remove(float(self.window.at[row]))
        self.labels[row] = GONE

    def date(self, state: StoryState) -> None:
        """Set a story's dates by what it holds; what has left the window is older than all the rest."""
        dates = [self.dates[row] for row in state.rows]
        state.first_at, state.last_at = state.first_at if state.older else min(dates), max(dates)
        self.running.expect(state)

    def now_called(self, story: int) -> int:
        """The id that a story goes by now."""
        return self.aliases.get(story, story)

    def pinned_to(self, piece: int) -> int | None:
        """The story that a piece stays in, by the id that it goes by now."""
        story = self.corrections.pins.get(piece)
        return None if story is None else self.now_called(story)

    def live(self, story: int) -> StoryState | None:
        """The story of that id, or the one it was absorbed by."""
        return self.stories.get(self.aliases.get(story, story))

    def rename(self, old: int, new: int) -> None:
        """Let an absorbed story's id and its aliases lead to its heir."""
        state, heir = self.stories.pop(old), self.stories[new]
        for alias in (old, *state.aliases):
            self.aliases[alias] = new
            heir.aliases.append(alias)

    def revive(self, story: int) -> None:
        """Make an alias an id of its own again."""
        holder = self.stories.get(self.aliases.pop(story, GONE))
        if holder is not None:
            holder.aliases.remove(story)

    def note_near(self, one: int, other: int) -> None:
        """Remember that two stories came close and stayed apart."""
        for story, near in ((one, other), (other, one)):
            listed = self.stories[story].near
            if near in listed:
                listed.remove(near)
            listed.insert(0, near)
            del listed[MOST_NEAR:]

    def story(self, state: StoryState) -> Story:
        """The record of a story as it stands."""
        near = dict.fromkeys(self.aliases.get(story, story) for story in state.near)
        return Story(
            id=state.id,
            pieces=tuple(sorted([*state.older, *(self.pieces[row] for row in state.rows)])),
            first_at=state.first_at,
            last_at=state.last_at,
            language=self.language or None,
            aliases=tuple(sorted(state.aliases)),
            continues=state.continues,
            see_also=tuple(story for story in near if story != state.id and story in self.stories),
        )

    def close(self, story: int) -> None:
        """Drop a story whose pieces have all left the window."""
        for alias in self.stories.pop(story).aliases:
            del self.aliases[alias]

    def record(self, row: int) -> PieceVector:
        """A placed piece as it is kept."""
        vector = self.window.vector(row)
        return PieceVector(
            piece=self.pieces[row],
            story=int(self.labels[row]),
            at=self.dates[row],
            language=self.language or None,
            frozen=bool(self.frozen[row]),
            terms=vector.terms.astype("<u4").tobytes(),
            weights=vector.weights.astype("<f2").tobytes(),
            numbers=self.numbers[row],
            version=VERSION,
        )

    def restore(self, kept: Sequence[PieceVector]) -> None:
        """Take up kept pieces, in order of arrival, into an empty shard; stories come from them until told more."""
        vectors = [
            Vector(terms=np.frombuffer(one.terms, "<u4"), weights=np.frombuffer(one.weights, "<f2")) for one in kept
        ]
        rows = self.append(
            [one.piece for one in kept], [one.at for one in kept], vectors, [one.numbers for one in kept]
        )
        for row, one in zip(rows, kept, strict=True):
            if one.story not in self.stories:
                self.found(one.story, one.at)
            self.put(row, one.story)
        self.frozen[rows.start :] = [one.frozen for one in kept]
        self.changed = set()

    def restore_story(self, story: Story) -> None:
        """Take up what a kept story knows beyond its pieces in the window; one without any such piece is over."""
        state = self.stories.get(story.id)
        if state is None:
            return
        state.older = [piece for piece in story.pieces if piece not in self.row_of]
        state.first_at, state.last_at = story.first_at, story.last_at
        self.running.expect(state)
        state.aliases, state.near, state.continues = list(story.aliases), list(story.see_also), story.continues
        self.aliases.update(dict.fromkeys(story.aliases, story.id))

    def outlived(self, row: int) -> bool:
        """Whether a row's story has gone on for longer than the window since."""
        return bool(self.window.at[row] < self.stories[int(self.labels[row])].times[-1] - self.window.span)

    def forget(self, rows: Iterable[int]) -> None:
        """Let rows leave the window; their stories keep the pieces' ids."""
        for row in rows:
            self.stories[int(self.labels[row])].older.append(self.pieces[row])
            self.take_out(row)
            del self.row_of[self.pieces[row]]
            self.changed.discard(self.pieces[row])
        if int(np.count_nonzero(self.labels == GONE)) * COMPACT_SHARE > len(self.pieces):
            self._compact()

    def _compact(self) -> None:
        kept = self.labels != GONE
        numbers = self.window.keep(kept)
        rows = np.flatnonzero(kept).tolist()
        self.pieces, self.dates = [self.pieces[row] for row in rows], [self.dates[row] for row in rows]
        self.numbers = [self.numbers[row] for row in rows]
        self.labels, self.frozen = self.labels[kept], self.frozen[kept]
        self.row_of = {piece: row for row, piece in enumerate(self.pieces)}
        for state in self.stories.values():
            state.rows = [int(numbers[row]) for row in state.rows]
