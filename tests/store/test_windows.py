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


def test_only_what_copies_or_is_copied_is_traded(db: Database) -> None:
    ids = copied(db, None)
    around = NOW - 30 * DAY, NOW + DAY
    assert [one.entry for one in windows.printings(db, *around)] == ids
    assert [one.entry for one in windows.traded(db, *around)] == ids[:2]
    assert windows.traded(db, NOW + DAY, NOW + 2 * DAY) == ()


def test_entries_are_counted_by_outlet_within_the_period(db: Database) -> None:
    copied(db, None)
    assert sum(windows.printed(db, NOW - 30 * DAY, NOW + DAY).values()) == 3
    assert windows.printed(db, NOW + DAY, NOW + 2 * DAY) == {}


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
        found = windows.newest_texts(db, *period, most=most, unbelievable=AHEAD)
        assert {one.entry for one in found} == {ids[guid] for guid in order[:most]}
    assert windows.newest_texts(db, NOW, NOW + DAY, most=9, unbelievable=AHEAD) == ()


def test_what_copies_another_is_no_text_of_its_own(db: Database) -> None:
    ids = copied(db, None)
    found = windows.newest_texts(db, NOW - DAY, NOW + DAY, most=9, unbelievable=AHEAD)
    assert [one.entry for one in found] == [ids[0], ids[2]]


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
