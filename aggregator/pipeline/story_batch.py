"""The stories that a batch touches, as corrected by hand. Reads, never writes.

Grouping's own story of every piece is kept beside its vector; corrections are laid over that anew each time, over all
stories that a correction ties to a touched one, now or until now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.model import Story
from aggregator.pipeline.batch import Batch
from aggregator.pipeline.overriding import Correction, partners
from aggregator.pipeline.overriding_stories import corrected_stories, uncorrected
from aggregator.store import entries as stored_entries
from aggregator.store import grouping
from aggregator.store.database import Database
from aggregator.stories.cluster import Clusterer
from aggregator.stories.records import PieceVector, StoryMove


@dataclass(slots=True, kw_only=True)
class Reached:
    """What was reached so far from the touched stories."""

    pieces: set[int]
    stories: set[int]
    """By grouping alone."""
    labels: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    finals: dict[int, Story] = field(default_factory=dict)
    """As stored."""
    live: dict[int, Story] = field(default_factory=dict)
    """As the clusterer has them."""


def corrected(
    db: Database,
    clusterer: Clusterer,
    batch: Batch,
    corrections: Sequence[Correction],
    touched: set[int],
    changes: tuple[Sequence[PieceVector], Sequence[StoryMove]],
) -> tuple[Story, ...]:
    """All stories that are to be saved; `corrections` are those about stories, `touched` stories by grouping alone."""
    mine = on_pieces(db, batch, corrections)
    reached = Reached(pieces={*batch.members, *batch.before}, stories=set(touched))
    reach(db, clusterer, reached, mine, changes)
    gone = batch.before.keys() - batch.members.keys()
    alive = {piece: story.last_at for story in reached.finals.values() for piece in story.pieces}
    alive |= {piece: at for piece, (_, at) in reached.labels.items()}
    dates = {piece: at for piece, at in alive.items() if piece not in gone}
    stories = by_grouping(reached)
    taken = {story.id for story in grouping.stories(db, dates)} - reached.finals.keys()
    taken |= {story.id for story in clusterer.stories(dates)}
    return corrected_stories(stories, mine, dates, taken)


def on_pieces(db: Database, batch: Batch, corrections: Sequence[Correction]) -> tuple[Correction, ...]:
    """The corrections with pieces in the place of the entries that stand for them."""
    named = {entry for one in corrections for entry in one.members}
    stored = stored_entries.by_ids(db, sorted(named - batch.homes.keys()))
    home = {entry.id: entry.piece_id for entry in stored if entry.piece_id is not None} | batch.homes
    return tuple(
        replace(one, members=tuple(home[entry] for entry in one.members))
        for one in corrections
        if home.keys() >= set(one.members)
    )


def reach(
    db: Database,
    clusterer: Clusterer,
    reached: Reached,
    corrections: Sequence[Correction],
    changes: tuple[Sequence[PieceVector], Sequence[StoryMove]],
) -> None:
    """Follow pieces to stories, by grouping and as stored, stories to pieces, and merges, until nothing new is met."""
    vectors = {vector.piece: (vector.story, vector.at) for vector in changes[0]}
    moved = {move.piece: move.new for move in changes[1]}
    size = -1
    while size != len(reached.pieces) + len(reached.stories):
        size = len(reached.pieces) + len(reached.stories)
        homes = grouping.story_of_pieces(db, reached.pieces)
        reached.finals = {story.id: story for story in grouping.stories(db, set(homes.values()))}
        reached.pieces |= {piece for story in reached.finals.values() for piece in story.pieces}
        stored = grouping.labels(db, pieces=reached.pieces, stories=reached.stories)
        stored = {piece: (moved.get(piece, story), at) for piece, (story, at) in stored.items()}
        reached.labels = stored | {piece: vectors[piece] for piece in vectors.keys() & {*reached.pieces, *stored}}
        reached.stories |= {story for story, _ in reached.labels.values()}
        reached.live = {story.id: story for story in clusterer.stories(reached.stories)}
        reached.stories |= reached.live.keys()
        reached.pieces |= reached.labels.keys() | {p for story in reached.live.values() for p in story.pieces}
        reached.pieces |= partners(corrections, reached.pieces)


def by_grouping(reached: Reached) -> tuple[Story, ...]:
    """The reached stories as grouping alone has them: from memory, and what has left it from the store."""
    in_memory = {piece: story.id for story in reached.live.values() for piece in story.pieces}
    labels = {piece: (in_memory.get(piece, story), at) for piece, (story, at) in reached.labels.items()}
    stored = uncorrected(tuple(reached.finals.values()), labels)
    return (*reached.live.values(), *(story for story in stored if story.id not in reached.live))
