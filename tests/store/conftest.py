"""One contract suite for both databases: every test that takes `db` or `url` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from aggregator.store.database import Database, open_database
from tests.store import postgres


@dataclass(frozen=True)
class Postgres:
    """A running server with one finished store to copy from."""

    address: str
    numbers: Iterator[int] = field(default_factory=count)

    def empty(self) -> str:
        """The address of a new database without tables."""
        return self.new("")

    def made(self) -> str:
        """The address of a new store."""
        return self.new(" TEMPLATE model")

    def new(self, rest: str) -> str:
        name = f"store_{next(self.numbers)}"
        postgres.administer(self.address, f"CREATE DATABASE {name}{rest}")
        return self.address.format(name=name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    folder = postgres.programs()
    if folder is None:
        missing = "no PostgreSQL server is installed here (initdb and pg_ctl)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with postgres.server(folder) as address:
        postgres.administer(address, "CREATE DATABASE model")
        open_database(address.format(name="model"), create=True).close()
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
        return server.made()
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


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = open_database(url)
    yield database
    database.close()
