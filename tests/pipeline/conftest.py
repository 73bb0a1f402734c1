"""Stores for the use cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator.store.database import Database
from tests.pipeline.builders import Newsroom, newsroom
from tests.stores import new_store


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = new_store(tmp_path / "store.sqlite")
    yield database
    database.close()


@pytest.fixture(params=["started anew each time", "a daemon's memory"])
def room(database: Database, request: pytest.FixtureRequest) -> Newsroom:
    return newsroom(database, remembers=request.param == "a daemon's memory")
