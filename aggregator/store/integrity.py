"""Looks at a SQLite file before it is opened, and never changes it: damaged files must stay for those who repair them.

Uses the standard library's sqlite3 in read-only mode: a writing connection would replay a log into the damaged file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from aggregator.errors import StoreError

MAGIC = b"SQLite format 3\x00"
"""First bytes of every SQLite database (sqlite.org/fileformat2.html 1.3)."""

QUICK_CHECK_MAX = 64_000_000
"""Bytes up to which every opening looks at all pages: about 0.1 s. `problems` does it for files of any size."""

REMEDY = (
    "The file was left as it is. Bring back a copy with `aggregator restore BACKUP`, or move it away and start anew"
)


def examine(path: Path) -> None:
    """Raise StoreError if the file cannot be a sound SQLite database; what is missing or empty is not judged."""
    if path.is_dir():
        raise StoreError(f"store {path} is a folder; [store] url must name a file")
    try:
        head, size = read_head(path)
    except OSError as problem:
        raise StoreError(f"store {path} cannot be read: {problem.strerror or problem}") from problem
    if not head.startswith(MAGIC):
        raise StoreError(f"store {path} is damaged or no database: it does not begin like one. {REMEDY}")
    if is_cut(path, head, size):
        raise StoreError(f"store {path} is damaged: its end is missing. {REMEDY}")
    if size <= QUICK_CHECK_MAX and (found := problems(path)):
        raise StoreError(f"store {path} is damaged: {found[0]}. {REMEDY}")


def read_head(path: Path) -> tuple[bytes, int]:
    """The file's header (100 bytes) and its size in bytes."""
    with path.open("rb") as file:
        return file.read(100), path.stat().st_size


def is_cut(path: Path, head: bytes, size: int) -> bool:
    """Whether the file is shorter than its header says; with a write-ahead log beside it SQLite must judge."""
    if log_size(path):
        return False
    page_size = int.from_bytes(head[16:18], "big")
    page_size = 65_536 if page_size == 1 else page_size  # file format 1.3.2
    return size < page_size * int.from_bytes(head[28:32], "big")


def log_size(path: Path) -> int | None:
    """Bytes in the write-ahead log, None where there is none: nobody has the store open then."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size
    except FileNotFoundError:
        return None


def problems(path: Path) -> tuple[str, ...]:
    """What SQLite's quick_check finds wrong, at most ten lines; empty when the file is sound.

    A store that nobody has open is read as immutable, which leaves no -wal and -shm beside a damaged file.
    """
    if log_size(path) is not None:
        return quick_check(path, "mode=ro")
    found = quick_check(path, "immutable=1")
    opened_meanwhile = bool(found) and log_size(path) is not None
    return quick_check(path, "mode=ro") if opened_meanwhile else found


def quick_check(path: Path, mode: str) -> tuple[str, ...]:
    """Run the check in one of SQLite's read-only modes (sqlite.org/uri.html)."""
    address = f"file:{quote(str(path.absolute()))}?{mode}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(10)")]
    except sqlite3.DatabaseError as problem:
        return (str(problem),)
    return () if found == ["ok"] else tuple(line.replace("\n", " ") for line in found)
