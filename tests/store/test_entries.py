"""Saving polls, versions, lookups, and texts that want to break the store."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model import Enclosure, Entry, Validators
from aggregator.store import entries, feeds, request_log
from aggregator.store.database import Database, open_database
from aggregator.store.entries import MAX_REVISIONS
from tests.store.builders import DAY, HOUR, NOW, entry, grouped, listed, piece, plan, saved, stored

NASTY = [
    "Robert'); DROP TABLE entries;--",
    'double "quotes" and \\backslashes\\',
    "100%_sure ? :name {braces} %s $1",
    "\U0001f600 žluťoučký 漢字 \u202e\u2028\ufffe",
    "line\r\nbreak\ttab\x1b[31m\x7f",
    " ",
    "",
]


def everywhere(text: str, feed_id: int) -> Entry:
    """An entry with the text in every field that can hold one."""
    return Entry(
        feed_id=feed_id,
        outlet=text,
        guid=text,
        link=text,
        url=text,
        title=text,
        authors=(text, text),
        first_seen=NOW,
        language=text,
        tags=(text,),
        enclosures=(Enclosure(url=text, type=text, length=12), Enclosure(url=text)),
        html=text,
        summary=text,
        text=text,
        source_name=text,
        source_url=text,
        digest=b"\x00'\xff",
    )


@pytest.mark.parametrize("text", NASTY)
def test_any_text_comes_back_as_it_was(db: Database, text: str) -> None:
    feed = listed(db)[0]
    given = everywhere(text, feed.id)
    (kept,) = saved(db, plan(feed, given))
    assert replace(kept, id=0) == given
    assert entries.by_ids(db, [kept.id]) == (kept,)
    assert entries.known(db, feed.id, [text], []) == (kept,)
    assert entries.known(db, feed.id, [], [text]) == (kept,)
    assert entries.find(db, text) == kept


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "\udfffa\x00\x00b\ud800"])
def test_nuls_and_lone_surrogates_are_lost_and_nothing_else(db: Database, text: str) -> None:
    feed = listed(db)[0]
    (kept,) = saved(db, plan(feed, everywhere(text, feed.id), title=text, last_error=text))
    assert replace(kept, id=0) == everywhere("ab", feed.id)
    assert entries.known(db, feed.id, [text], []) == (kept,)
    assert entries.find(db, text) == kept
    assert feeds.all_feeds(db)[0].title == "ab"


def test_a_guid_far_longer_than_an_index_row_is_kept_and_found(db: Database) -> None:
    feed = listed(db)[0]
    guid = "".join(chr(0x4E00 + number % 20_000) for number in range(50_000))
    (kept,) = saved(db, plan(feed, everywhere(guid, feed.id)))
    assert kept.guid == guid
    assert entries.known(db, feed.id, [guid], []) == (kept,)
    assert saved(db, plan(feed, everywhere(guid, feed.id))) == ()


def test_guids_that_are_patterns_match_only_themselves(db: Database) -> None:
    feed = listed(db)[0]
    saved(db, plan(feed, entry(feed, "abc"), entry(feed, "a%"), entry(feed, "a_c")))
    assert [item.guid for item in entries.known(db, feed.id, ["a%"], [])] == ["a%"]


def test_new_entries_are_numbered_in_the_plans_order(db: Database) -> None:
    guids = [f"g{number}" for number in (5, 3, 9, 1)]
    new = stored(db, *guids)
    assert [item.guid for item in new] == guids
    assert [item.id for item in new] == sorted(item.id for item in new)


def test_saving_a_plan_twice_adds_nothing(db: Database) -> None:
    feed = listed(db)[0]
    first = saved(db, plan(feed, entry(feed, "g1"), entry(feed, "g2")))
    changed = replace(first[0], title="Corrected", digest=b"other")
    for _ in range(2):
        assert saved(db, plan(feed, entry(feed, "g1"), changed=[changed])) == ()
    (kept,) = entries.by_ids(db, [first[0].id])
    assert (kept.title, kept.revisions) == ("Corrected", 1)
    assert len(entries.revisions(db, [kept.id])[kept.id]) == 1


def test_a_guid_twice_in_one_plan_is_one_entry(db: Database) -> None:
    feed = listed(db)[0]
    new = saved(db, plan(feed, entry(feed, "g1", title="first"), entry(feed, "g1", title="second")))
    assert [item.title for item in new] == ["first"]


def test_the_same_guid_in_two_feeds_is_two_entries(db: Database) -> None:
    first, second = listed(db, "https://a.example/feed", "https://b.example/feed")
    new = [*saved(db, plan(first, entry(first))), *saved(db, plan(second, entry(second)))]
    assert len({item.id for item in new}) == 2
    assert entries.known(db, first.id, ["g1"], []) == (new[0],)


def test_known_finds_by_guid_or_address_and_each_entry_once(db: Database) -> None:
    feed = listed(db)[0]
    first, second, _ = saved(db, plan(feed, *(entry(feed, guid) for guid in ("g1", "g2", "g3"))))
    assert second.url is not None
    assert first.url is not None
    assert entries.known(db, feed.id, ["g1", "absent"], [first.url, second.url]) == (first, second)
    assert entries.known(db, feed.id, [], []) == ()


def test_entries_without_an_address_are_found_by_the_time_that_they_claim_or_by_claiming_none(db: Database) -> None:
    feed, other = listed(db, "https://a.example/feed", "https://b.example/feed")
    bare = {"link": None, "url": None}
    dated, undated, placed = saved(
        db,
        plan(
            feed, entry(feed, "g1", published=NOW, **bare), entry(feed, "g2", **bare), entry(feed, "g3", published=NOW)
        ),
    )
    saved(db, plan(other, entry(other, "g1", published=NOW, **bare)))
    assert placed.url is not None
    assert entries.known(db, feed.id, [], [], [NOW]) == (dated,)
    assert entries.known(db, feed.id, [], [], [None]) == (undated,)
    assert entries.known(db, feed.id, [], [], {NOW, None, NOW + HOUR}) == (dated, undated)
    assert entries.known(db, feed.id, ["g3"], [], [NOW + HOUR]) == (placed,)


def test_more_guids_than_one_statement_takes_are_looked_up(db: Database) -> None:
    feed = listed(db)[0]
    saved(db, plan(feed, entry(feed, "g1")))
    found = entries.known(db, feed.id, [f"g{number}" for number in range(33_000)], ["https://absent.example/"])
    assert [item.guid for item in found] == ["g1"]


def test_what_stood_before_a_change_becomes_a_revision(db: Database) -> None:
    feed = listed(db)[0]
    (first,) = saved(db, plan(feed, entry(feed, text="old text", updated=NOW - HOUR)))
    new = replace(first, title="New", text="new text", digest=b"2", updated=NOW, tags=("t",), outlet="o2.example")
    saved(db, plan(feed, changed=[new]), now=NOW + HOUR)
    (kept,) = entries.by_ids(db, [first.id])
    assert kept == replace(new, revisions=1)
    (revision,) = entries.revisions(db, [first.id])[first.id]
    assert (revision.title, revision.text, revision.updated) == (first.title, "old text", NOW - HOUR)
    assert (revision.link, revision.replaced_at) == (first.link, NOW + HOUR)


def test_a_change_never_moves_an_entry_in_time_or_out_of_its_piece(db: Database) -> None:
    (first,) = stored(db, "g1")
    grouped(db, pieces=(piece(first.id),), entries=(first.id,))
    feed = feeds.all_feeds(db)[0]
    stale = replace(first, digest=b"2", piece_id=None, first_seen=NOW + DAY, guid="other", revisions=40)
    saved(db, plan(feed, changed=[stale]))
    (kept,) = entries.by_ids(db, [first.id])
    assert (kept.piece_id, kept.first_seen, kept.guid, kept.revisions) == (first.id, NOW, "g1", 1)


def test_an_entry_that_changes_at_every_poll_keeps_its_first_and_latest_versions(db: Database) -> None:
    (item,) = stored(db, "g1", text="version 0")
    feed = feeds.all_feeds(db)[0]
    for number in range(1, MAX_REVISIONS + 6):
        saved(db, plan(feed, changed=[replace(item, text=f"version {number}", digest=str(number).encode())]))
    kept = [revision.text for revision in entries.revisions(db, [item.id])[item.id]]
    assert len(kept) == MAX_REVISIONS
    assert (kept[0], kept[-1]) == ("version 0", f"version {MAX_REVISIONS + 4}")
    assert entries.by_ids(db, [item.id])[0].revisions == MAX_REVISIONS + 5


def test_nothing_of_a_poll_is_kept_when_its_transaction_breaks(db: Database) -> None:
    feed = listed(db)[0]
    broken = replace(feed, next_poll_at=NOW.replace(tzinfo=None), validators=Validators(etag='"2"'))
    with pytest.raises(Exception, match="without zone"):
        entries.save_plan(db, replace(plan(feed, entry(feed)), feed=broken), now=NOW, keep_log=3)
    assert entries.known(db, feed.id, ["g1"], []) == ()
    assert feeds.all_feeds(db)[0] == feed
    assert request_log.request_log(db) == ()


def test_eight_polls_saved_at_once_all_arrive(url: str) -> None:
    database = open_database(url)
    listings = listed(database, *(f"https://harbour.example/{number}" for number in range(8)))
    failures: list[BaseException] = []

    def save(number: int) -> None:
        own = open_database(url)
        feed = listings[number]
        try:
            for step in range(5):
                saved(own, plan(feed, *(entry(feed, f"{step}-{item}") for item in range(10))))
        except BaseException as problem:  # noqa: BLE001  (reported below)
            failures.append(problem)
        finally:
            own.close()

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert entries.waiting_count(database) == 400
    database.close()


def test_two_saves_of_one_poll_at_once_make_one_set_of_entries(url: str) -> None:
    database = open_database(url)
    feed = listed(database)[0]
    new: list[int] = []
    start = threading.Barrier(4)

    def save() -> None:
        start.wait()
        poll = plan(feed, *(entry(feed, f"g{item}") for item in range(20)))
        new.append(entries.save_plan(database, poll, now=NOW, keep_log=3))

    threads = [threading.Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == [0, 0, 0, 20]
    assert entries.waiting_count(database) == 20
    database.close()


# ---------------------------------------------------------------- work for grouping


def test_new_and_changed_entries_wait_by_id_up_to_the_limit(db: Database) -> None:
    first, second, third = stored(db, "g1", "g2", "g3")
    assert entries.waiting(db, 2) == (first, second)
    grouped(db, pieces=(piece(first.id, second.id),), entries=(first.id, second.id))
    feed = feeds.all_feeds(db)[0]
    saved(db, plan(feed, changed=[replace(second, digest=b"2")]))
    assert [(item.id, item.piece_id) for item in entries.waiting(db, 10)] == [(second.id, first.id), (third.id, None)]


def test_few_entries_are_taken_at_once_where_their_texts_are_long_and_always_one(db: Database) -> None:
    kept = stored(db, "g1", "g2", "g3")
    feed = feeds.all_feeds(db)[0]
    saved(db, plan(feed, changed=[replace(item, html="<p>" * 300, text="t" * 100, digest=b"2") for item in kept]))
    ids = [item.id for item in kept]
    assert [item.id for item in entries.waiting(db, 10, most=2500)] == ids[:2]
    assert [item.id for item in entries.waiting(db, 10, most=5000)] == ids
    assert [item.id for item in entries.waiting(db, 10, most=5)] == ids[:1]


def test_work_that_was_taken_and_never_saved_comes_again(db: Database) -> None:
    new = stored(db, "g1", "g2")
    assert entries.waiting(db, 10) == new
    assert entries.waiting(db, 10) == new


def test_a_change_that_arrives_while_its_entry_is_being_grouped_is_not_lost(db: Database) -> None:
    (item,) = stored(db, "g1")
    entries.waiting(db, 10)
    feed = feeds.all_feeds(db)[0]
    saved(db, plan(feed, changed=[replace(item, text="corrected", digest=b"2")]))
    grouped(db, pieces=(piece(item.id),), entries=(item.id,))
    assert [found.text for found in entries.waiting(db, 10)] == ["corrected"]


# ---------------------------------------------------------------- naming


def test_an_entry_is_found_by_id_address_link_and_guid(db: Database) -> None:
    first, second = stored(db, "tag:harbour.example,2026:1", "12345678901234567890123")
    for reference in (str(second.id), second.url, second.link, second.guid):
        assert reference is not None
        assert entries.find(db, reference) == second
    assert entries.find(db, first.guid) == first
    assert entries.find(db, "nothing of the kind") is None
    assert entries.find(db, "²") is None


def test_an_address_that_several_feeds_carry_names_the_earliest_entry(db: Database) -> None:
    first, second = listed(db, "https://a.example/feed", "https://b.example/feed")
    (earliest,) = saved(db, plan(first, entry(first)))
    saved(db, plan(second, entry(second)))
    assert earliest.url is not None
    assert entries.find(db, earliest.url) == earliest


def test_an_outlet_is_called_what_a_feed_of_its_own_is_called(db: Database) -> None:
    planet, own, later = listed(db, "https://planet.example/feed", "https://own.example/feed", "https://z.example/feed")
    saved(db, plan(planet, entry(planet, "g1", outlet="own.example"), entry(planet, "g2"), title="Planet"))
    saved(db, plan(own, entry(own, "g1", outlet="own.example"), title="Own News"))
    saved(db, plan(later, entry(later, "g1", outlet="own.example"), title="Own News: Sport"))
    assert entries.outlet_titles(db) == {"own.example": "Own News"}


def test_times_between_polls_are_exact_to_the_microsecond(db: Database) -> None:
    moment = NOW + timedelta(microseconds=1)
    (item,) = stored(db, "g1", first_seen=moment)
    assert item.first_seen == moment
