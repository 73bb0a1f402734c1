"""Every table and column, each with its meaning. No statement stands here and no decision.

A change needs a new file in migrations/versions and its number in `database.VERSIONS`; a test compares the two.
"""

from __future__ import annotations

from aggregator.store.tables.collected import entries, feeds, holds, requests, revisions, robots, tombstones
from aggregator.store.tables.grouped import (
    boilerplate,
    copies,
    fingerprints,
    piece_aliases,
    pieces,
    stories,
    story_aliases,
    story_moves,
    story_pieces,
    terms,
    vectors,
)
from aggregator.store.tables.published import edition_stories, editions, leases, outbox, overrides
from aggregator.store.tables.schema import metadata

__all__ = [
    "boilerplate",
    "copies",
    "edition_stories",
    "editions",
    "entries",
    "feeds",
    "fingerprints",
    "holds",
    "leases",
    "metadata",
    "outbox",
    "overrides",
    "piece_aliases",
    "pieces",
    "requests",
    "revisions",
    "robots",
    "stories",
    "story_aliases",
    "story_moves",
    "story_pieces",
    "terms",
    "tombstones",
    "vectors",
]
