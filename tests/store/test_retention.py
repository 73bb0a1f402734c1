"""Forgetting by age."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from aggregator.store import editions, entries, feeds, grouping, outbox, retention, tables
from aggregator.store.database import Database
from aggregator.store.editions import NewMessage
from tests.store.builders import (
    DAY,
    MONDAY,
    NOW,
    edition,
    entry,
    fingerprint,
    grouped,
    listed,
    piece,
    plan,
    saved,
    stored,
    story,
    vector,
)

OLD = NOW - 100 * DAY


def test_old_entries_go_with_all_that_hangs_on_them(db: Database) -> None:
    (old,) = stored(db, "old", first_seen=OLD)
    (new,) = stored(db, "new")
    feed = feeds.all_feeds(db)[0]
    saved(db, plan(feed, changed=[replace(old, digest=b"2")]))
    both = (old.id, new.id)
    grouped(
        db,
        pieces=tuple(piece(key) for key in both),
        fingerprints=tuple(fingerprint(key) for key in both),
        stories=tuple(story(key) for key in both),
        vectors=tuple(vector(key) for key in both),
    )
    assert retention.purge(db, before=NOW - DAY) == 1
    assert [item.id for item in entries.by_ids(db, both)] == [new.id]
    assert entries.revisions(db, both) == {}
    assert [item.id for item in grouping.pieces(db, both)] == [new.id]
    assert [item.id for item in grouping.stories(db, both)] == [new.id]
    assert [item.key for item in grouping.fingerprints(db, since=OLD)] == [new.id]
    assert [item.piece for item in grouping.vectors(db, since=OLD)] == [new.id]
    with db.reading() as connection:
        assert connection.execute(select(tables.copies.c.entry_id)).scalars().all() == [new.id]


def test_a_purged_entry_that_its_feed_still_lists_does_not_come_back(db: Database) -> None:
    (old,) = stored(db, "old", first_seen=OLD)
    retention.purge(db, before=NOW - DAY)
    feed = feeds.all_feeds(db)[0]
    assert old.url is not None
    for guids, urls in ((["old"], []), ([], [old.url])):
        (stub,) = entries.known(db, feed.id, guids, urls)
        assert (stub.guid, stub.url, stub.digest, stub.first_seen) == (old.guid, old.url, old.digest, OLD)
    assert saved(db, plan(feed, entry(feed, "old"))) == ()
    assert saved(db, plan(feed, changed=[replace(stub, digest=b"edited", title="Edited")])) == ()
    assert entries.by_ids(db, [old.id]) == ()
    assert entries.waiting_count(db) == 0


def test_the_same_guid_in_another_feed_is_not_buried_with_it(db: Database) -> None:
    first, second = listed(db, "https://a.example/feed", "https://b.example/feed")
    saved(db, plan(first, entry(first, "g", first_seen=OLD)))
    retention.purge(db, before=NOW - DAY)
    assert entries.known(db, second.id, ["g"], []) == ()
    assert len(saved(db, plan(second, entry(second, "g")))) == 1


def test_a_piece_stays_whole_until_its_last_copy_is_old(db: Database) -> None:
    (old,) = stored(db, "old", first_seen=OLD)
    (new,) = stored(db, "new")
    grouped(db, pieces=(piece(old.id, new.id),))
    assert retention.purge(db, before=NOW - DAY) == 0
    assert len(grouping.pieces(db, [old.id])[0].copies) == 2
    assert retention.purge(db, before=NOW + DAY) == 2
    assert grouping.pieces(db, [old.id]) == ()


def test_purging_twice_does_nothing_more(db: Database) -> None:
    stored(db, "old", first_seen=OLD)
    assert retention.purge(db, before=NOW) == 1
    assert retention.purge(db, before=NOW) == 0


def test_more_entries_than_one_transaction_takes_are_all_purged(db: Database) -> None:
    count = retention.PORTION + 1
    stored(db, *(f"g{number}" for number in range(count)), first_seen=OLD)
    assert retention.purge(db, before=NOW) == count


def test_editions_stay_and_old_messages_lose_their_bytes_once_settled(db: Database) -> None:
    messages = [NewMessage(recipient=f"{name}@r.example", message_id=f"<{name}>", message=b"bytes") for name in "ab"]
    editions.save_edition(db, edition(MONDAY, 1), messages, now=OLD)
    first, _ = outbox.unsent(db, now=NOW, limit=9)
    outbox.record(db, first.id, state="sent", reply="250", next_attempt_at=None, now=OLD)
    retention.purge(db, before=NOW)
    assert editions.edition(db, "daily", MONDAY) == edition(MONDAY, 1)
    assert [row.message for row in outbox.unsent(db, now=NOW, limit=9)] == [b"bytes"]
    with db.reading() as connection:
        assert sorted(connection.execute(select(tables.outbox.c.message)).scalars()) == [b"", b"bytes"]
