"""What corrections by hand rest on, on both databases: the log, labels by grouping alone, what does not fit together."""

from __future__ import annotations

from dataclasses import asdict

from alembic import command
from sqlalchemy import update

from aggregator.store import database as opening
from aggregator.store import entries, grouping, migrating, overrides, tables
from aggregator.store.consistency import inconsistencies
from aggregator.store.database import Database, open_database
from aggregator.store.replaying import grouped_since
from tests.store.builders import DAY, HOUR, NOW, fingerprint, grouped, piece, stored, story, vector


def test_a_correction_and_its_undo_each_make_its_entries_wait_for_grouping(db: Database) -> None:
    first, second, third = (item.id for item in stored(db, "a", "b", "c"))
    grouped(db, entries=(first, second, third), pieces=(piece(first), piece(second), piece(third)))
    with db.writing() as connection:
        connection.execute(update(tables.entries).values(work=entries.DONE))
    number = overrides.append(db, "merge", {"level": "piece", "entries": [first, third]}, now=NOW)
    assert [item.id for item in entries.waiting(db, 9)] == [first, third]
    grouped(db, entries=(first, third))
    assert entries.waiting_count(db) == 0
    assert overrides.undo(db, number, NOW + HOUR)
    assert [item.id for item in entries.waiting(db, 9)] == [first, third]
    assert not overrides.undo(db, number, NOW + DAY)


def test_a_sound_store_has_no_inconsistencies_and_each_kind_is_told_in_words(db: Database) -> None:
    first, second = (item.id for item in stored(db, "a", "b"))
    prints = (fingerprint(first), fingerprint(second))
    grouped(db, pieces=(piece(first), piece(second)), stories=(story(first, second),), fingerprints=prints)
    assert inconsistencies(db, prints[0].scheme) == ()
    assert inconsistencies(db, "newer") == (
        "2 signatures were made by another version and cannot be compared with new ones",
    )
    with db.writing() as connection:
        connection.execute(tables.copies.delete().where(tables.copies.c.entry_id == second))
    assert inconsistencies(db, prints[0].scheme) == (
        "1 entries name a piece and have no place in it",
        "1 pieces hold no entry",
    )


def test_grouped_entries_come_in_order_of_arrival_from_a_moment_on(db: Database) -> None:
    ids = [stored(db, guid, first_seen=NOW + at)[0].id for guid, at in (("a", 0 * HOUR), ("b", HOUR), ("c", DAY))]
    grouped(db, pieces=tuple(piece(key) for key in ids[:2]))
    assert [item.id for item in grouped_since(db, NOW)] == ids[:2]
    assert [item.id for item in grouped_since(db, NOW + HOUR)] == [ids[1]]


def test_an_older_store_learns_from_its_stories_what_grouping_alone_says(empty_url: str) -> None:
    engine = opening.make_engine(opening.parse_address(empty_url))
    kept = asdict(vector(2, story=2))
    with engine.connect() as connection, connection.begin():
        command.upgrade(migrating.configuration(connection), "0003")
        for table, row in (
            (tables.pieces, {"id": 2, "original": None, "confidence": 0.5, "quoted_in": ()}),
            (tables.stories, {"id": 1, "first_at": NOW, "last_at": NOW, "see_also": ()}),
            (tables.story_pieces, {"piece_id": 2, "story_id": 1, "position": 0}),
            (tables.vectors, kept),
        ):
            connection.execute(table.insert().values(row))
    engine.dispose()
    db = open_database(empty_url)
    assert grouping.labels(db, pieces=[2]) == {2: (1, NOW)}
    db.close()
