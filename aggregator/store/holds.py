"""Hosts that told us to wait (429): kept here, so that every process and the next run know."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from aggregator.store.database import Database
from aggregator.store.tables import holds
from aggregator.store.upserts import upsert


def held(db: Database, *, now: datetime) -> dict[str, datetime]:
    """Each host that is not to be asked yet, and until when."""
    with db.reading() as connection:
        rows = connection.execute(select(holds.c.host, holds.c.until).where(holds.c.until > now))
        return {host: until for host, until in rows}  # noqa: C416  (a Row is no pair for dict())


def hold(db: Database, host: str, until: datetime, *, now: datetime) -> None:
    """Keep a host's wish; what has lapsed is forgotten."""
    with db.writing() as connection:
        connection.execute(delete(holds).where(holds.c.until <= now))
        standing = connection.execute(select(holds.c.until).where(holds.c.host == host)).scalar()
        upsert(connection, holds, [{"host": host, "until": max(until, standing or until)}])
