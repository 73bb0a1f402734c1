"""Promises in headers, read against the server's own clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.hints import LONGEST_PROMISE, Headers, hints
from aggregator.model import ServerHints

NOW = datetime(2020, 1, 6, 9, 0, tzinfo=UTC)
DATE = "Date: Mon, 06 Jan 2020 10:00:00 GMT"


def told(*lines: str) -> ServerHints:
    pairs = [line.split(": ", 1) for line in lines]
    return hints(Headers((name.encode(), value.encode("latin-1")) for name, value in pairs), now=NOW)


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (["Cache-Control: max-age=600"], 600),
        (['cache-control: public, Max-Age="600"'], 600),
        (["Cache-Control: public", "Cache-Control: max-age=600"], 600),
        (["Cache-Control: max-age=600", "Age: 200"], 400),
        (["Cache-Control: max-age=600", "Age: 600"], None),
        (["Cache-Control: max-age=600", "Age: soon"], 600),
        (["Cache-Control: max-age=600, no-cache"], None),
        (["Cache-Control: no-store, max-age=600"], None),
        (["Cache-Control: max-age=-5"], None),
        (["Cache-Control: max-age=600.5"], None),
        (["Cache-Control: max-age"], None),
        (["Cache-Control: s-maxage=600"], None),
        (["Cache-Control: max-age=0"], None),
        ([DATE, "Expires: Mon, 06 Jan 2020 11:00:00 GMT"], 3600),
        ([DATE, "Expires: Mon, 06 Jan 2020 11:00:00 GMT", "Age: 600"], 3000),
        (["Expires: Mon, 06 Jan 2020 11:00:00 GMT"], 7200),
        ([DATE, "Expires: Mon, 06 Jan 2020 09:00:00 GMT"], None),
        ([DATE, "Expires: 0"], None),
        ([DATE, "Expires: Mon, 06 Jan 2020 11:00:00 GMT", "Cache-Control: max-age=60"], 60),
        ([], None),
    ],
)
def test_freshness_left(lines: list[str], seconds: int | None) -> None:
    assert told(*lines).max_age == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Mon, 06 Jan 2020 10:02:00 GMT", 120),
        ("Monday, 06-Jan-20 10:02:00 GMT", 120),
        ("Mon, 06 Jan 2020 09:02:00 GMT", None),
        ("-5", None),
        ("0", None),
        ("soon", None),
        ("1e9", None),
        ("\u0663", None),
        ("9" * 5000, None),
    ],
)
def test_retry_after(value: str, seconds: int | None) -> None:
    pairs = [(b"Date", DATE[6:].encode()), (b"Retry-After", value.encode())]
    assert hints(Headers(pairs), now=NOW).retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_a_promise_for_ever_is_cut() -> None:
    assert told("Cache-Control: max-age=99999999999").max_age == LONGEST_PROMISE


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_garbage_never_raises_and_never_promises_the_past(control: bytes, expires: bytes, retry: bytes) -> None:
    pairs = [(b"Cache-Control", b"max-age=" + control), (b"Expires", expires), (b"Retry-After", retry)]
    result = hints(Headers(pairs), now=NOW)
    assert all(wait is None or timedelta(0) < wait <= LONGEST_PROMISE for wait in (result.max_age, result.retry_after))
