"""One batch of grouping, saved whole: pieces, stories, and all that both indexes are rebuilt from.

Readers live beside what they read, in `pieces` and `stories`, and are offered here as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aggregator import model
from aggregator.dedup.records import Fingerprint, OutletBoilerplate
from aggregator.store import leases
from aggregator.store.database import Database
from aggregator.store.pieces import (
    boilerplate,
    fingerprint_columns,
    fingerprints,
    matched,
    move_fingerprints,
    pieces,
    pieces_of_entries,
    quotations,
    save_boilerplate,
    save_fingerprints,
    save_pieces,
)
from aggregator.store.stories import (
    labels,
    move_vectors,
    moves,
    save_stories,
    save_terms,
    save_vectors,
    stories,
    stories_between,
    story_of_pieces,
    term_counts,
    vectors,
)
from aggregator.stories.records import PieceVector, StoryMove, TermCounts

__all__ = [
    "Grouping",
    "boilerplate",
    "fingerprint_columns",
    "fingerprints",
    "labels",
    "matched",
    "moves",
    "pieces",
    "pieces_of_entries",
    "quotations",
    "save_grouping",
    "stories",
    "stories_between",
    "story_of_pieces",
    "term_counts",
    "vectors",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """What one batch decided. `entries` are the ids that were taken up by `entries.waiting` and are done with."""

    entries: tuple[int, ...] = ()
    pieces: tuple[model.Piece, ...] = ()
    absorbed: Mapping[int, int] = field(default_factory=dict)
    """Pieces that matching found to be one with others, whatever was corrected by hand."""
    fingerprints: tuple[Fingerprint, ...] = ()
    boilerplate: tuple[OutletBoilerplate, ...] = ()
    stories: tuple[model.Story, ...] = ()
    vectors: tuple[PieceVector, ...] = ()
    terms: tuple[TermCounts, ...] = ()
    moves: tuple[StoryMove, ...] = ()


GROUP = "group"
"""The name of the lease that whoever groups holds."""


def save_grouping(db: Database, grouping: Grouping, *, now: datetime, worker: str | None = None) -> None:
    """Save a batch in one transaction; saving it twice changes nothing more.

    Raises StoreError when another than `worker` holds the lease of grouping: its memory does not know this batch.
    """
    del now  # every time that is kept comes with its record
    with db.writing() as connection:
        if worker is not None:
            leases.require(connection, GROUP, worker)
        move_fingerprints(connection, grouping.absorbed)
        save_fingerprints(connection, grouping.fingerprints)
        empty = save_pieces(connection, grouping.pieces, grouping.entries)
        save_boilerplate(connection, grouping.boilerplate)
        save_stories(connection, grouping.stories, grouping.moves, empty)
        save_vectors(connection, grouping.vectors)
        move_vectors(connection, grouping.moves)
        save_terms(connection, grouping.terms)
