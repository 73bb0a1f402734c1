"""When the daemon makes editions: what is due, and what a new digest begins with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Config
from aggregator.daemon import due_days
from aggregator.model import Feed, FeedPlan
from aggregator.pipeline.app import App
from aggregator.store import editions, entries, feeds
from aggregator.store.database import Database, open_database
from aggregator.store.editions import EditionRecord

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
"""A Tuesday; 13:00 in Berlin."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'store.sqlite'}", create=True)
    yield database
    database.close()


def app(database: Database, now: datetime = NOON) -> App:
    """An app whose only feed was polled."""
    config = Config.model_validate(
        {
            "site": {"timezone": "Europe/Berlin"},
            "digests": ({"name": "daily"}, {"name": "weekly", "cron": "15 9 * * mon", "days": 7}),
            "feeds": ({"url": "https://heron.example/feed"},),
        }
    )
    feeds.sync(database, config.feeds, now=now)
    (feed,) = feeds.all_feeds(database)
    polled = Feed(id=feed.id, url=feed.url, last_attempt=now, last_success=now)
    entries.save_plan(database, FeedPlan(feed=polled, status="unchanged"), now=now, keep_log=5)
    return App(config=config, database=database, now=now)


def due(one: App, number: int = 0) -> tuple[date, ...]:
    return due_days(one, one.config.digests[number])


def made(database: Database, name: str, day: date, end: datetime) -> None:
    record = EditionRecord(
        name=name, day=day, number=1, made_at=end, start=end - timedelta(days=1), end=end, headline="", payload={}, stories=()
    )  # fmt: skip
    editions.save_edition(database, record, (), now=end)


def test_a_new_digest_begins_with_today_once_its_time_has_come(database: Database) -> None:
    assert due(app(database)) == (date(2026, 3, 3),)


def test_a_new_digest_makes_no_edition_of_a_day_before_it_was_there(database: Database) -> None:
    assert due(app(database, datetime(2026, 3, 3, 0, tzinfo=UTC))) == (), "at 01:00 the day before is due, and empty"
    assert due(app(database), 1) == (), "the weekly one was due on Monday"
    assert due(app(database, datetime(2026, 3, 9, 9, tzinfo=UTC)), 1) == (date(2026, 3, 9),)


def test_a_digest_that_missed_days_makes_each_of_them(database: Database) -> None:
    made(database, "daily", date(2026, 2, 28), datetime(2026, 2, 28, 6, tzinfo=UTC))
    assert due(app(database)) == (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3))


def test_a_weekly_digest_that_missed_its_day_makes_it_later(database: Database) -> None:
    made(database, "weekly", date(2026, 2, 23), datetime(2026, 2, 23, 9, tzinfo=UTC))
    assert due(app(database), 1) == (date(2026, 3, 2),)
