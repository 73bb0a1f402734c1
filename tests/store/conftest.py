"""One contract suite for both databases: every test that takes `db` or `url` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from aggregator.store.database import HEAD, Database, open_database
from aggregator.store.tables import metadata
from tests.store import postgres


@dataclass(frozen=True)
class Postgres:
    """A running server with one finished store; emptying it takes a fortieth of the time that a new one takes."""

    address: str
    numbers: Iterator[int] = field(default_factory=count)

    def empty(self) -> str:
        """The address of a new database without tables."""
        name = f"empty_{next(self.numbers)}"
        postgres.administer(self.address, "postgres", f"CREATE DATABASE {name}")
        return self.address.format(name=name)

    def store(self) -> str:
        """The address of the store, emptied."""
        emptied = [f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)]
        version = f"UPDATE alembic_version SET version_num = '{HEAD}'"
        postgres.administer(self.address, "store", *emptied, version)
        return self.address.format(name="store")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    folder = postgres.programs()
    if folder is None:
        missing = "no PostgreSQL server is installed here (initdb and pg_ctl)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with postgres.server(folder) as address:
        postgres.administer(address, "postgres", "CREATE DATABASE store")
        open_database(address.format(name="store"), create=True).close()
        yield Postgres(address)


@pytest.fixture(scope="session")
def sqlite_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "store.sqlite"
    open_database(f"sqlite:///{path}", create=True).close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new store."""
    if backend == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        return server.store()
    model: Path = request.getfixturevalue("sqlite_model")
    shutil.copy(model, tmp_path / "store.sqlite")
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def empty_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a place where no store was made yet."""
    if backend == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        return server.empty()
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture(scope="session")
def shared(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Database]]:
    """One open store for each database: what SQLAlchemy has compiled once serves every test."""
    stores: dict[str, Database] = {}

    def opened(backend: str) -> Database:
        if backend not in stores:
            stores[backend] = open_database(request.getfixturevalue(f"{backend}_store"))
        return stores[backend]

    yield opened
    for store in stores.values():
        store.close()


@pytest.fixture(scope="session")
def postgresql_store(postgres_server: Postgres) -> str:
    return postgres_server.store()


@pytest.fixture(scope="session")
def sqlite_store(sqlite_model: Path) -> str:
    shutil.copy(sqlite_model, sqlite_model.with_name("shared.sqlite"))
    return f"sqlite:///{sqlite_model.with_name('shared.sqlite')}"


@pytest.fixture
def db(backend: str, shared: Callable[[str], Database]) -> Database:
    """An open store with nothing in it."""
    database = shared(backend)
    with database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    return database
