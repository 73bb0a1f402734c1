"""Who republishes whom, counted from printings; and which feeds are not as they should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aggregator.config import Outlet
from aggregator.model import Feed
from aggregator.pipeline.feed_states import ailments, rhythm
from aggregator.pipeline.network import among, network, republications
from aggregator.render.records import Ailment, Network, Trade
from aggregator.store.windows import Printing
from aggregator.text.outlets import OutletBook

NOON = datetime(2026, 7, 9, 12, tzinfo=UTC)
BOOK = OutletBook(
    [
        Outlet(name="Gate Post", domains=("gatepost.example",)),
        Outlet(name="North", domains=("north.example",), owner="House"),
        Outlet(name="South", domains=("south.example",), owner="House"),
    ]
)


def printing(entry: int, outlet: str, hours: float = 0, **named: Any) -> Printing:
    at = NOON + timedelta(hours=hours)
    made = Printing(
        entry=entry, piece=1, feed=1, outlet=outlet, title=f"Title {entry}", language="en", link=None, published=at,
        first_seen=at + timedelta(minutes=10), of=None, credit=None, alarms=(),
    )  # fmt: skip
    return replace(made, **named)


HELD = (
    printing(1, "A"),
    printing(2, "B", 1, of=1, credit="A"),
    printing(3, "B", 3, of=1, alarms=("no-credit",)),
    printing(4, "C", 2, of=2, credit="B", alarms=("credits-copy",)),
    printing(5, "A", 4, of=1),
    printing(6, "C", -400, piece=6),
    printing(7, "B", 5, of=99),
)


def of(held: Sequence[Printing], days: int = 30, has_page: Callable[[int], bool] | None = None) -> Network:
    end = NOON + timedelta(days=1)
    period = [one for one in held if one.first_seen > end - timedelta(days=days)]
    copied = republications(among(held), BOOK)
    return network(
        copied, days, end, Counter(one.outlet for one in period), period if has_page else (), has_page or bool
    )


def test_pairs_are_counted_with_share_credited_and_median_delay() -> None:
    found = of(HELD)
    assert found.trades == (
        Trade(copier="B", source="A", copies=2, credited=1, due=2, delay=timedelta(hours=2)),
        Trade(copier="C", source="B", copies=1, credited=1, due=1, delay=timedelta(hours=1)),
    )


def test_figures_of_an_outlet_add_up() -> None:
    for row in of(HELD).outlets:
        assert row.entries == row.originals + row.copies
        assert row.copies == row.credited + row.uncredited == sum(count for _, count in row.copies_from)


def test_a_shorter_period_leaves_older_printings_out() -> None:
    week = of(HELD, 7)
    assert {row.outlet: row.entries for row in week.outlets} == {"A": 2, "B": 3, "C": 1}
    assert all(not row.own for row in week.outlets), "the latest pieces stand with the usual period"


def test_outlets_of_one_house_owe_each_other_no_credit() -> None:
    held = (printing(1, "North"), printing(2, "South", 1, of=1))
    assert of(held).trades[0].due == 0


@pytest.mark.parametrize("name", ["Gate Post", "the gate post", "gatepost.example", "GATEPOST"])
def test_a_bare_name_is_a_credit_to_the_outlet_that_is_called_so(name: str) -> None:
    held = (printing(1, "gatepost.example"), printing(2, "B", 1, of=1, credited_name=name))
    assert of(held).trades[0].credited == 1
    assert of((held[0], replace(held[1], credited_name="Somebody Else"))).trades[0].credited == 0


def test_an_unbelievable_claim_makes_no_delay() -> None:
    copy = printing(2, "B", 1, of=1, published=NOON - timedelta(days=9), alarms=("claimed-before-original",))
    trade = of((printing(1, "A"), copy)).trades[0]
    assert trade.delay == timedelta(hours=1, minutes=10)


def test_an_outlets_latest_pieces_stand_newest_first_with_their_copies() -> None:
    rows = {row.outlet: row for row in of(HELD, has_page=lambda piece: piece == 1).outlets}
    assert [(line.title, line.copies, line.card) for line in rows["A"].own] == [
        ("Title 5", 0, True),
        ("Title 1", 2, True),
    ]
    assert [(line.title, line.card) for line in rows["C"].own] == [("Title 6", False)]
    assert [(line.title, line.source, line.credited) for line in rows["B"].copied] == [
        ("Title 3", "A", False), ("Title 2", "A", True)
    ]  # fmt: skip


def feed(**named: Any) -> Feed:
    return replace(Feed(id=1, url="https://a.example/feed", title="A", last_success=NOON, last_new=NOON), **named)


def kinds(one: Feed, arrived: tuple[datetime, ...] = (), configured: str = "", odd: int = 0) -> list[Ailment]:
    return [state.ailment for state in ailments(one, arrived, now=NOON, configured=configured or one.url, odd=odd)]


DAILY = tuple(NOON - timedelta(days=20 - day) for day in range(15))
"""A feed that brought something every day until six days ago."""


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (feed(), []),
        (feed(gone=True, failures=3), [Ailment.GONE]),
        (feed(failures=1), [Ailment.FAILING]),
        (feed(last_new=NOON - timedelta(days=2)), []),
        (feed(last_new=NOON - timedelta(days=6)), [Ailment.SILENT]),
        (feed(last_new=NOON - timedelta(days=40)), [Ailment.FROZEN]),
        (feed(last_new=None), []),
    ],
)
def test_a_feed_is_judged_by_its_own_rhythm(one: Feed, expected: list[Ailment]) -> None:
    assert kinds(one, DAILY) == expected


def test_a_feed_of_one_entry_a_season_is_not_frozen_within_the_season() -> None:
    seldom = tuple(NOON - timedelta(days=90 * number) for number in range(8, 0, -1))
    assert kinds(feed(last_new=NOON - timedelta(days=90)), seldom) == []
    assert kinds(feed(last_new=NOON - timedelta(days=300)), seldom) == [Ailment.FROZEN]


def test_one_feed_may_have_several_ailments() -> None:
    moved = feed(last_new=NOON - timedelta(days=9))
    assert kinds(moved, DAILY, configured="https://old.example/", odd=2) == [
        Ailment.SILENT,
        Ailment.MOVED,
        Ailment.REDATED,
    ]


def test_too_few_arrivals_make_no_rhythm() -> None:
    assert rhythm(DAILY[:5]) is None
    assert rhythm(DAILY) == timedelta(days=1)
