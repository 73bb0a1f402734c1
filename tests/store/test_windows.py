"""Who printed and who copied within a period, as the store tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from aggregator.model import Copy, Credit, Role
from aggregator.store import windows
from aggregator.store.database import Database
from tests.store.builders import DAY, HOUR, NOW, entry, grouped, listed, piece, plan, saved, stored


def copied(db: Database, credit: Credit | None) -> list[int]:
    """Ids of three entries: a text, its copy with this credit, and another text."""
    ids = [item.id for item in stored(db, "g1", "g2", "g3")]
    made = Copy(entry_id=ids[1], role=Role.REPUBLICATION, of=ids[0], credit=credit)
    first = replace(piece(ids[0]), copies=(*piece(ids[0]).copies, made))
    grouped(db, pieces=(first, piece(ids[2])), entries=ids)
    return ids


def test_what_copies_another_outlet_is_told_with_the_times_of_both(db: Database) -> None:
    ids = [stored(db, guid, outlet=outlet)[0].id for guid, outlet in (("g1", "a.example"), ("g2", "b.example"))]
    credit = Credit(name="Gate Post", outlet="gatepost.example", quote="First in Gate Post", position="foot")
    made = Copy(entry_id=ids[1], role=Role.REPUBLICATION, of=ids[0], credit=credit, alarms=("claimed-in-future",))
    grouped(db, pieces=(replace(piece(ids[0]), copies=(*piece(ids[0]).copies, made)),), entries=ids)
    (one,) = windows.borrowings(db, NOW - 30 * DAY, NOW + DAY, unbelievable=AHEAD)
    assert (one.entry, one.of, one.copier, one.source) == (ids[1], ids[0], "b.example", "a.example")
    assert (one.credit, one.credited_name, one.alarmed, one.source_alarmed) == ("gatepost.example", None, True, False)
    held = {printing.entry: printing for printing in windows.printings(db, NOW - 30 * DAY, NOW + DAY)}
    assert (one.first_seen, one.published) == (held[ids[1]].first_seen, held[ids[1]].published)
    assert (one.source_first_seen, one.source_published) == (held[ids[0]].first_seen, held[ids[0]].published)
    assert windows.borrowings(db, NOW + DAY, NOW + 2 * DAY, unbelievable=AHEAD) == ()


def test_what_copies_its_own_outlet_borrows_nothing(db: Database) -> None:
    ids = copied(db, None)
    assert [one.entry for one in windows.printings(db, NOW - 30 * DAY, NOW + DAY)] == ids
    assert windows.borrowings(db, NOW - 30 * DAY, NOW + DAY, unbelievable=AHEAD) == ()


def test_entries_are_counted_by_outlet_within_each_period(db: Database) -> None:
    copied(db, None)
    both = windows.printed(db, [NOW - 30 * DAY, NOW + DAY], NOW + 2 * DAY)
    assert [sum(each.values()) for each in both] == [3, 0]
    assert both[1] == {}


def test_a_credit_is_an_outlet_or_else_a_bare_name(db: Database) -> None:
    ids = copied(db, Credit(name="Gate Post", quote="First in Gate Post", position="foot"))
    found = {one.entry: (one.credit, one.credited_name) for one in windows.printings(db, NOW - 30 * DAY, NOW + DAY)}
    assert found == {ids[0]: (None, None), ids[1]: (None, "Gate Post"), ids[2]: (None, None)}


AHEAD = ("claimed-in-future", "claimed-before-original")


def claiming(
    db: Database, claims: Mapping[str, datetime | None], alarms: Mapping[str, tuple[str, ...]]
) -> dict[str, int]:
    """Lone texts of one feed by guid, each with its claimed time and its alarms; guid to id."""
    feed = listed(db)[0]
    kept = saved(db, plan(feed, *(entry(feed, guid, published=at) for guid, at in claims.items())))
    ids = {one.guid: one.id for one in kept}
    lone = [(guid, piece(key)) for guid, key in ids.items()]
    pieces = [replace(each, copies=(replace(each.copies[0], alarms=alarms.get(guid, ())),)) for guid, each in lone]
    grouped(db, pieces=pieces, entries=list(ids.values()))
    return ids


def test_of_each_outlet_the_texts_stand_that_came_out_last_as_far_as_can_be_believed(db: Database) -> None:
    ids = claiming(
        db,
        {"old": NOW - DAY, "new": NOW - HOUR, "unknown": None, "ahead": NOW + DAY, "lying": NOW - 9 * DAY},
        {"lying": ("no-credit", "claimed-before-original")},
    )
    period = NOW - DAY, NOW + DAY
    order = ["lying", "ahead", "unknown", "new", "old"]  # what claims no earlier time came when we saw it
    for most in range(6):
        found = windows.latest(db, *period, most=most, unbelievable=AHEAD)
        assert {one.entry for one in found} == {ids[guid] for guid in order[:most]}
    assert windows.latest(db, NOW, NOW + DAY, most=9, unbelievable=AHEAD) == ()


def test_of_each_outlet_the_latest_copies_stand_beside_its_latest_own(db: Database) -> None:
    text = stored(db, "g0", outlet="a.example")[0].id
    own, taken = ([one.id for one in stored(db, *guids, outlet="b.example")] for guids in (("g1", "g2"), ("g3", "g4")))
    copies = tuple(Copy(entry_id=key, role=Role.REPUBLICATION, of=text) for key in taken)
    whole = replace(piece(text), copies=(*piece(text).copies, *copies))
    grouped(db, pieces=(whole, *map(piece, own)), entries=[text, *own, *taken])
    found = windows.latest(db, NOW - DAY, NOW + DAY, most=1, unbelievable=AHEAD)
    assert [one.entry for one in found] == [text, own[1], taken[1]]


def test_times_far_ahead_of_our_sight_and_times_under_alarm_are_counted_for_their_feed(db: Database) -> None:
    claiming(
        db,
        {
            "ahead": NOW + 3 * HOUR,
            "fast clock": NOW + HOUR / 2,
            "good": NOW - HOUR,
            "none": None,
            "doubted": NOW - HOUR,
        },
        {"doubted": ("claimed-in-future",), "good": ("no-credit",)},
    )
    feed = listed(db)[0].id
    assert windows.misdated(db, NOW - DAY, NOW + DAY, ahead=HOUR, unbelievable=AHEAD) == {feed: 2}
    assert windows.misdated(db, NOW, NOW + DAY, ahead=HOUR, unbelievable=AHEAD) == {}
