"""Brings a backup of a SQLite store back. The present store is set aside under another name, never overwritten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import count
from pathlib import Path
from urllib.parse import quote

from aggregator.errors import StoreError
from aggregator.store.database import HEAD, VERSIONS, file_of, open_database, parse_address, restore
from aggregator.store.integrity import examine

LOGS = ("", "-wal", "-shm")
"""A SQLite store's files: they belong together."""


def bring_back(url: str, source: Path) -> Path | None:
    """Put a backup in the place of the store, at this program's schema; returns where the present store now is.

    Raises StoreError where the backup is missing, damaged, newer than this program or no store; then all stays as it
    is. No program may have the store open.
    """
    address = parse_address(url)
    if address.get_backend_name() != "sqlite":
        raise StoreError("PostgreSQL: use pg_restore, or psql, on what pg_dump wrote")
    target = file_of(address)
    check(source, target)
    aside = set_aside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        restore(url, source)
        open_database(url).close()
    except BaseException:
        if aside is not None:
            move(aside, target)
        raise
    return aside


def check(source: Path, target: Path) -> None:
    """Raise StoreError unless the backup is a store that this program can read."""
    if not source.is_file():
        raise StoreError(f"there is no backup {source}")
    if target.exists() and source.samefile(target):
        raise StoreError(f"{source} is the store itself")
    examine(source)
    version = version_of(source)
    if version is None:
        raise StoreError(f"{source} is no copy of a store: it has no schema number")
    if version not in VERSIONS:
        raise StoreError(
            f"backup {source} has schema {version}, this program knows up to {HEAD}: update aggregator first"
        )


def version_of(path: Path) -> str | None:
    """The schema's number in a file, which is only read; None where it holds no store."""
    address = f"file:{quote(str(path.absolute()))}?immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        return None
    return str(row[0]) if row else None


def set_aside(target: Path) -> Path | None:
    """Give the store's files another name; None where there is no store."""
    if not target.exists():
        return None
    names = (target.with_name(f"{target.name}.before-restore{'' if n == 1 else f'-{n}'}") for n in count(1))
    aside = next(name for name in names if not name.exists())
    move(target, aside)
    return aside


def move(old: Path, new: Path) -> None:
    """Rename a store's files."""
    for log in LOGS:
        part = old.with_name(old.name + log)
        if part.exists():
            part.replace(new.with_name(new.name + log))
