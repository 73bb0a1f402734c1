"""Pieces, stories and what their indexes are rebuilt from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from aggregator.dedup.records import OutletBoilerplate, columns_of
from aggregator.model import Copy, Credit, Entry, Piece, Role, Story
from aggregator.store import entries, grouping, tables
from aggregator.store.database import Database
from aggregator.store.grouping import Grouping, save_grouping
from aggregator.stories.records import StoryMove, TermCounts
from tests.store.builders import DAY, HOUR, NOW, fingerprint, grouped, piece, stored, story, vector


def numbered(db: Database, count: int) -> list[int]:
    """Ids of that many new entries."""
    return [item.id for item in stored(db, *(f"g{number}" for number in range(count)))]


def everything(db: Database) -> dict[str, list[Any]]:
    """Every row of every table, to tell whether anything changed; work that was taken counts as waiting."""
    with db.reading() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in tables.metadata.tables.items()
        }


def rich_piece(founder: int, other: int) -> Piece:
    """A piece with every field in use."""
    credit = Credit(name="Harbour “News”", url="https://h.example/", outlet="h.example", quote="via", position="foot")
    copy = Copy(
        entry_id=other,
        role=Role.EXCERPT,
        of=founder,
        jaccard=0.25,
        containment=1.0,
        of_original=0.3,
        of_copy=1.0,
        credit=replace(credit, confidence=0.75),
        alarms=("credits-copy", "claimed-in-future"),
        evidence=(("stage", "text"), ("jaccard", "0.25 ≥ 0.2")),
    )
    return replace(piece(founder), copies=(*piece(founder).copies, copy), quoted_in=(other,), original=None)


def test_quotations_are_told_by_the_pieces_of_both_sides(db: Database) -> None:
    first, second, letter, copied = numbered(db, 4)
    quoted = [replace(piece(key), quoted_in=(letter,)) for key in (first, second)]
    joined = replace(piece(letter), copies=(*piece(letter).copies, *piece(copied).copies), quoted_in=(copied,))
    grouped(db, pieces=(*quoted, joined), entries=(first, second, letter, copied))
    assert grouping.quotations(db) == ((letter, first), (letter, second))


def test_a_piece_comes_back_as_it_was_decided(db: Database) -> None:
    first, second = numbered(db, 2)
    given = rich_piece(first, second)
    grouped(db, pieces=(given,), entries=(first, second))
    assert grouping.pieces(db, [first]) == (given,)
    assert grouping.pieces_of_entries(db, [second]) == (given,)
    assert [item.piece_id for item in entries.by_ids(db, [first, second])] == [first, first]


def test_grouped_entries_wait_no_longer(db: Database) -> None:
    ids = numbered(db, 3)
    entries.waiting(db, 10)
    grouped(db, pieces=(piece(ids[0]), piece(ids[1])), entries=ids[:2])
    assert [item.id for item in entries.waiting(db, 10)] == ids[2:]


def whole_batch(ids: list[int]) -> Grouping:
    first, second, third, fourth = ids
    return Grouping(
        entries=tuple(ids),
        pieces=(rich_piece(first, second), piece(third), piece(fourth)),
        fingerprints=tuple(fingerprint(key) for key in ids),
        boilerplate=(OutletBoilerplate(outlet="harbour.example", counts=b"\x00\x01\xff", learnt=4),),
        stories=(story(first, third), story(fourth, aliases=(), continues=first, see_also=(first,), language="en")),
        vectors=tuple(vector(key) for key in (first, third, fourth)),
        terms=(TermCounts(language="en", pieces=3, terms=b"\x01\x00\x00\x00", counts=b"\x03\x00\x00\x00"),),
        moves=(StoryMove(piece=third, old=third, new=first, at=NOW, reason="closer"),),
    )


def test_saving_a_batch_twice_changes_nothing(db: Database) -> None:
    ids = numbered(db, 4)
    entries.waiting(db, 10)
    batch = whole_batch(ids)
    save_grouping(db, batch, now=NOW)
    before = everything(db)
    assert before["story_moves"]
    save_grouping(db, batch, now=NOW + DAY)
    assert everything(db) == before


def test_nothing_of_a_batch_is_kept_when_its_transaction_breaks(db: Database) -> None:
    ids = numbered(db, 4)
    before = everything(db)
    broken = replace(whole_batch(ids), terms=(TermCounts(language="en", pieces=3, terms=None, counts=b""),))  # type: ignore[arg-type]
    with pytest.raises(Exception, match=r"NOT NULL|not-null"):
        save_grouping(db, broken, now=NOW)
    assert everything(db) == before


def test_everything_of_a_batch_is_read_back(db: Database) -> None:
    batch = whole_batch(numbered(db, 4))
    save_grouping(db, batch, now=NOW)
    assert tuple(grouping.fingerprints(db, since=NOW)) == batch.fingerprints
    assert tuple(grouping.boilerplate(db)) == batch.boilerplate
    first, moved, last = batch.vectors
    assert tuple(grouping.vectors(db, since=NOW)) == (first, replace(moved, story=batch.stories[0].id), last)
    assert grouping.term_counts(db) == batch.terms
    assert grouping.moves(db, [batch.entries[2]]) == batch.moves
    joined = replace(batch.stories[0], aliases=(batch.entries[2],))
    assert grouping.stories(db, batch.entries) == (joined, batch.stories[1])


def test_signatures_and_vectors_older_than_asked_are_left_out_and_come_in_key_order(db: Database) -> None:
    ids = numbered(db, 3)
    ages = [NOW, NOW - DAY, NOW + HOUR]
    prints = tuple(fingerprint(key, at=at) for key, at in zip(ids, ages, strict=True))[::-1]
    vectors = tuple(vector(key, at=at) for key, at in zip(ids, ages, strict=True))[::-1]
    grouped(db, pieces=tuple(piece(key) for key in ids), fingerprints=prints, vectors=vectors)
    assert [item.key for item in grouping.fingerprints(db, since=NOW)] == [ids[0], ids[2]]
    assert [item.piece for item in grouping.vectors(db, since=NOW)] == [ids[0], ids[2]]


def test_columns_hold_what_the_signatures_hold_to_the_microsecond(db: Database) -> None:
    ids = numbered(db, 3)
    late = NOW + timedelta(microseconds=123_457)
    given: list[dict[str, Any]] = [
        {"at": NOW},
        {"at": late, "joins": False, "url": "https://a.example/1"},
        {"at": NOW, "reference": ids[0]},
    ]
    prints = tuple(fingerprint(key, **fields) for key, fields in zip(ids, given, strict=True))
    grouped(db, pieces=tuple(piece(key) for key in ids), fingerprints=prints)
    (read,) = grouping.fingerprint_columns(db, since=NOW)
    assert list(map(list, read)) == list(map(list, columns_of(prints)))


def test_a_reader_that_stops_half_way_leaves_the_store_usable(db: Database) -> None:
    ids = numbered(db, 3)
    grouped(db, pieces=tuple(piece(key) for key in ids), fingerprints=tuple(fingerprint(key) for key in ids))
    stream = grouping.fingerprints(db, since=NOW)
    assert next(stream).key == ids[0]
    numbered(db, 4)
    del stream
    assert len(list(grouping.fingerprints(db, since=NOW))) == 3


# ---------------------------------------------------------------- pieces that change


def test_a_pieces_copies_are_replaced_by_the_given_ones(db: Database) -> None:
    first, second, third = numbered(db, 3)
    grouped(db, pieces=(piece(first, second),), entries=(first, second))
    grouped(db, pieces=(piece(first, third),), entries=(third,))
    (kept,) = grouping.pieces(db, [first])
    assert [copy.entry_id for copy in kept.copies] == [first, third]


def test_an_entry_that_lost_its_piece_waits_again(db: Database) -> None:
    first, second = numbered(db, 2)
    entries.waiting(db, 10)
    grouped(db, pieces=(piece(first, second),), entries=(first, second))
    grouped(db, pieces=(piece(first),))
    assert [(item.id, item.piece_id) for item in entries.waiting(db, 10)] == [(second, None)]


def test_an_absorbed_piece_leads_to_the_piece_that_took_its_entries(db: Database) -> None:
    first, second, third = numbered(db, 3)
    grouped(db, pieces=(piece(first), piece(second, third)), fingerprints=(fingerprint(third, piece=second),))
    grouped(db, pieces=(piece(first, second, third),))
    (kept,) = grouping.pieces(db, [second])
    assert (kept.id, len(kept.copies)) == (first, 3)
    assert grouping.pieces(db, [first, second]) == (kept,)
    assert kept.aliases == (second,)


def test_signatures_follow_what_matching_found_to_be_one_and_no_correction_by_hand(db: Database) -> None:
    first, second, third = numbered(db, 3)
    prints = (fingerprint(first), fingerprint(second), fingerprint(third, piece=second))
    grouped(db, pieces=(piece(first), piece(second, third)), fingerprints=prints)
    grouped(db, pieces=(piece(first, second, third),))
    assert grouping.matched(db, pieces=[second]) == {second: second, third: second}
    grouped(db, pieces=(piece(first, second, third),), absorbed={second: first})
    assert grouping.matched(db, keys=[third], pieces=[first]) == {first: first, second: first, third: first}


def test_an_old_id_follows_its_founding_entry_and_ends_when_it_is_a_piece_again(db: Database) -> None:
    first, second, third, fourth = numbered(db, 4)
    grouped(db, pieces=(piece(first), piece(second), piece(third, fourth)))
    grouped(db, pieces=(piece(second, third, fourth),))
    grouped(db, pieces=(piece(first, second, third, fourth),))
    assert [item.aliases for item in grouping.pieces(db, [third])] == [(second, third)]
    grouped(db, pieces=(piece(first), piece(second, third, fourth)))
    assert [(item.id, item.aliases) for item in grouping.pieces(db, [first, third])] == [
        (first, ()),
        (second, (third,)),
    ]


def test_the_story_of_a_piece_by_grouping_alone_follows_its_moves(db: Database) -> None:
    first, second = numbered(db, 2)
    lone = {"pieces": (piece(first), piece(second)), "stories": (story(first), story(second))}
    grouped(db, **lone, vectors=(vector(first), vector(second)))
    move = StoryMove(piece=second, old=second, new=first, at=NOW, reason="closer")
    grouped(db, stories=(story(first, second),), moves=(move,))
    assert grouping.labels(db, pieces=[second]) == {second: (first, NOW)}
    assert sorted(grouping.labels(db, stories=[first])) == [first, second]


def test_an_absorbed_pieces_story_leads_to_the_story_that_holds_its_text_now(db: Database) -> None:
    first, second = numbered(db, 2)
    lone = {"pieces": (piece(first), piece(second)), "stories": (story(first), story(second))}
    grouped(db, **lone, vectors=(vector(first), vector(second)))
    grouped(db, pieces=(piece(first, second),))
    assert [item.id for item in grouping.stories(db, [second])] == [first]
    assert [item.piece for item in grouping.vectors(db, since=NOW)] == [first]


def test_a_piece_that_is_not_there_is_left_out(db: Database) -> None:
    assert grouping.pieces(db, [1, 2**40]) == ()
    assert grouping.pieces_of_entries(db, [1]) == ()
    assert grouping.stories(db, [1]) == ()
    assert grouping.story_of_pieces(db, [1]) == {}


def test_what_was_purged_while_the_grouper_thought_is_left_out(db: Database) -> None:
    first, second = numbered(db, 2)
    absent = second + 1000
    grouped(
        db,
        entries=(first, second, absent),
        pieces=(piece(first, absent), piece(absent + 1, absent + 2)),
        fingerprints=(fingerprint(first), fingerprint(absent)),
        stories=(story(first, absent), story(absent)),
        vectors=(vector(first), vector(absent)),
    )
    assert [copy.entry_id for copy in grouping.pieces(db, [first])[0].copies] == [first]
    assert [item.pieces for item in grouping.stories(db, [first, absent])] == [(first,)]
    assert [item.key for item in grouping.fingerprints(db, since=NOW)] == [first]
    assert [item.piece for item in grouping.vectors(db, since=NOW)] == [first]


# ---------------------------------------------------------------- stories


@pytest.fixture
def lone(db: Database) -> list[int]:
    """Four pieces, each its own story."""
    ids = numbered(db, 4)
    grouped(db, pieces=tuple(piece(key) for key in ids), stories=tuple(story(key) for key in ids))
    return ids


def test_a_storys_pieces_keep_their_order(db: Database, lone: list[int]) -> None:
    first, second, third, _ = lone
    grouped(db, stories=(Story(id=first, pieces=(third, first, second), first_at=NOW, last_at=NOW),))
    assert grouping.stories(db, [first])[0].pieces == (third, first, second)
    assert grouping.story_of_pieces(db, lone[:3]) == {first: first, second: first, third: first}


def absorbed_by_name(first: int, second: int) -> dict[str, Any]:
    return {"stories": (story(first, second, aliases=(second,)),)}


def absorbed_by_a_move(first: int, second: int) -> dict[str, Any]:
    move = StoryMove(piece=second, old=second, new=first, at=NOW, reason="")
    return {"stories": (story(first, second), replace(story(second), pieces=())), "moves": (move,)}


def absorbed_by_taking_its_pieces(first: int, second: int) -> dict[str, Any]:
    return {"stories": (story(first, second),)}


@pytest.mark.parametrize("way", [absorbed_by_name, absorbed_by_a_move, absorbed_by_taking_its_pieces])
def test_an_absorbed_storys_id_leads_to_the_one_that_absorbed_it(
    db: Database, lone: list[int], way: Callable[[int, int], dict[str, Any]]
) -> None:
    first, second, third, _ = lone
    grouped(db, **way(first, second))
    (kept,) = grouping.stories(db, [second])
    assert (kept.id, kept.pieces, kept.aliases) == (first, (first, second), (second,))
    assert grouping.stories(db, [first, second]) == (kept,)
    grouped(db, stories=(story(third, first, second, aliases=(first,)),))
    assert [item.id for item in grouping.stories(db, [second])] == [third]
    assert grouping.stories(db, [third])[0].aliases == (first, second)


def test_a_story_that_is_split_off_again_gets_its_id_back(db: Database, lone: list[int]) -> None:
    first, second, *_ = lone
    grouped(db, stories=(story(first, second, aliases=(second,)),))
    grouped(db, stories=(story(first), story(second)))
    assert [(item.id, item.pieces, item.aliases) for item in grouping.stories(db, [first, second])] == [
        (first, (first,), ()),
        (second, (second,), ()),
    ]


def test_a_story_moves_piece_by_piece_before_it_ends(db: Database, lone: list[int]) -> None:
    first, second, third, _ = lone
    grouped(db, stories=(story(second, third),))
    move = StoryMove(piece=third, old=second, new=first, at=NOW, reason="closer")
    grouped(db, stories=(story(first, third), story(second)), moves=(move,))
    assert [item.pieces for item in grouping.stories(db, [first, second])] == [(first, third), (second,)]


def test_stories_of_a_period_are_those_that_touched_it(db: Database) -> None:
    early, over, late, whole = numbered(db, 4)
    times = {early: (-3, -2), over: (-3, 1), late: (3, 4), whole: (-9, 9)}
    stories = tuple(story(key, first_at=NOW + HOUR * a, last_at=NOW + HOUR * b) for key, (a, b) in times.items())
    grouped(db, pieces=tuple(piece(key) for key in times), stories=stories)

    def alive(start: int, end: int) -> list[int]:
        return [item.id for item in grouping.stories_between(db, NOW + HOUR * start, NOW + HOUR * end)]

    assert alive(0, 2) == [over, whole]
    assert alive(-2, 0) == [over, whole]
    assert alive(-3, -3) == [early, over, whole]
    assert alive(2, 3) == [late, whole]


def test_many_pieces_are_read_in_portions(db: Database) -> None:
    (item,) = stored(db, "g1")
    row: dict[str, Any] = {column.name: getattr(item, column.name, None) for column in tables.entries.columns}
    defaults: dict[str, Any] = {"guid_key": b"", "work": 0, "authors": [], "tags": [], "enclosures": []}
    rows: list[dict[str, Any]] = [
        row | defaults | {"id": item.id + n, "guid_key": str(n).encode()} for n in range(1, 5501)
    ]
    with db.writing() as connection:
        connection.execute(insert(tables.entries), rows)
    ids = [row["id"] for row in rows]
    grouped(db, pieces=tuple(piece(key) for key in ids), stories=(story(*ids),))
    assert len(grouping.pieces(db, ids)) == 5500
    assert len(grouping.stories(db, ids[:1])[0].pieces) == 5500
    assert isinstance(entries.by_ids(db, ids)[0], Entry)
