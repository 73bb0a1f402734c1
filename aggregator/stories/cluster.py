"""Pieces into stories, as they come: the one door to this package's memory.

One `Clusterer` holds the window of one grouper in memory. Place pieces, repair, then store what `changes` and `stories`
give in the transaction that stores the pieces; a caller whose transaction failed throws the clusterer away and
restores another. Deterministic: no clock, no chance; the same calls give the same stories, and so does a restart
between any two repairs. Languages never mix: across them word vectors say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np

from aggregator.config import Stories
from aggregator.model import Story
from aggregator.stories.arrival import arrive
from aggregator.stories.byhand import gather, part
from aggregator.stories.corrections import Corrections
from aggregator.stories.ended import REMEMBERED, EndedStories, centroid
from aggregator.stories.features import ON_MANY_THINGS, Vector, count, numbers, weigh
from aggregator.stories.frequencies import RECENT
from aggregator.stories.records import VERSION, Assignment, PieceText, PieceVector, StoryMove, TermCounts
from aggregator.stories.repair import freeze, repair
from aggregator.stories.shard import DAY, EPOCH, GONE, Shard, StoryState, days
from aggregator.stories.titles import TITLES, TitleSegments
from aggregator.text.running import is_running

LATEST = timedelta(hours=6)
"""How long beyond the window a piece stays in memory, for others that come in dated so late."""
REPAIR_SHARE = 0.8
"""Of the threshold: a repair sees whole groups and their gaps, so it may join at less (measured .55 to .95)."""


def primary(language: str | None) -> str:
    """The language without script and region: en for en-GB; empty when unknown."""
    return (language or "").replace("_", "-").split("-")[0].lower()


class Clusterer:
    """The stories of all languages within the window."""

    def __init__(self, settings: Stories) -> None:
        self._settings = settings
        self._span = settings.window / DAY
        self._titles = TitleSegments()
        self._shards: dict[str, Shard] = {}
        self._ended: dict[str, EndedStories] = {}
        self._corrections = Corrections()
        self._outdated: list[str] = []
        """Names of counts that other rules have made, to be emptied where they are kept."""
        self._newest = EPOCH
        """The date of the latest piece: what leaves memory goes by it, since a restart knows no other clock."""

    def place(self, texts: Sequence[PieceText]) -> tuple[Assignment, ...]:
        """Put pieces into stories in order of arrival; a piece placed before keeps its place.

        Frequencies are learnt from the whole batch before its first piece is weighed. `at` must not lie in the
        future; undated pieces carry the time they were fetched. A piece dated before the window's other pieces joins
        what was active at its own date, or founds a story of its own.
        """
        self._newest = max([self._newest, *(text.at for text in texts)])
        titles = self._titles.strip([(text.feed, text.title) for text in texts])
        by_language: dict[str, list[int]] = {}
        for index, text in enumerate(texts):
            by_language.setdefault(primary(text.language), []).append(index)
        placed: dict[int, Assignment] = {}
        for language, indices in by_language.items():
            chosen = [(texts[index], titles[index]) for index in indices]
            placed |= {one.piece: one for one in self._place(self._shard(language), chosen)}
        return tuple(placed[text.piece] for text in texts)

    def _place(self, shard: Shard, chosen: Sequence[tuple[PieceText, str]]) -> list[Assignment]:
        known = [
            Assignment(piece=text.piece, story=int(shard.labels[shard.row_of[text.piece]]), score=0.0)
            for text, _ in chosen
            if text.piece in shard.row_of
        ]
        shard.changed.update(one.piece for one in known)  # what was kept of it may have gone with the piece
        fresh = list({text.piece: (text, title) for text, title in chosen if text.piece not in shard.row_of}.values())
        counted = [count(title, text.text) for text, title in fresh]
        shard.table.learn([one.terms for one in counted])
        rows = shard.append(
            [text.piece for text, _ in fresh],
            [text.at for text, _ in fresh],
            [
                weigh(one, shard.table, ON_MANY_THINGS if is_running(text.title) else 1.0)
                for one, (text, _) in zip(counted, fresh, strict=True)
            ],
            [numbers(title, text.text) for text, title in fresh],
        )
        threshold = self._settings.threshold
        return known + arrive(shard, rows, threshold=threshold, touch_from=threshold * REPAIR_SHARE)

    def repair(self, now: datetime) -> tuple[StoryMove, ...]:
        """Regroup what came in since the last repair and what it is near to; freeze pieces six hours after their date.

        Also ends the stories that the window has left behind, and finds which of them the new ones continue.
        """
        moves: list[StoryMove] = []
        for language, shard in sorted(self._shards.items()):
            touched = set(shard.touched)
            moved = repair(shard, now, self._settings.threshold * REPAIR_SHARE)
            moves += moved
            touched |= {story for move in moved for story in (move.old, move.new)}
            self._end(language, now - self._settings.window, touched)
            self._continue(language, touched)
        self.expire(min(now, self._newest) - self._settings.window - LATEST)
        return tuple(moves)

    def freeze(self, pieces: Iterable[int]) -> None:
        """Keep pieces where they are, but for corrections by hand: an edition has shown them there."""
        wanted = set(pieces)
        for shard in self._shards.values():
            freeze(shard, [shard.row_of[piece] for piece in sorted(wanted & shard.row_of.keys())])

    def pin(self, pieces: Iterable[int], story: int, now: datetime) -> tuple[StoryMove, ...]:
        """Put pieces into a story for good, whatever arrival and repair say; the pieces that moved.

        A story that loses its last piece so becomes an alias. Pieces and a story that are not in memory are obeyed
        when they come in. Corrections are not among `changes`: say them again after `restore`, which then moves none.
        """
        pieces = frozenset(pieces)
        self._corrections.pin(pieces, story)
        return tuple(move for shard in self._shards.values() for move in gather(shard, pieces, story, now))

    def keep_apart(self, one: Iterable[int], other: Iterable[int], now: datetime) -> tuple[StoryMove, ...]:
        """Let no piece of the one ever stand in a story with one of the other; the pieces that moved.

        From a story that holds both, the pieces of `other` leave together for a story of their own; what was said of
        them before still holds among themselves. To be said again after `restore`, like `pin`.
        """
        one, other = frozenset(one), frozenset(other)
        self._corrections.keep_apart(one, other)
        return tuple(move for _, shard in sorted(self._shards.items()) for move in part(shard, one, other, now))

    def release(self, pieces: Iterable[int]) -> None:
        """Take back what `pin` and `keep_apart` said of these pieces; the next repairs may move them, if not frozen."""
        self._corrections.release(pieces)

    def stories(self, ids: Iterable[int]) -> tuple[Story, ...]:
        """The stories of these ids or aliases as they stand, each once, by id; ids not in memory are left out."""
        found = {
            state.id: shard.story(state)
            for story in set(ids)
            for shard in self._shards.values()
            if (state := shard.live(story)) is not None
        }
        return tuple(found[story] for story in sorted(found))

    def changes(self) -> tuple[tuple[PieceVector, ...], tuple[TermCounts, ...]]:
        """Pieces placed, moved or frozen and frequencies learnt since last asked; counts replace those kept by name."""
        vectors: list[PieceVector] = []
        counts = [TermCounts(language=name, pieces=0, terms=b"", counts=b"") for name in self._outdated]
        self._outdated = []
        counts += self._titles.table.records()
        for _, shard in sorted(self._shards.items()):
            rows = sorted(shard.row_of[piece] for piece in shard.changed)
            vectors += [shard.record(row) for row in rows]
            shard.changed = set()
            counts += shard.table.records()
        return tuple(vectors), tuple(counts)

    def restore(self, vectors: Iterable[PieceVector], counts: Iterable[TermCounts], stories: Iterable[Story]) -> None:
        """Take up what was kept, into a new clusterer.

        `vectors` reach back over the window, or over two weeks more so that ended stories can be continued; those of
        other versions of the rules are left out, and so are counts. Of `stories` those with any such piece matter.
        """
        for record in counts:
            version, _, name = record.language.removesuffix(RECENT).rpartition(":")
            if version == VERSION:
                (self._titles.table if name == TITLES else self._shard(name).table).restore(record)
            elif record.terms:
                self._outdated.append(record.language)
        usable = sorted((one for one in vectors if one.version == VERSION), key=lambda one: one.piece)
        by_language: dict[str, list[PieceVector]] = {}
        for vector in usable:
            by_language.setdefault(primary(vector.language), []).append(vector)
        for language, kept in by_language.items():
            self._shard(language).restore(kept)
        for story in stories:
            self._shard(primary(story.language)).restore_story(story)
        if usable:
            self._newest = max(one.at for one in usable)
            self.expire(self._newest - self._settings.window - LATEST)

    def expire(self, before: datetime) -> None:
        """Let pieces dated before that leave memory, once their story is over or has gone on without them.

        Ended stories stay known for continuations two weeks longer. `repair` calls this for what lies a day behind
        the window; a caller need not.
        """
        for language, shard in self._shards.items():
            self._end(language, before)
            self._ended[language].expire(before - REMEMBERED)
            over = shard.held.quiet(before, shard.stories)
            shard.forget([row for state in over for row in list(state.rows)])
            for state in over:
                shard.close(state.id)
            aged = np.flatnonzero((shard.window.at < days(before)) & (shard.labels != GONE)).tolist()
            shard.forget(row for row in aged if shard.outlived(row))

    def _shard(self, language: str) -> Shard:
        if language not in self._shards:
            self._shards[language] = Shard(language, self._span, self._corrections)
            self._ended[language] = EndedStories()
        return self._shards[language]

    def _end(self, language: str, before: datetime, changed: Iterable[int] = ()) -> None:
        """Keep the centroids of stories whose last piece is older than that; look at the `changed` ones anew."""
        shard, ended = self._shards[language], self._ended[language]
        for story in sorted(changed):
            if story in ended.by_story and story in shard.stories:
                ended.discard(story)
                shard.running.expect(shard.stories[story])
        for state in shard.running.quiet(before, shard.stories):
            ended.add(state.id, state.last_at, self._centroid(shard, state))
            shard.held.expect(state)

    def _centroid(self, shard: Shard, state: StoryState) -> Vector:
        """Of the story's last window."""
        since = state.times[-1] - self._span
        return centroid([shard.window.vector(row) for row in state.rows if shard.window.at[row] >= since])

    def _continue(self, language: str, stories: Iterable[int]) -> None:
        """Look for the ended story that each of these continues that no reader has seen yet."""
        shard, ended = self._shards[language], self._ended[language]
        new = [shard.stories[story] for story in sorted(stories) if story in shard.stories]
        new = [one for one in new if one.continues is None and not shard.frozen[one.rows].any()] if ended else []
        found = ended.continued_by([self._centroid(shard, state) for state in new], [one.first_at for one in new])
        for state, story in zip(new, found, strict=True):
            state.continues = story
