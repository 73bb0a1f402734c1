"""Insert-or-update for both databases, and long lists cut to what one statement may carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

Item = TypeVar("Item")

MAX_LIST = 5_000
"""Values in one IN list: SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535, and a lookup uses three."""


def portions(items: Iterable[Item], size: int = MAX_LIST) -> Iterator[list[Item]]:
    """The items in lists of at most `size`, in order."""
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion


def insert_for(connection: Connection, table: Table) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT; both spell it alike."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  (a twentieth of a second that SQLite does not need)

    return postgresql.insert(table)


def upsert(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; where the primary key stands already, replace every other column that the rows name."""
    if not rows:
        return
    statement = insert_for(connection, table)
    keys = [key.name for key in table.primary_key.columns]
    fresh = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=fresh), list(rows))


def insert_missing(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], unique: Sequence[str]
) -> None:
    """Insert the rows whose `unique` columns do not stand already."""
    if rows:
        connection.execute(insert_for(connection, table).on_conflict_do_nothing(index_elements=unique), list(rows))
