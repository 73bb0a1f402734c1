"""When a feed is polled next, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Fetch
from aggregator.history import History
from aggregator.model import (
    FailureKind,
    Feed,
    Fetched,
    FetchFailed,
    Outcome,
    ParsedFeed,
    ServerHints,
    Unchanged,
    Validators,
)
from aggregator.polling import NEVER, NOT_ITS_FAULT, OFFLINE_WAIT, ask_conditionally, in_words, next_poll

NOW = datetime(2020, 1, 6, 9, 30, tzinfo=UTC)  # a Monday
FEED = Feed(id=1, url="https://paper.example/feed", last_success=NOW - timedelta(hours=1), next_poll_at=NOW)
SETTINGS = Fetch()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def fetched(max_age: timedelta | None = None, retry_after: timedelta | None = None) -> Fetched:
    return Fetched(url=FEED.url, status=200, body=b"x", hints=ServerHints(max_age=max_age, retry_after=retry_after))


def failed(kind: FailureKind, retry_after: timedelta | None = None) -> FetchFailed:
    return FetchFailed(kind=kind, detail="d", hints=ServerHints(retry_after=retry_after))


def wait(
    outcome: Outcome, feed: Feed = FEED, parsed: ParsedFeed | None = None, settings: Fetch = SETTINGS
) -> tuple[timedelta, str]:
    due, why = next_poll(feed, outcome, parsed=parsed, settings=settings, now=NOW)
    return due - NOW, why


def assert_about(actual: timedelta, expected: timedelta) -> None:
    """Not sooner, and at most a tenth later."""
    assert expected <= actual <= expected * 1.1


def parsed(**values: object) -> ParsedFeed:
    return ParsedFeed(format="rss20", **values)  # type: ignore[arg-type]


# ---------------------------------------------------------------- after a success


def test_without_any_wish_the_general_interval_counts() -> None:
    time, why = wait(fetched(), parsed=parsed())
    assert_about(time, HOUR)
    assert why == "every 60 min"


@pytest.mark.parametrize(
    ("outcome", "document", "expected", "reason"),
    [
        (fetched(max_age=3 * HOUR), parsed(), 3 * HOUR, "server asked for 3 h (max-age)"),
        (fetched(max_age=5 * MINUTE), parsed(), HOUR, "every 60 min"),
        (Unchanged(hints=ServerHints(max_age=2 * HOUR)), None, 2 * HOUR, "server asked for 2 h (max-age)"),
        (fetched(retry_after=2 * HOUR), parsed(), 2 * HOUR, "server asked for 2 h (Retry-After)"),
        (fetched(), parsed(ttl=4 * HOUR), 4 * HOUR, "feed asks for 4 h (ttl)"),
        (fetched(), parsed(ttl=4 * HOUR, update_period=12 * HOUR), 12 * HOUR, "feed asks for 12 h (ttl)"),
        (fetched(max_age=6 * HOUR), parsed(ttl=4 * HOUR), 6 * HOUR, "server asked for 6 h (max-age)"),
        (fetched(max_age=90 * DAY), parsed(), 7 * DAY, "server asked for 7 d (max-age)"),
        (fetched(), parsed(update_period=365 * DAY), 7 * DAY, "feed asks for 7 d (ttl)"),
    ],
)
def test_the_longest_wish_wins_within_seven_days(
    outcome: Outcome, document: ParsedFeed | None, expected: timedelta, reason: str
) -> None:
    time, why = wait(outcome, parsed=document)
    assert_about(time, expected)
    assert why == reason


def test_a_feeds_wish_is_remembered_when_nothing_was_sent() -> None:
    assert_about(wait(Unchanged(), replace(FEED, publisher_interval=5 * HOUR))[0], 5 * HOUR)


@pytest.mark.parametrize(("own", "expected"), [(2 * HOUR, 2 * HOUR), (MINUTE, 15 * MINUTE), (90 * DAY, DAY)])
def test_the_own_interval_stays_between_floor_and_ceiling(own: timedelta, expected: timedelta) -> None:
    assert_about(wait(fetched(), replace(FEED, interval=own))[0], expected)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/feed", "http://localhost/feed", "http://[::1]/feed"])
def test_the_floor_is_not_for_machines_of_our_own(url: str) -> None:
    settings = Fetch.model_validate({"allow_private": ["127.0.0.0/8", "::1"]})
    feed = replace(FEED, url=url, interval=timedelta(seconds=2))
    assert_about(wait(fetched(), feed, settings=settings)[0], timedelta(seconds=2))
    assert_about(wait(fetched(), feed)[0], 15 * MINUTE)


def test_a_feed_that_is_never_asked_conditionally_is_asked_once_a_day() -> None:
    assert_about(wait(fetched(), replace(FEED, ignore_validators=True))[0], DAY)


@given(st.text(max_size=50), st.timedeltas(timedelta(0), 400 * DAY), st.timedeltas(timedelta(0), 400 * DAY))
def test_no_poll_comes_before_a_promise_and_the_time_never_depends_on_chance(
    url: str, max_age: timedelta, own: timedelta
) -> None:
    feed = replace(FEED, url=f"https://paper.example/{url}", interval=own)
    time, why = wait(fetched(max_age=max_age), feed)
    assert (time, why) == wait(fetched(max_age=max_age), feed)
    assert_about(time, max(min(max_age, 7 * DAY), min(max(own, 15 * MINUTE), DAY)))


def test_feeds_that_start_together_drift_apart() -> None:
    times = {wait(fetched(), replace(FEED, url=f"https://paper.example/{n}"))[0] // MINUTE for n in range(200)}
    assert len(times) > 4


def test_first_polls_and_late_ones_are_spread_over_the_whole_interval() -> None:
    for feed in (replace(FEED, last_success=None), replace(FEED, next_poll_at=NOW - 5 * HOUR)):
        urls = [f"https://paper.example/{n}" for n in range(200)]
        times = sorted(wait(fetched(), replace(feed, url=url))[0] for url in urls)
        assert times[0] >= HOUR
        assert times[-1] < 2 * HOUR
        assert all(
            sum(quarter * 15 <= (time - HOUR) / MINUTE < quarter * 15 + 15 for time in times) > 20
            for quarter in range(4)
        )


def test_a_first_poll_that_fails_is_not_spread() -> None:
    assert_about(wait(failed(FailureKind.SERVER), replace(FEED, last_success=None))[0], HOUR * 2**0.5)


# ---------------------------------------------------------------- skipped hours and days


def due(document: ParsedFeed, outcome: Outcome | None = None) -> datetime:
    return next_poll(FEED, outcome or fetched(), parsed=document, settings=SETTINGS, now=NOW)[0]


def test_skipped_hours_push_the_poll_to_the_next_allowed_hour() -> None:
    moment = due(parsed(skip_hours=frozenset({10, 11, 12})))
    assert moment.replace(minute=0, second=0, microsecond=0) == NOW.replace(hour=13, minute=0)
    assert moment.minute or moment.second


def test_skipped_days_push_the_poll_to_the_next_allowed_day() -> None:
    moment = due(parsed(skip_days=frozenset({"Monday", "tuesday"})))
    assert (moment.date() - NOW.date(), moment.hour) == (2 * DAY, 0)


@pytest.mark.parametrize(
    "document",
    [
        parsed(skip_hours=frozenset(range(24))),
        parsed(skip_days=frozenset("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())),
        parsed(skip_hours=frozenset({3}), skip_days=frozenset({"Someday"})),
    ],
)
def test_lists_that_skip_everything_or_another_time_change_nothing(document: ParsedFeed) -> None:
    assert due(document) == due(parsed())


# ---------------------------------------------------------------- after a failure


@pytest.mark.parametrize(
    ("kind", "failures", "expected"),
    [
        (FailureKind.FORBIDDEN, 0, 4 * HOUR),
        (FailureKind.FORBIDDEN, 1, 8 * HOUR),
        (FailureKind.CLIENT, 2, 16 * HOUR),
        (FailureKind.FORBIDDEN, 9, DAY),
        (FailureKind.RATE_LIMITED, 0, 4 * HOUR),
        (FailureKind.RATE_LIMITED, 1, 8 * HOUR),
        (FailureKind.TOO_LARGE, 0, 2 * HOUR),
        (FailureKind.TOO_LARGE, 1, 4 * HOUR),
        (FailureKind.SERVER, 1, 2 * HOUR),
        (FailureKind.NOT_FOUND, 3, 4 * HOUR),
        (FailureKind.DNS, 3, 2 * HOUR),
        (FailureKind.DNS, 29, DAY),
        (FailureKind.DNS, 1000, 7 * DAY),
        (FailureKind.REDIRECT, 10**6, 7 * DAY),
    ],
)
def test_back_off_grows_by_the_kind_of_failure(kind: FailureKind, failures: int, expected: timedelta) -> None:
    time, why = wait(failed(kind), replace(FEED, failures=failures))
    assert_about(time, expected)
    assert kind.value in why


def test_every_kind_waits_longer_than_a_success_and_a_temporary_one_the_least() -> None:
    waits = {kind: wait(failed(kind))[0] for kind in set(FailureKind) - NOT_ITS_FAULT}
    assert min(waits.values()) > wait(fetched())[0]
    assert waits[FailureKind.DNS] < waits[FailureKind.TIMEOUT] < waits[FailureKind.REFUSED_ADDRESS]


@pytest.mark.parametrize(
    ("kind", "asked", "expected"),
    [
        (FailureKind.RATE_LIMITED, 2 * HOUR, 2 * HOUR),
        (FailureKind.RATE_LIMITED, 3 * DAY, 3 * DAY),
        (FailureKind.RATE_LIMITED, 30 * DAY, 7 * DAY),
        (FailureKind.SERVER, 5 * HOUR, 5 * HOUR),
    ],
)
def test_retry_after_is_kept_up_to_seven_days(kind: FailureKind, asked: timedelta, expected: timedelta) -> None:
    time, why = wait(failed(kind, asked))
    assert_about(time, expected)
    assert why.endswith("(Retry-After)")


def test_retry_after_shorter_than_our_own_pace_changes_nothing() -> None:
    assert_about(wait(failed(FailureKind.RATE_LIMITED, MINUTE))[0], HOUR)
    assert_about(wait(failed(FailureKind.SERVER, MINUTE), replace(FEED, failures=3))[0], 4 * HOUR)


@pytest.mark.parametrize("kind", [FailureKind.GONE, FailureKind.UNAUTHORIZED])
def test_gone_and_login_stop_the_polling(kind: FailureKind) -> None:
    moment, why = next_poll(FEED, failed(kind), parsed=None, settings=SETTINGS, now=NOW)
    assert moment == NEVER
    assert why.startswith("stopped")


def test_what_is_not_the_feeds_fault_does_not_make_it_wait_long() -> None:
    assert_about(wait(failed(FailureKind.OFFLINE), replace(FEED, failures=9))[0], OFFLINE_WAIT)
    time, why = wait(failed(FailureKind.HELD, 3 * HOUR))
    assert_about(time, 3 * HOUR)
    assert why == "its host asked us to wait 3 h (429)"


# ---------------------------------------------------------------- frozen 304


def frozen(validators: Validators, last_document: timedelta, usual_gap: timedelta | None = None) -> bool:
    history = History(last_document=NOW - last_document, usual_gap=usual_gap)
    return not ask_conditionally(replace(FEED, validators=validators, history=history), now=NOW)


INVENTED = [
    Validators(etag='W/"1"'),
    Validators(etag='"Mon, 06 Jan 2020 09:00:00 GMT"'),
    Validators(last_modified="Mon, 06 Jan 2025 09:00:00 GMT"),
    Validators(last_modified="Thu, 01 Jan 1970 00:00:00 GMT"),
]


@pytest.mark.parametrize("validators", INVENTED)
def test_invented_validators_are_left_out_after_a_week_of_not_modified(validators: Validators) -> None:
    assert frozen(validators, 7 * DAY)
    assert not frozen(validators, 7 * DAY - MINUTE)


def test_a_feed_that_is_usually_silent_for_long_is_given_five_of_its_gaps() -> None:
    assert not frozen(INVENTED[0], 20 * DAY, usual_gap=5 * DAY)
    assert frozen(INVENTED[0], 25 * DAY, usual_gap=5 * DAY)


@pytest.mark.parametrize(
    "validators",
    [Validators(), Validators(etag='"5e13-a"', last_modified="Mon, 06 Jan 2020 09:00:00 GMT"), Validators(etag='"x"')],
)
def test_sound_validators_are_always_sent(validators: Validators) -> None:
    assert not frozen(validators, 400 * DAY)


def test_a_known_liar_is_never_asked_conditionally() -> None:
    assert not ask_conditionally(replace(FEED, ignore_validators=True), now=NOW)


@pytest.mark.parametrize(
    ("time", "words"),
    [(45, "45 s"), (90, "90 s"), (900, "15 min"), (3600, "60 min"), (7200, "2 h"), (86400, "24 h"), (604800, "7 d")],
)
def test_durations_in_words(time: int, words: str) -> None:
    assert in_words(timedelta(seconds=time)) == words
