"""The config's list, claims, and the request log."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aggregator.errors import StoreError
from aggregator.model import Feed, Validators
from aggregator.store import entries, feeds, request_log
from aggregator.store.database import Database, open_database
from tests.store.builders import DAY, HOUR, NOW, entry, listed, plan, saved, table

LEASE = timedelta(minutes=15)
FIRST, SECOND = "https://harbour.example/feed", "https://other.example/feed"


def claim(db: Database, *, worker: str = "w1", limit: int = 100, at: timedelta = timedelta(), **more: Any) -> list[int]:
    given: dict[str, Any] = {"limit": limit, "worker": worker, "lease": LEASE} | more
    return [feed.id for feed in feeds.claim_due(db, now=NOW + at, **given)]


def only(db: Database) -> Feed:
    (feed,) = feeds.all_feeds(db)
    return feed


# ---------------------------------------------------------------- sync


def test_a_listed_feed_is_due_at_once(db: Database) -> None:
    feeds.sync(db, [table(FIRST, title="Harbour", category="port", interval=HOUR)], now=NOW)
    feed = only(db)
    assert (feed.url, feed.title, feed.category, feed.interval) == (FIRST, "Harbour", "port", HOUR)
    assert (feed.next_poll_at, feed.next_poll_why) == (NOW, "new feed")


def test_an_address_listed_twice_is_one_feed_with_the_first_settings(db: Database) -> None:
    feeds.sync(db, [table(FIRST, category="a"), table(FIRST, category="b")], now=NOW)
    assert only(db).category == "a"


def test_changed_settings_reach_the_feed_and_leave_what_polls_learnt(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(feed, title="Own title", validators=Validators(etag='W/"1"'), body_hash=b"h"))
    feeds.sync(db, [table(FIRST, outlet="Harbour News", ignore_validators=True)], now=NOW + HOUR)
    feed = only(db)
    assert (feed.outlet, feed.ignore_validators) == ("Harbour News", True)
    assert (feed.title, feed.validators.etag, feed.body_hash) == ("Own title", 'W/"1"', b"h")
    assert feed.next_poll_at == NOW + HOUR


def test_an_unlisted_feed_is_retired_and_its_entries_stay(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(feed, entry(feed)))
    listed(db, SECOND)
    assert [feed.url for feed in feeds.all_feeds(db)] == [SECOND]
    assert entries.find(db, "g1") is not None
    assert feed.id not in claim(db, at=DAY)


def test_a_feed_that_comes_back_is_the_same_feed(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    listed(db, SECOND)
    listed(db, FIRST, SECOND)
    assert [found.id for found in feeds.all_feeds(db) if found.url == FIRST] == [feed.id]


def test_nothing_is_written_when_the_list_is_the_same(db: Database) -> None:
    listed(db, FIRST)
    with db.writing():  # on SQLite another writer would have to wait for this one, and fail
        feeds.sync(db, [table(FIRST)], now=NOW + HOUR)
    assert only(db).next_poll_at == NOW


@pytest.mark.parametrize("change", [{"interval": HOUR}, {"headers": {"X-Key": "1"}}, {"auth_env": "HARBOUR"}])
@pytest.mark.parametrize("stop", [{"gone": True}, {"next_poll_at": None}])
def test_changed_interval_or_authorisation_lets_a_stopped_feed_go_on(
    db: Database, change: dict[str, Any], stop: dict[str, Any]
) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(feed, failures=3, **stop))
    assert claim(db, at=DAY) == []
    feeds.sync(db, [table(FIRST, **change)], now=NOW + DAY)
    assert claim(db, at=DAY) == [feed.id]
    assert (only(db).failures, only(db).gone, only(db).next_poll_why) == (0, False, "settings changed")


def test_a_feed_that_was_refused_entry_goes_on_with_new_headers(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(feed, failures=1, status="unauthorized", next_poll_at=NOW + 365 * DAY))
    feeds.sync(db, [table(FIRST, headers={"X-Key": "new"})], now=NOW + HOUR)
    assert claim(db, at=HOUR) == [feed.id]


def test_other_changes_do_not_wake_a_stopped_feed(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(feed, gone=True))
    feeds.sync(db, [table(FIRST, category="port", title="Harbour")], now=NOW + HOUR)
    assert only(db).gone
    assert only(db).category == "port"


def test_a_changed_interval_does_not_break_a_promise_to_wait(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(feed, failures=1, status="rate-limited", next_poll_at=NOW + DAY))
    feeds.sync(db, [table(FIRST, interval=HOUR)], now=NOW)
    assert only(db).next_poll_at == NOW + DAY


def test_a_permanent_move_is_polled_there_and_listed_here(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(replace(feed, url=SECOND)))
    assert only(db).url == SECOND
    assert feeds.configured_urls(db) == {feed.id: FIRST}
    feeds.sync(db, [table(FIRST)], now=NOW)
    assert only(db).url == SECOND


def test_a_config_that_follows_the_move_keeps_the_feed(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(replace(feed, url=SECOND), entry(feed)))
    listed(db, SECOND)
    assert (only(db).id, only(db).url, feeds.configured_urls(db)) == (feed.id, SECOND, {feed.id: SECOND})


def test_the_configs_title_wins_until_it_is_removed(db: Database) -> None:
    feeds.sync(db, [table(FIRST, title="Mine")], now=NOW)
    saved(db, plan(replace(only(db), title="Theirs")))
    assert only(db).title == "Mine"
    listed(db, FIRST)
    assert only(db).title == "Theirs"


# ---------------------------------------------------------------- claims


def test_due_feeds_come_longest_due_first_up_to_the_limit(db: Database) -> None:
    first, second, third = listed(db, FIRST, SECOND, "https://third.example/feed")
    saved(db, plan(first, next_poll_at=NOW + 3 * HOUR))
    saved(db, plan(second, next_poll_at=NOW + HOUR))
    saved(db, plan(third, next_poll_at=NOW + 2 * HOUR))
    assert claim(db, at=2 * HOUR) == [second.id, third.id]
    assert claim(db, at=4 * HOUR, limit=1) == [second.id]


def test_a_claimed_feed_is_nobody_elses_until_its_lease_lapses(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    assert claim(db, worker="w1") == [feed.id]
    assert claim(db, worker="w2", at=LEASE - timedelta(seconds=1)) == []
    assert claim(db, worker="w1", at=timedelta(minutes=1)) == []
    assert claim(db, worker="w2", at=LEASE) == [feed.id]


def test_saving_a_poll_ends_its_claim(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    claim(db)
    saved(db, plan(feed, next_poll_at=NOW))
    assert claim(db, worker="w2") == [feed.id]


def test_only_the_holder_can_release(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    claim(db, worker="w1")
    feeds.release(db, [feed.id], "w2")
    assert claim(db, worker="w2") == []
    feeds.release(db, [feed.id], "w1")
    assert claim(db, worker="w2") == [feed.id]


def test_a_dead_workers_claims_can_be_given_up_by_name(db: Database) -> None:
    listed(db, FIRST, SECOND)
    claim(db, worker="host:17", limit=1)
    claim(db, worker="host:18", limit=1)
    assert feeds.holders(db) == ("host:17", "host:18")
    feeds.release_all(db, "host:17")
    assert feeds.holders(db) == ("host:18",)
    assert len(claim(db, worker="w3")) == 1


def test_everything_takes_sound_feeds_that_rested_for_the_floor(db: Database) -> None:
    fresh, rested = listed(db, FIRST, SECOND)
    saved(db, plan(fresh, last_attempt=NOW))
    saved(db, plan(rested, last_attempt=NOW - HOUR))
    assert claim(db) == []
    assert claim(db, everything=True, floor=timedelta(minutes=15)) == [rested.id]


def test_everything_leaves_failing_gone_and_stopped_feeds_alone(db: Database) -> None:
    failing, gone, stopped = listed(db, FIRST, SECOND, "https://third.example/feed")
    saved(db, plan(failing, failures=1, last_attempt=NOW - DAY))
    saved(db, plan(gone, gone=True, last_attempt=NOW - DAY))
    saved(db, plan(stopped, next_poll_at=None, last_attempt=NOW - DAY))
    assert claim(db, everything=True) == []
    assert claim(db, everything=True, at=HOUR) == [failing.id]


def test_a_clock_that_had_run_ahead_does_not_stop_polling(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    claim(db, at=400 * DAY)
    assert claim(db, worker="w2") == [feed.id]
    saved(db, plan(feed, last_attempt=NOW + 400 * DAY, next_poll_at=NOW + 400 * DAY + HOUR))
    assert claim(db, worker="w2") == [feed.id]


def test_eight_workers_at_once_claim_every_feed_once(url: str) -> None:
    database = open_database(url)
    listed(database, *(f"https://harbour.example/{number}" for number in range(400)))
    claimed: list[int] = []
    start = threading.Barrier(8)

    def work(worker: str) -> None:
        own = open_database(url)
        start.wait()
        while batch := claim(own, worker=worker, limit=7):
            claimed.extend(batch)
        own.close()

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert len(claimed) == 400
    assert len(set(claimed)) == 400


# ---------------------------------------------------------------- request log


def test_every_poll_leaves_a_line_with_what_came_and_what_is_next(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(feed, entry(feed), validators=Validators(etag='"1"'), next_poll_why="own interval"))
    saved(db, plan(only(db), status="not-modified"), now=NOW + HOUR)
    first, second = request_log.request_log(db, feed.id)
    assert (first.at, first.status, first.new, first.had_validators) == (NOW, "new", 1, False)
    assert (first.url, first.http_status, first.body_bytes) == (FIRST, 200, 1000)
    assert (first.next_poll_at, first.next_poll_why) == (NOW + HOUR, "own interval")
    assert (second.at, second.status, second.new, second.had_validators) == (NOW + HOUR, "not-modified", 0, True)


def test_the_log_keeps_the_newest_lines_of_each_feed(db: Database) -> None:
    first, second = listed(db, FIRST, SECOND)
    for number in range(5):
        entries.save_plan(db, plan(first), now=NOW + number * HOUR, keep_log=3)
    entries.save_plan(db, plan(second), now=NOW, keep_log=3)
    assert [row.at for row in request_log.request_log(db, first.id)] == [NOW + number * HOUR for number in (2, 3, 4)]
    assert len(request_log.request_log(db)) == 4


def test_the_poll_before_an_entry_is_known_even_when_the_log_has_forgotten_it(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    saved(db, plan(feed, entry(feed, "g1")))
    later = NOW + 2 * HOUR
    feed = only(db)
    for step in range(3):
        fresh = [entry(feed, "g2", first_seen=later)] if step == 0 else []
        following = plan(feed, *fresh, last_success=later)
        entries.save_plan(db, following, now=later, keep_log=1)
    wanted = [(feed.id, later), (feed.id, NOW), (feed.id, NOW + HOUR), (feed.id, later)]
    assert feeds.poll_before(db, wanted) == (NOW, None, None, NOW)
    assert feeds.poll_before(db, []) == ()


def test_a_poll_of_a_feed_that_does_not_exist_is_refused(db: Database) -> None:
    feed = listed(db, FIRST)[0]
    with pytest.raises(StoreError, match="99"):
        saved(db, plan(replace(feed, id=99)))
