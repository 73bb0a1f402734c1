import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.parse.dates import FARTHEST_AHEAD, FIRST_YEAR, repair

NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)
MORNING = datetime(2020, 4, 21, 10, 43, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        "Tue, 21 Apr 2020 10:43:01 GMT",
        "Tue, 21 Apr 2020 12:43:01 +0200",
        "Tue, 21 Apr 2020 12:43:01 CEST",
        "Tue, 21 Apr 2020 11:43:01 CET",
        "Tue, 21 Apr 2020 19:43:01 JST",
        "Tue, 21 Apr 2020 16:13:01 IST",
        "Tue, 21 Apr 2020 13:43:01 MSK",
        "Tue, 21 Apr 2020 22:43:01 NZST",
        "Tue, 21 Apr 2020 06:43:01 EDT",
        "Tue, 21 Apr 2020 12:43:01 GMT+0200",
        "Tue, 21 Apr 2020 12:43:01 GMT+02:00 (CEST)",
        "Tue, 21 Apr 2020 10:43:01",
        "Wed, 21 April 2020, 10:43:01 am",
        "21-Apr-20 10:43:01",
        "Tue , 21(st) Apr(il) 2020 12:43:01 +0200 (Paris)",
        "Tue Apr 21 10:43:01 2020",
        "Tue Apr 21 12:43:01 CEST 2020",
        "April 21, 2020 10:43:01 am",
        "2020-04-21T10:43:01Z",
        "2020-04-21T10:43:01.123456789Z",
        "2020-04-21t12:43:01+02:00",
        "2020-04-21T12:43:01+0200",
        "2020-04-21T124301+02:00",
        "2020-04-21 10:43:01",
        "2020-04-21 12:43:01 CEST",
        "2020-04-21T12:43:01+02:00[Europe/Berlin]",
        "2020/4/21 10:43:01",
        "20200421T104301Z",
        "20200421104301",
        "1587465781",
        "1587465781000",
        "21/04/2020 10:43:01",
        "04/21/2020 10:43:01",
        "  Tue,\n 21 Apr 2020   10:43:01 GMT ",
    ],
)
def test_one_moment_in_many_spellings(raw: str) -> None:
    assert repair(raw, None, NOW) == MORNING


@pytest.mark.parametrize(
    "raw",
    [
        "Di, 21 Mai 2019 12:43:01 +0200",
        "mar., 21 mai 2019 12:43:01 +0200",
        "вт, 21 мая 2019 13:43:01 +0300",
        "martes, 21 de mayo de 2019 10:43:01",
        "Τρι, 21 Μαΐ 2019 10:43:01 GMT",
        "21 Mayıs 2019 10:43:01",
    ],
)
def test_months_and_days_in_other_languages(raw: str) -> None:
    assert repair(raw, None, NOW) == datetime(2019, 5, 21, 10, 43, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw", ["2016/6/29", "29 June 2016", "2016年6月29日", "2016년 6월 29일", "20160629", "June 29, 2016"]
)
def test_a_date_without_time_is_midnight(raw: str) -> None:
    assert repair(raw, None, NOW) == datetime(2016, 6, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "   ",
        "yesterday",
        "0000-00-00",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "10000-01-01",
        "30 Feb 2020",
        "2020-02-30",
        "2020-04-21T25:00:00Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0",
        "-1",
        "9" * 5000,
        "1e400",
        "99999999999999",
        "Tue, 21 Apr 2020 10:43:01 GMT" + " " * 5 + "x" * 200,
    ],
)
def test_what_means_no_date_is_none(raw: str | None) -> None:
    assert repair(raw, None, NOW) is None


def test_a_leap_second_and_the_hour_24_are_read() -> None:
    assert repair("2020-04-21T10:43:60Z", None, NOW) == datetime(2020, 4, 21, 10, 43, 59, tzinfo=UTC)
    assert repair("2020-04-20T24:00:00Z", None, NOW) == datetime(2020, 4, 21, tzinfo=UTC)


def test_an_offset_that_no_place_has_is_left_out() -> None:
    assert repair("Tue, 21 Apr 2020 10:43:01 +9900", None, NOW) == MORNING


def test_claims_of_the_future_are_kept_as_claimed_for_a_year() -> None:
    near, far = NOW + timedelta(days=300), NOW + FARTHEST_AHEAD + timedelta(days=1)
    assert repair(near.isoformat(), None, NOW) == near
    assert repair(far.isoformat(), None, NOW) is None


def test_an_ambiguous_date_is_the_later_one_that_has_passed() -> None:
    assert repair("07/06/2026", None, NOW) == datetime(2026, 7, 6, tzinfo=UTC)
    assert repair("08/07/2026", None, NOW) == datetime(2026, 7, 8, tzinfo=UTC)


def test_the_parsers_result_counts_only_where_its_year_is_written() -> None:
    parsed = time.struct_time((2020, 4, 21, 10, 43, 1, 1, 112, 0))
    assert repair("2020x04x21x", parsed, NOW) == MORNING
    assert repair("1x04x21x", parsed, NOW) is None


def test_a_year_alone_is_no_moment() -> None:
    assert repair("2020", time.struct_time((2020, 1, 1, 0, 0, 0, 2, 1, 0)), NOW) is None


def test_other_languages_are_not_tried_in_a_hurry() -> None:
    assert repair("21 mai 2019", None, NOW, thorough=False) is None


@settings(deadline=None)
@given(
    st.one_of(
        st.text(max_size=120),
        st.from_regex(
            r"[A-Za-z]{0,4},? ?\d{1,4}[-/ .]\w{1,4}[-/ .]\d{1,5}[T ]?\d{0,3}:?\d{0,3}:?\d{0,3} ?[+-]?\w{0,5}"
        ),
        st.integers(-(10**20), 10**20).map(str),
    )
)
def test_no_text_makes_it_raise_or_leave_its_bounds(raw: str) -> None:
    moment = repair(raw, None, NOW)
    assert moment is None or (moment.tzinfo is UTC and moment.year >= FIRST_YEAR and moment <= NOW + FARTHEST_AHEAD)


@settings(deadline=None)
@given(st.integers(631_238_400, 1_780_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_what_programs_write_is_read_back(at: datetime) -> None:
    assert repair(at.isoformat(), None, NOW) == at
    assert repair(at.strftime("%a, %d %b %Y %H:%M:%S +0000"), None, NOW) == at
