"""Corrections by hand: an append-only log, so that recomputing everything keeps them and nothing is ever lost.

What a correction is about waits for grouping again in the same transaction: grouping alone applies corrections.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from aggregator.store.database import Database
from aggregator.store.entries import WAITING
from aggregator.store.tables import entries, overrides


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One correction; `undone_at` is set once it was taken back. `arguments` hold `level` and `entries`."""

    id: int
    kind: str
    arguments: dict[str, Any]
    made_at: datetime
    undone_at: datetime | None


def append(db: Database, kind: str, arguments: dict[str, Any], *, now: datetime) -> int:
    """Add a correction and return its number; the entries that it names wait for grouping again."""
    row = {"kind": kind, "arguments": arguments, "made_at": now}
    with db.writing() as connection:
        regroup(connection, arguments.get("entries", ()))
        return int(connection.execute(insert(overrides).values(row).returning(overrides.c.id)).scalar_one())


def undo(db: Database, override: int, now: datetime) -> bool:
    """Take a correction back; False if there is none of that number or it was taken back before."""
    standing = update(overrides).where(overrides.c.id == override, overrides.c.undone_at.is_(None))
    with db.writing() as connection:
        taken = connection.execute(standing.values(undone_at=now).returning(overrides.c.arguments)).scalar()
        regroup(connection, (taken or {}).get("entries", ()))
        return taken is not None


def regroup(connection: Connection, ids: Collection[int]) -> None:
    """Let entries wait for grouping."""
    connection.execute(update(entries).where(entries.c.id.in_(ids)).values(work=WAITING))


def listing(db: Database) -> tuple[Override, ...]:
    """Every correction in the order of making, those taken back included."""
    with db.reading() as connection:
        rows = connection.execute(select(overrides).order_by(overrides.c.id)).mappings()
        return tuple(Override(**row) for row in rows)
