"""Forgetting by age, so that what a feed still lists does not come back as new."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, literal, or_, select, update

from aggregator.store.database import Database
from aggregator.store.outbox import REFUSED, SENT
from aggregator.store.tables import copies, entries, outbox, pieces, stories, story_pieces, tombstones
from aggregator.store.upserts import portions

PORTION = 2_000
"""Entries purged in one transaction: others wait for it, about a tenth of a second."""


def purge(db: Database, *, before: datetime) -> int:
    """Remove entries first seen before a time, with all that hangs on them; return how many.

    A piece goes whole, when its last copy is old enough: what a republication copied must stay explainable. Stories
    without pieces go; editions stay as published. Tombstones stay, and messages past the limit lose their bytes.
    """
    gone = 0
    while purged := purge_portion(db, before):
        gone += purged
    with db.writing() as connection:
        settled = outbox.c.state.in_([SENT, REFUSED]) & (outbox.c.queued_at < before) & (outbox.c.message != b"")
        connection.execute(update(outbox).where(settled).values(message=b""))
    return gone


def purge_portion(db: Database, before: datetime) -> int:
    """Purge up to `PORTION` entries in one transaction and return how many."""
    with db.writing() as connection:
        ids = old_entries(connection, before)
        bury(connection, ids, before)
        remove_empty(connection)
        return len(ids)


def old_entries(connection: Connection, before: datetime) -> Sequence[int]:
    """Some of the entries that are old enough and whose pieces hold nothing younger."""
    sibling = entries.alias()
    younger = select(sibling.c.id).where(sibling.c.piece_id == entries.c.piece_id, sibling.c.first_seen >= before)
    lonely = or_(entries.c.piece_id.is_(None), ~younger.exists())
    wanted = select(entries.c.id).where(entries.c.first_seen < before, lonely).order_by(entries.c.id).limit(PORTION)
    return connection.execute(wanted).scalars().all()


def bury(connection: Connection, ids: Sequence[int], before: datetime) -> None:
    """Leave tombstones and delete the entries; revisions, copies and signatures go with them."""
    names = ("feed_id", "guid_key", "url_key", "entry_id", "guid", "url", "outlet", "first_seen", "digest", "purged_at")
    kept = [entries.c["id" if name == "entry_id" else name] for name in names[:-1]]
    for portion in portions(ids):
        old = select(*kept, literal(before, tombstones.c.purged_at.type)).where(entries.c.id.in_(portion))
        connection.execute(insert(tombstones).from_select(names, old))
        connection.execute(delete(entries).where(entries.c.id.in_(portion)))


def remove_empty(connection: Connection) -> None:
    """Pieces without copies and stories without pieces."""
    connection.execute(
        delete(pieces).where(~select(copies.c.entry_id).where(copies.c.piece_id == pieces.c.id).exists())
    )
    full = select(story_pieces.c.piece_id).where(story_pieces.c.story_id == stories.c.id).exists()
    connection.execute(delete(stories).where(~full))
