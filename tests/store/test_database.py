"""Opening, refusing, upgrading, transactions, backup."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from aggregator.errors import NoStoreError, StoreError
from aggregator.store import database as opening
from aggregator.store import entries, feeds, migrating
from aggregator.store.database import VERSIONS, Database, backup, open_database, restore
from aggregator.store.tables import metadata
from tests.store.builders import entry, listed, plan, saved, stored


def test_a_missing_store_is_refused_and_not_made(empty_url: str, tmp_path: Path) -> None:
    with pytest.raises(NoStoreError, match=r"aggregator (init|poll)"):
        open_database(empty_url)
    assert not list(tmp_path.iterdir())


def test_a_store_that_was_made_opens_again(empty_url: str) -> None:
    open_database(empty_url, create=True).close()
    database = open_database(empty_url)
    assert feeds.all_feeds(database) == ()
    database.close()


def test_migrations_from_nothing_to_head_equal_the_tables(empty_url: str) -> None:
    database = open_database(empty_url, create=True)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_the_program_knows_the_same_versions_as_the_migrations_folder() -> None:
    scripts = ScriptDirectory.from_config(migrating.configuration())
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == VERSIONS


def test_an_older_store_is_upgraded_on_opening(empty_url: str) -> None:
    engine = opening.make_engine(opening.parse_address(empty_url))
    with engine.connect() as connection, connection.begin():
        command.upgrade(migrating.configuration(connection), VERSIONS[0])
    engine.dispose()
    database = open_database(empty_url)
    with database.reading() as connection:
        assert opening.stored_version(connection) == VERSIONS[-1]
    database.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(empty_url: str) -> None:
    engine = opening.make_engine(opening.parse_address(empty_url))
    with engine.connect() as connection, connection.begin():
        command.upgrade(migrating.configuration(connection), VERSIONS[0])
        connection.execute(text("CREATE TABLE edition_stories (obstacle INTEGER)"))  # the last migration trips over it
    with pytest.raises(Exception, match="edition_stories"):
        open_database(empty_url)
    with engine.connect() as connection:
        assert opening.stored_version(connection) == VERSIONS[0]
    engine.dispose()


def test_two_programs_may_make_one_store_at_once(empty_url: str) -> None:
    failures: list[BaseException] = []

    def make() -> None:
        code = f"from aggregator.store.database import open_database\nopen_database({empty_url!r}, create=True).close()"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        if done.returncode:
            failures.append(AssertionError(done.stderr))

    threads = [threading.Thread(target=make) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    open_database(empty_url).close()


def test_a_newer_store_is_refused_with_both_versions_named(url: str) -> None:
    database = open_database(url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match=f"9999.*{VERSIONS[-1]}"):
        open_database(url)


def test_another_programs_tables_are_refused(empty_url: str) -> None:
    engine = opening.make_engine(opening.parse_address(empty_url))
    with engine.connect() as connection, connection.begin():
        connection.execute(text("CREATE TABLE entries (id INTEGER)"))
    engine.dispose()
    with pytest.raises(StoreError, match="another program"):
        open_database(empty_url, create=True)


def test_an_error_inside_a_transaction_takes_all_of_it_back(db: Database) -> None:
    def write_and_fail() -> None:
        with db.writing() as connection:
            connection.execute(text("INSERT INTO terms (language, pieces, terms, counts) VALUES ('en', 1, '', '')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with db.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM terms")).scalar() == 0


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(db: Database) -> None:
    with db.reading() as connection:
        before = connection.execute(text("SELECT count(*) FROM feeds")).scalar()
        listed(db)
        assert connection.execute(text("SELECT count(*) FROM feeds")).scalar() == before == 0
    assert len(feeds.all_feeds(db)) == 1


def test_every_table_and_column_is_explained() -> None:
    assert [name for name, rows in metadata.tables.items() if not rows.comment] == []
    assert [str(column) for rows in metadata.tables.values() for column in rows.columns if not column.comment] == []


def test_polling_a_feed_that_did_not_change_loads_no_alembic(url: str) -> None:
    code = f"""
