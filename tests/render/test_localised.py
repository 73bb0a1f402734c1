"""Dates, numbers and lengths of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.render.axis import axis
from aggregator.render.localised import interface
from tests.render.builders import NOON, at

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "+0 min"), (38, "+38 min"), (125, "+2 h 05"), (-38, "−38 min"), (1440, "+1 d"), (1620, "+1 d 3 h")],
)
def test_a_delay_is_short_and_has_its_sign(minutes: int, words: str) -> None:
    assert interface("en", BERLIN).delay(timedelta(minutes=minutes)) == words


def test_a_delays_sign_stays_before_its_figure_among_words_that_run_to_the_left() -> None:
    assert interface("ar", BERLIN).delay(timedelta(minutes=38)).startswith("\u200e+38")


@pytest.mark.parametrize(
    ("hours", "words"), [(0, "Thu 14:00"), (12, "02:00"), (-24 * 7, "2 Jul 14:00"), (-24 * 365, "9 July 2025 14:00")]
)
def test_a_moment_is_as_short_as_it_can_be_without_doubt(hours: float, words: str) -> None:
    assert interface("en", BERLIN).moment(at(hours), date(2026, 7, 10)) == words


def test_times_follow_the_sites_zone_and_its_summer_time() -> None:
    speaking = interface("en", BERLIN)
    assert speaking.clock(datetime(2026, 1, 9, 12, tzinfo=UTC)) == "13:00"
    assert speaking.clock(datetime(2026, 7, 9, 12, tzinfo=UTC)) == "14:00"
    assert speaking.zone_name() == "Central European Time"


@pytest.mark.parametrize(
    ("language", "day", "number"),
    [
        ("en", "Friday 10 July 2026", "4,000"),
        ("en-US", "Friday, July 10, 2026", "4,000"),
        ("de", "Freitag, 10. Juli 2026", "4.000"),
        ("fr", "vendredi 10 juillet 2026", "4\u202f000"),
    ],
)
def test_days_and_numbers_are_written_as_the_language_does(language: str, day: str, number: str) -> None:
    speaking = interface(language, BERLIN)
    assert speaking.day(date(2026, 7, 10)) == day
    assert speaking.number(4000) == number


@pytest.mark.parametrize("language", ["xx-nonsense", "", "e" * 300, "zz_ZZ"])
def test_an_unknown_language_is_spoken_to_in_english(language: str) -> None:
    assert interface(language, BERLIN).day(date(2026, 7, 10)) == "Friday 10 July 2026"


@pytest.mark.parametrize(("share", "words"), [(0.0, "0%"), (0.001, "1%"), (0.97, "97%"), (0.999, "99%"), (1.0, "100%")])
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, words: str) -> None:
    assert interface("en", BERLIN).share(share) == words


@given(st.lists(st.integers(min_value=0, max_value=60 * 24 * 400), min_size=1, max_size=20))
def test_an_axis_holds_every_moment_and_few_ticks(minutes: list[int]) -> None:
    moments = [NOON + timedelta(minutes=number) for number in minutes]
    made = axis(moments, interface("en", BERLIN))
    assert made.start <= min(moments)
    assert max(moments) <= made.end
    assert 2 <= len(made.ticks) <= 10
    assert all(0 <= made.place(moment) <= 100 for moment in moments)


def test_an_axis_over_the_end_of_summer_time_keeps_to_midnights() -> None:
    made = axis([datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 10, 28, tzinfo=UTC)], interface("en", BERLIN))
    assert {tick.hour for tick in made.ticks} == {0}


def test_the_zone_of_no_region_has_its_own_name() -> None:
    assert interface("en", ZoneInfo("UTC")).zone_name() == "UTC"
    assert interface("de", BERLIN).zone_name() == "Mitteleuropäische Zeit"
