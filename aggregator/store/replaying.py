"""Grouped entries in order of arrival, streamed, for grouping them again in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from aggregator.model import Entry
from aggregator.store.database import Database
from aggregator.store.entries import entry_of
from aggregator.store.pieces import ROWS_AT_ONCE
from aggregator.store.tables import entries


def grouped_since(db: Database, since: datetime) -> Iterator[Entry]:
    """The entries that have a piece and were first seen at `since` or later, by id."""
    wanted = (
        select(entries).where(entries.c.first_seen >= since, entries.c.piece_id.is_not(None)).order_by(entries.c.id)
    )
    with db.reading() as connection, connection.execution_options(yield_per=ROWS_AT_ONCE).execute(wanted) as rows:
        for row in rows:
            yield entry_of(row)
