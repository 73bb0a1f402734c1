"""A new feed's archive is no news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aggregator.digest.floods import archive_of_new_feeds
from aggregator.model import Entry

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def entry(number: int, *, feed: int = 1, age: int | None = None) -> Entry:
    published = None if age is None else NOW - timedelta(hours=age)
    return Entry(
        id=number, feed_id=feed, outlet="a.example", guid=str(number), link=None, url=None, title="", first_seen=NOW,
        published=published,
    )  # fmt: skip


def test_only_the_newest_of_a_first_poll_are_news() -> None:
    held = [entry(1, age=5), entry(2, age=1), entry(3, age=9)]
    assert archive_of_new_feeds(held, {}, news=2) == {3}


def test_each_feed_has_its_own_news() -> None:
    held = [entry(1, age=5), entry(2, feed=2, age=9), entry(3, feed=2, age=1)]
    assert archive_of_new_feeds(held, {}, news=1) == {2}


def test_what_a_known_feed_brings_is_news_however_much_it_is() -> None:
    held = [entry(number, age=number) for number in range(1, 30)]
    assert archive_of_new_feeds(held, dict.fromkeys(range(1, 30), NOW - timedelta(hours=1)), news=2) == frozenset()


def test_undated_entries_are_taken_in_the_feeds_own_order() -> None:
    assert archive_of_new_feeds([entry(1), entry(2), entry(3)], {}, news=1) == {2, 3}


def test_no_news_at_all_may_be_wanted() -> None:
    assert archive_of_new_feeds([entry(1)], {}, news=0) == {1}