import sys
from datetime import UTC, datetime, timedelta
from aggregator.config import FeedTable
from aggregator.model import FeedPlan
from aggregator.store import entries, feeds
from aggregator.store.database import open_database
db, now = open_database({url!r}), datetime(2026, 3, 1, tzinfo=UTC)
feeds.sync(db, [FeedTable(url="https://harbour.example/feed")], now=now)
(feed,) = feeds.claim_due(db, now=now, limit=9, worker="w", lease=timedelta(minutes=1))
entries.known(db, feed.id, ["g"], ["https://harbour.example/g"])
entries.save_plan(db, FeedPlan(feed=feed, status="not-modified"), now=now, keep_log=3)
assert entries.waiting(db, 10) == ()
db.close()
print([name for name in ("alembic", "numpy", "datasketch", "scipy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize("address", ["mysql://host/name", "nonsense", "", "sqlite://", "sqlite:///:memory:"])
def test_an_address_that_no_store_can_have_is_refused(address: str) -> None:
    with pytest.raises(StoreError, match=r"\[store\] url"):
        open_database(address, create=True)


def test_a_password_never_reaches_a_message(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        open_database(f"postgresql://editor:hunter2@/news?host={tmp_path}")
    assert "hunter2" not in str(refused.value)
    assert "editor" in str(refused.value)


# ---------------------------------------------------------------- damaged SQLite files


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A closed store of some hundred pages."""
    path = tmp_path / "full.sqlite"
    database = open_database(f"sqlite:///{path}", create=True)
    feed = listed(database)[0]
    saved(database, plan(feed, *(entry(feed, f"g{number}", html="word " * 1500) for number in range(60))))
    database.close()
    return path


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def shortened_by_a_page(content: bytes) -> bytes:
    return content[:-4096]


def garbage(content: bytes) -> bytes:
    return b"garbage!" * (len(content) // 8)


def zeroes(content: bytes) -> bytes:
    return bytes(len(content))


def one_page_zeroed(content: bytes) -> bytes:
    return content[: 4096 * 5] + bytes(4096) + content[4096 * 6 :]


def nothing(content: bytes) -> bytes:
    return content[:0]


@pytest.mark.parametrize("damage", [cut, shortened_by_a_page, garbage, zeroes, one_page_zeroed, nothing])
def test_a_damaged_file_is_refused_and_left_as_it_is(full: Path, damage: object) -> None:
    assert callable(damage)
    content = damage(full.read_bytes())
    full.write_bytes(content)
    with pytest.raises(StoreError, match=r"backup|restore"):
        open_database(f"sqlite:///{full}")
    assert full.read_bytes() == content
    assert [path.name for path in full.parent.iterdir()] == [full.name]


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder"):
        open_database(f"sqlite:///{tmp_path}", create=True)


def test_damage_met_while_reading_is_a_store_error(full: Path) -> None:
    database = open_database(f"sqlite:///{full}")
    database.engine.dispose()
    content = bytearray(full.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    full.write_bytes(content)
    with pytest.raises(StoreError, match="restore"):
        feeds.all_feeds(database)
    database.close()


def test_a_store_killed_with_its_log_beside_it_opens_whole(full: Path, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{full}")
    listed(database, "https://other.example/feed")
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in (full.name, f"{full.name}-wal"):  # as a power cut leaves them
        (killed / name).write_bytes((tmp_path / name).read_bytes())
    database.close()
    again = open_database(f"sqlite:///{killed / full.name}")
    assert [feed.url for feed in feeds.all_feeds(again)] == ["https://other.example/feed"]
    again.close()


# ---------------------------------------------------------------- backup


def test_a_backup_made_while_the_store_is_in_use_opens_with_the_same_content(full: Path, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{full}")
    with database.reading() as connection:
        connection.execute(text("SELECT 1"))
        backup(database, tmp_path / "copy.sqlite")
    database.close()
    copy = open_database(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    assert len(entries.waiting(copy, 1000)) == 60
    copy.close()


def test_a_backup_that_cannot_be_written_says_so_and_leaves_nothing(full: Path, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{full}")
    with pytest.raises(StoreError, match="could not be copied"):
        backup(database, tmp_path / "missing" / "copy.sqlite")
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == [full.name]


def test_a_restored_backup_takes_the_place_of_a_damaged_store(full: Path, tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{full}")
    backup(database, tmp_path / "copy.sqlite")
    database.close()
    full.write_bytes(b"")
    restore(f"sqlite:///{full}", tmp_path / "copy.sqlite")
    again = open_database(f"sqlite:///{full}")
    assert entries.waiting_count(again) == 60
    again.close()


def test_a_damaged_backup_is_not_restored(full: Path, tmp_path: Path) -> None:
    before = full.read_bytes()
    (tmp_path / "copy.sqlite").write_bytes(cut(before))
    with pytest.raises(StoreError, match="damaged"):
        restore(f"sqlite:///{full}", tmp_path / "copy.sqlite")
    assert full.read_bytes() == before


def test_a_postgresql_store_is_left_to_its_own_backup_tools(postgres_server: object, url: str, backend: str) -> None:
    del postgres_server
    database = open_database(url)
    if backend == "postgresql":
        with pytest.raises(StoreError, match="pg_dump"):
            backup(database, Path("copy"))
    database.close()


def test_the_file_works_with_a_write_ahead_log_and_foreign_keys(full: Path) -> None:
    database = open_database(f"sqlite:///{full}")
    with database.reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 1
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()
    with closing(sqlite3.connect(full)) as raw:
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []


def test_ids_of_purged_entries_are_not_given_again(db: Database) -> None:
    (first,) = stored(db, "g1")
    with db.writing() as connection:
        connection.execute(text("DELETE FROM entries"))
    (second,) = stored(db, "g2")
    assert second.id > first.id
