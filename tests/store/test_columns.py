"""What happens to texts and times on their way in and out."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import exc, insert, select

from aggregator.dedup.records import Fingerprint, OutletBoilerplate
from aggregator.store import tables
from aggregator.store.columns import MAX_SHORT, clean, clean_deeply, key_of
from aggregator.store.database import Database
from aggregator.stories.records import PieceVector, TermCounts
from tests.store.builders import NOW, entry, listed, plan, saved

any_text = some.text(some.characters(), max_size=30)
"""Every code point, NULs and lone surrogates included."""


@given(any_text)
def test_a_cleaned_text_is_what_postgresql_can_hold(text: str) -> None:
    cleaned = clean(text)
    assert "\x00" not in cleaned
    assert cleaned.encode().decode() == cleaned


@given(any_text)
def test_cleaning_takes_nothing_else(text: str) -> None:
    pair = re.compile("[\ud800-\udbff]\\0*[\udc00-\udfff]")
    if not pair.search(text):
        assert clean(text) == re.sub("[\x00\ud800-\udfff]", "", text)


@given(any_text)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(any_text)
def test_a_text_and_its_stored_form_have_one_key(text: str) -> None:
    assert key_of(text) == key_of(clean(text))


def test_a_surrogate_pair_becomes_its_character() -> None:
    assert clean("a\ud83d\ude00b") == "a\U0001f600b"


def test_json_is_cleaned_to_its_depths() -> None:
    assert clean_deeply({"a\x00": [("b\ud800", 1, None)]}) == {"a": [["b", 1, None]]}


@pytest.mark.parametrize("moment", [datetime(2026, 3, 1), datetime.max, datetime.min])  # noqa: DTZ001, DTZ901
def test_a_time_without_zone_is_refused(db: Database, moment: datetime) -> None:
    feed = listed(db)[0]
    with pytest.raises(exc.StatementError, match="without zone"):
        saved(db, plan(feed, entry(feed, published=moment)))
    with db.reading() as connection:
        assert connection.execute(select(tables.entries.c.id)).all() == []


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1969, 7, 20, 20, 17, tzinfo=UTC),
    ],
)
def test_times_come_back_equal_and_in_utc(db: Database, moment: datetime) -> None:
    feed = listed(db)[0]
    (stored,) = saved(db, plan(feed, entry(feed, published=moment)))
    assert stored.published == moment
    assert stored.published is not None
    assert stored.published.tzinfo is UTC


def test_times_are_compared_by_moment_not_by_wall_clock(db: Database) -> None:
    later_in_utc = datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=-8)))
    with db.writing() as connection:
        connection.execute(insert(tables.leases), [{"name": "x", "worker": "w", "until": later_in_utc}])
        found = select(tables.leases.c.name).where(tables.leases.c.until > NOW)
        assert connection.execute(found).scalars().all() == ["x"]


def test_a_text_in_an_index_is_cut_alike_when_stored_and_when_compared(db: Database) -> None:
    long = "é" * (MAX_SHORT * 20)
    with db.writing() as connection:
        connection.execute(insert(tables.leases), [{"name": long, "worker": "w", "until": NOW}])
        found = select(tables.leases.c.name).where(tables.leases.c.name == long)
        assert connection.execute(found).scalar() == "é" * MAX_SHORT


@pytest.mark.parametrize(
    ("record", "table"),
    [
        (Fingerprint, tables.fingerprints),
        (OutletBoilerplate, tables.boilerplate),
        (PieceVector, tables.vectors),
        (TermCounts, tables.terms),
    ],
)
def test_records_that_are_stored_whole_have_a_column_for_every_field(record: type, table: object) -> None:
    assert isinstance(table, tables.feeds.__class__)
    assert {field.name for field in fields(record)} == set(table.columns.keys())
