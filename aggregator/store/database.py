"""Opens the store and hands out connections: one transaction for every writing block, one snapshot for every reading.

SQLite runs with a write-ahead log, `synchronous=NORMAL` and BEGIN IMMEDIATE, so that writers queue instead of failing;
PostgreSQL (psycopg 3) runs the same statements. Passwords never reach a message. Alembic is not imported here.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, inspect, text
from sqlalchemy.engine import URL, make_url

from aggregator.errors import NoStoreError, StoreError
from aggregator.store.integrity import REMEDY, examine, problems
from aggregator.store.tables import metadata

VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
"""Every schema this program can read, oldest first: the numbers of the files in migrations/versions."""
HEAD = VERSIONS[-1]

BUSY_TIMEOUT = 30
"""Seconds that a SQLite writer waits for another: the longest transaction we make takes about one."""

MIGRATION_LOCK = 7_246_873
"""PostgreSQL advisory lock, any fixed number: of two programs that open an old store, one waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An open store. `name` is its address without a password, for messages."""

    engine: Engine
    name: str

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot: whatever others write meanwhile, all statements see the same state."""
        with store_errors(self.name), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        with store_errors(self.name), self.engine.connect() as connection:
            connection.execution_options(immediate=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every connection; SQLite then folds its log into the file."""
        self.engine.dispose()


@contextmanager
def store_errors(name: str) -> Iterator[None]:
    """Turn what the database cannot do into StoreError; what we asked wrongly stays what it is."""
    try:
        yield
    except (exc.IntegrityError, exc.DataError, exc.ProgrammingError, exc.NotSupportedError):
        raise
    except exc.DatabaseError as problem:
        raise StoreError(f"store {name}: {advice(str(problem.orig).strip())}") from problem


def advice(problem: str) -> str:
    """The database's own words and what to do about them."""
    if "malformed" in problem or "not a database" in problem:
        return f"{problem}. {REMEDY}"
    if "locked" in problem:
        return f"{problem}: another program has been writing for {BUSY_TIMEOUT} s; try again when it is done"
    if "full" in problem:
        return f"{problem}: free some space and run again; nothing is lost"
    return problem


def open_database(url: str, *, create: bool = False) -> Database:
    """Open the store, bringing an older one to this program's schema; `create` makes a missing one.

    Raises StoreError where it is missing, damaged, newer than this program or not ours; it is then left untouched.
    """
    address = parse_address(url)
    if address.get_backend_name() == "sqlite":
        look_at_file(address, create=create)
    database = Database(engine=make_engine(address), name=address.render_as_string(hide_password=True))
    try:
        prepare(database, create=create)
    except BaseException:
        database.close()
        raise
    return database


def parse_address(url: str) -> URL:
    """The address with the driver that we ship. Raises StoreError for any database but the two."""
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (exc.ArgumentError, ValueError) as problem:
        raise StoreError("[store] url cannot be read; write sqlite:///FILE or postgresql://HOST/NAME") from problem
    if backend in {"postgresql", "postgres"}:
        return address.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f'[store] url begins with "{backend}"; only sqlite and postgresql are known')
    if address.database in {None, "", ":memory:"}:
        raise StoreError("[store] url must name a file: several connections would each see a memory of their own")
    return address.set(drivername="sqlite+pysqlite")


def file_of(address: URL) -> Path:
    """The file of a SQLite address."""
    return Path(address.database or "")


def look_at_file(address: URL, *, create: bool) -> None:
    """Judge the file before SQLite touches it."""
    path = file_of(address)
    if path.exists() and (path.is_dir() or path.stat().st_size):
        examine(path)
    elif not create:
        state = "is empty" if path.exists() else "does not exist"
        raise NoStoreError(f"store {path} {state}: make one with `aggregator init`, or bring back a backup")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)


def make_engine(address: URL) -> Engine:
    """The connection pool, set up for its database."""
    try:
        if address.get_backend_name() == "sqlite":
            return sqlite_engine(address)
        return create_engine(address, pool_pre_ping=True, hide_parameters=True)
    except ModuleNotFoundError as problem:
        raise StoreError("PostgreSQL needs psycopg: install `aggregator[postgres]`") from problem


def sqlite_engine(address: URL) -> Engine:
    """SQLite with our transactions: the driver's own would begin late, and deadlock when a reader starts to write."""
    engine = create_engine(address, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT})

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # no BEGIN by the driver
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def prepare(database: Database, *, create: bool) -> None:
    """Make or upgrade the schema where needed."""
    with database.reading() as connection:
        version = stored_version(connection)
        ours = version is not None or not foreign(connection)
    if version == HEAD:
        return
    if version is not None and version not in VERSIONS:
        raise StoreError(
            f"store {database.name} was written by a newer program (schema {version}, this one knows up to {HEAD}): "
            "update aggregator, or bring back an older backup. The store was left as it is"
        )
    if not ours:
        raise StoreError(f"store {database.name} holds another program's tables: name another one in [store] url")
    if version is None and not create:
        raise NoStoreError(f"store {database.name} is empty: the first `aggregator poll` makes it")
    migrate(database)


def migrate(database: Database) -> None:
    """Run the missing migrations in one transaction; a program that waited for another finds nothing left to do."""
    from aggregator.store.migrating import upgrade  # noqa: PLC0415  (alembic takes 0.1 s and is needed once a release)

    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        if stored_version(connection) != HEAD:
            upgrade(connection)


def stored_version(connection: Connection) -> str | None:
    """The schema's number, None where no store was made yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def foreign(connection: Connection) -> bool:
    """Whether tables stand in the way that we did not make. PostgreSQL may hold others' beside ours."""
    present = set(inspect(connection).get_table_names())
    return bool(present) if connection.dialect.name == "sqlite" else bool(present & set(metadata.tables))


def backup(database: Database, target: Path) -> None:
    """Copy a SQLite store while others use it; the copy appears whole or not at all.

    Raises StoreError for PostgreSQL, whose own tools do this better, and where the target cannot be written.
    """
    if database.engine.dialect.name != "sqlite":
        raise StoreError(f"store {database.name}: use pg_dump; it copies a running PostgreSQL database consistently")
    copy_file(file_of(database.engine.url), target)


def restore(url: str, source: Path) -> None:
    """Put a backup in the place of a SQLite store. No other program may have that store open meanwhile.

    Raises StoreError where the backup is missing or damaged; the present store then stays.
    """
    address = parse_address(url)
    if address.get_backend_name() != "sqlite":
        raise StoreError("PostgreSQL: use pg_restore, or psql, on what pg_dump wrote")
    examine(source)
    if found := problems(source):
        raise StoreError(f"backup {source} is damaged: {found[0]}")
    copy_file(source, file_of(address))


def copy_file(source: Path, target: Path) -> None:
    """SQLite's online backup into a file beside the target, which then takes its place."""
    partial = target.with_name(target.name + ".part")
    try:
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(partial)) as new:
            old.backup(new)
        for leftover in ("-wal", "-shm"):  # the old store's log must not be replayed into the new file
            target.with_name(target.name + leftover).unlink(missing_ok=True)
        os.replace(partial, target)  # noqa: PTH105  (says that it replaces)
    except (OSError, sqlite3.Error) as problem:
        partial.unlink(missing_ok=True)
        raise StoreError(f"{source} could not be copied to {target}: {problem}") from problem
