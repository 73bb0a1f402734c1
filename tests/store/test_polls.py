"""What polls leave beside entries: quiet polls in one transaction, holds, moves, rhythm, robots."""

from __future__ import annotations

from dataclasses import replace

from aggregator.config import FeedTable
from aggregator.history import History, Move
from aggregator.model import Validators
from aggregator.store import entries, feeds, holds, request_log, robots
from aggregator.store.database import Database
from aggregator.store.robots import RobotsRecord
from tests.store.builders import DAY, HOUR, NOW, listed, plan, saved

FIRST, SECOND = "https://harbour.example/feed", "https://other.example/feed"


def test_quiet_polls_are_saved_together_with_log_and_end_of_claim(db: Database) -> None:
    first, second = listed(db, FIRST, SECOND)
    feeds.claim_due(db, now=NOW, limit=9, worker="w", lease=HOUR)
    quiet = [
        (plan(first, status="not-modified", validators=Validators(etag='"1"')), NOW),
        (plan(second, status="server", failures=3), NOW + HOUR),
    ]
    for _ in range(4):
        entries.save_quiet(db, quiet, keep_log=3)
    stored = feeds.all_feeds(db)
    assert [(feed.validators.etag, feed.failures) for feed in stored] == [('"1"', 0), (None, 3)]
    assert feeds.holders(db) == ()
    rows = request_log.request_log(db)
    assert sorted((row.feed_id, row.status, row.at) for row in rows) == [
        *[(first.id, "not-modified", NOW)] * 3,
        *[(second.id, "server", NOW + HOUR)] * 3,
    ]
    assert [row.validators_changed for row in request_log.request_log(db, first.id)] == [False] * 3


def test_saving_no_quiet_poll_is_no_mistake(db: Database) -> None:
    entries.save_quiet(db, [], keep_log=3)
    assert request_log.request_log(db) == ()


def test_the_log_says_whether_validators_changed(db: Database) -> None:
    (feed,) = listed(db)
    saved(db, plan(feed, validators=Validators(etag='"1"')))
    saved(db, plan(feed, validators=Validators(etag='"1"')))
    assert [row.validators_changed for row in request_log.request_log(db)] == [True, False]


def test_the_log_says_why_a_feed_that_had_stopped_is_asked_again(db: Database) -> None:
    feed, other = listed(db, FIRST, SECOND)
    for one in (other, feed):
        saved(db, plan(one, gone=True, next_poll_at=None, next_poll_why="gone"))
    feeds.sync(db, [FeedTable(url=FIRST, interval=HOUR), FeedTable(url=SECOND)], now=NOW + DAY)
    (row,) = request_log.request_log(db, feed.id)
    assert (row.next_poll_at, row.next_poll_why) == (NOW + DAY, "settings changed")
    (row,) = request_log.request_log(db, other.id)
    assert (row.next_poll_at, row.next_poll_why) == (None, "gone")


def test_what_polls_have_taught_is_kept(db: Database) -> None:
    (feed,) = listed(db)
    move = Move(url=SECOND, since=NOW, polls=2)
    history = History(pace=2 * HOUR, overlap=0.5, usual_gap=DAY, last_document=NOW, move=move)
    saved(db, plan(feed, history=history))
    assert feeds.all_feeds(db)[0].history == history


def test_a_hold_lasts_until_its_time_and_is_never_shortened(db: Database) -> None:
    holds.hold(db, "paper.example", NOW + 3 * HOUR, now=NOW)
    holds.hold(db, "paper.example", NOW + HOUR, now=NOW)
    assert holds.held(db, now=NOW) == {"paper.example": NOW + 3 * HOUR}
    assert holds.held(db, now=NOW + 3 * HOUR) == {}


def test_another_feed_at_an_address_is_found_by_where_it_is_polled(db: Database) -> None:
    first, second = listed(db, FIRST, SECOND)
    assert feeds.other_at(db, SECOND, first.id) == SECOND
    assert feeds.other_at(db, FIRST, first.id) is None
    saved(db, plan(replace(second, url="https://new.example/feed")))
    assert feeds.other_at(db, SECOND, first.id) is None
    assert feeds.other_at(db, "https://new.example/feed", first.id) == SECOND


def test_the_last_polls_come_latest_first(db: Database) -> None:
    first, second = listed(db, FIRST, SECOND)
    saved(db, plan(first, status="dns", last_attempt=NOW))
    saved(db, plan(second, last_attempt=NOW + HOUR))
    assert feeds.last_asked(db, 5) == ((SECOND, "new"), (FIRST, "dns"))


def test_robots_rules_are_kept_with_what_is_needed_to_ask_again(db: Database) -> None:
    url = "https://paper.example/robots.txt"
    assert robots.robots_record(db, url) is None
    record = RobotsRecord(url=url, asked_at=NOW, validators=Validators(etag='W/"1"'), rules=((False, "/a*$"),))
    robots.save_robots(db, record)
    robots.save_robots(db, replace(record, asked_at=NOW + DAY))
    assert robots.robots_record(db, url) == replace(record, asked_at=NOW + DAY)
