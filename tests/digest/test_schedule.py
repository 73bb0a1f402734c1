"""When digests are due, in local time, through the changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from aggregator.digest.schedule import last_due, missing_days, moment, next_due

BERLIN = ZoneInfo("Europe/Berlin")
HALF_PAST_SIX = time(6, 30)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_local_time_is_kept_when_the_clock_changes() -> None:
    assert moment(date(2026, 3, 28), HALF_PAST_SIX, BERLIN) == utc("2026-03-28T05:30")
    assert moment(date(2026, 3, 29), HALF_PAST_SIX, BERLIN) == utc("2026-03-29T04:30")


def test_a_time_that_comes_twice_means_the_first() -> None:
    assert moment(date(2026, 10, 25), time(2, 30), BERLIN) == utc("2026-10-25T00:30")


def test_a_time_that_the_clock_skips_still_comes_once() -> None:
    skipped = moment(date(2026, 3, 29), time(2, 30), BERLIN)
    assert utc("2026-03-29T00:59") < skipped < utc("2026-03-29T02:01")


def test_before_the_hour_yesterdays_edition_is_the_newest_due() -> None:
    assert last_due(utc("2026-07-10T04:29"), HALF_PAST_SIX, BERLIN) == date(2026, 7, 9)
    assert last_due(utc("2026-07-10T04:30"), HALF_PAST_SIX, BERLIN) == date(2026, 7, 10)


def test_the_next_edition_is_always_ahead() -> None:
    assert next_due(utc("2026-07-10T04:30"), HALF_PAST_SIX, BERLIN) == utc("2026-07-11T04:30")
    assert next_due(utc("2026-07-10T04:29"), HALF_PAST_SIX, BERLIN) == utc("2026-07-10T04:30")


def test_a_digest_without_a_past_has_nothing_to_catch_up_with() -> None:
    assert missing_days(None, utc("2026-07-10T08:00"), HALF_PAST_SIX, BERLIN, most=7) == (date(2026, 7, 10),)


def test_days_missed_in_a_downtime_are_made_up_oldest_first_up_to_the_limit() -> None:
    days = missing_days(date(2026, 7, 1), utc("2026-07-10T08:00"), HALF_PAST_SIX, BERLIN, most=3)
    assert days == (date(2026, 7, 8), date(2026, 7, 9), date(2026, 7, 10))


def test_nothing_is_due_twice() -> None:
    assert missing_days(date(2026, 7, 10), utc("2026-07-10T23:00"), HALF_PAST_SIX, BERLIN, most=7) == ()
