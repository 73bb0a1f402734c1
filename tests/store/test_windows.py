"""Who printed and who copied within a period, as the store tells it."""

from __future__ import annotations

from dataclasses import replace

from aggregator.model import Copy, Credit, Role
from aggregator.store import windows
from aggregator.store.database import Database
from tests.store.builders import DAY, NOW, grouped, piece, stored


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
