"""New SQLite stores for tests, without what each would cost: 50 ms for the migrations, and as much again for statements.

The store is made once in a process and its file copied for each test. SQLAlchemy keeps the statements that it has
compiled with the engine: one engine serves one store after another, and only the file behind it changes.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import event

from aggregator.store.database import Database, open_database


@cache
def model() -> bytes:
    """The bytes of a store's file with nothing in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        open_database(f"sqlite:///{path}", create=True).close()
        return path.read_bytes()


_places: list[Path] = []
"""Where the store is that was opened last, the last one; all connections lead there."""


def new_store(path: Path) -> Database:
    """An open store with nothing in it, in a new file. The one before it must be done with."""
    assert not path.exists()
    path.write_bytes(model())
    _places[:] = [path]
    database = _serving()
    database.close()
    return database


@cache
def _serving() -> Database:
    """The database whose next connection leads to the last place, wherever it was opened first."""
    database = open_database(f"sqlite:///{_places[-1]}")

    @event.listens_for(database.engine, "do_connect")
    def connecting(_dialect: Any, _record: Any, arguments: list[Any], _more: Any) -> None:
        arguments[0] = str(_places[-1])

    return database
