"""Corrections by hand against a real store: they hold at once, hold later, and leave nothing behind when taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from aggregator.errors import UsageError
from aggregator.pipeline import curation
from aggregator.store import entries, grouping, overrides
from tests.dedup.texts import article, edited
from tests.pipeline.builders import Newsroom, everything
from tests.stories.builders import EVENTS

A, B, C, D = "averil.example", "brink.example", "cove.example", "dune.example"


# ---------------------------------------------------------------- pieces


def test_merged_pieces_are_one_and_a_later_copy_joins_them(room: Newsroom) -> None:
    first, second, third = *room.copied(1, A, B), *room.copied(2, C)
    assert room.together(first, third) == [[first, second], [third]]
    curation.merge(room.app, str(second), str(third))
    room.group()
    assert room.together(first) == [[first, second, third]]
    (late,) = room.copied(2, D)
    assert room.together(first) == [[first, second, third, late]]


def test_the_absorbed_pieces_address_leads_to_the_merged_one(room: Newsroom) -> None:
    first, second = *room.copied(1, A), *room.copied(2, B)
    curation.merge(room.app, str(first), f"piece:{second}")
    room.group()
    assert [piece.id for piece in grouping.pieces(room.database, [second])] == [first]
    assert room.piece(first).aliases == (second,)
    assert second in room.story(first).aliases


def test_a_split_entry_stands_alone_and_a_later_copy_does_not_bring_it_back(room: Newsroom) -> None:
    first, second, third = room.copied(1, A, B, C)
    curation.split(room.app, str(second))
    room.group()
    assert room.together(first, second) == [[first, third], [second]]
    (late,) = room.copied(1, D)
    assert room.together(first, second) == [[first, third, late], [second]]


def test_a_founder_that_is_split_off_keeps_its_id_and_the_rest_takes_its_earliest_members(room: Newsroom) -> None:
    first, second, third = room.copied(1, A, B, C)
    curation.split(room.app, str(first))
    room.group()
    assert (room.piece(first).id, room.piece(third).id) == (first, second)
    assert room.piece(second).original == second


def test_what_is_kept_apart_parts_with_those_that_are_more_like_it(room: Newsroom) -> None:
    text = article(1)
    other = edited(text, 0.12, seed=7)
    ids = [room.prints(outlet, body) for outlet, body in ((A, text), (B, other), (C, text), (D, other))]
    room.group()
    assert room.together(*ids) == [ids]
    curation.never_join(room.app, str(ids[0]), str(ids[1]))
    room.group()
    assert room.together(*ids) == [[ids[0], ids[2]], [ids[1], ids[3]]]
    late = room.prints("eyot.example", other)
    room.group()
    assert room.together(late) == [[ids[1], ids[3], late]]


def test_what_is_kept_apart_before_it_ever_met_does_not_meet(room: Newsroom) -> None:
    first, second = *room.copied(1, A), *room.copied(2, B)
    curation.never_join(room.app, str(first), str(second))
    bridge = room.prints(C, f"{article(1)}\n{article(2)}")
    room.group()
    assert room.piece(first).id != room.piece(second).id
    assert bridge in {copy.entry_id for piece in everything(room, [bridge])[0] for copy in piece.copies}


def test_a_pinned_original_is_the_original_and_stays_it_when_copies_come(room: Newsroom) -> None:
    first, second = room.copied(1, A, B)
    assert room.piece(first).original == first
    curation.pin_original(room.app, str(second))
    room.group()
    room.copied(1, C)
    piece = room.piece(first)
    assert (piece.original, piece.confidence) == (second, 1.0)
    roles = {copy.entry_id: (copy.role, copy.of) for copy in piece.copies}
    assert roles[first] == ("republication", second)


def test_a_correction_stands_in_the_evidence_of_the_entries_that_it_names(room: Newsroom) -> None:
    first, second = *room.copied(1, A), *room.copied(2, B)
    number = curation.merge(room.app, str(first), str(second))
    room.group()
    facts = [dict(copy.evidence)["Correction"] for copy in room.piece(first).copies]
    assert facts[0] == f"merged with entry {second}, by hand on 2026-03-02 (correction {number})"


@pytest.mark.parametrize("kind", ["merge", "split", "never-join", "pin-original"])
def test_undo_restores_what_the_program_itself_says(room: Newsroom, kind: str) -> None:
    ids = [*room.copied(1, A, B, C), *room.copied(2, D)]
    before = everything(room, ids)
    make: dict[str, Callable[[], int]] = {
        "merge": lambda: curation.merge(room.app, str(ids[0]), str(ids[3])),
        "split": lambda: curation.split(room.app, str(ids[0])),
        "never-join": lambda: curation.never_join(room.app, str(ids[0]), str(ids[1])),
        "pin-original": lambda: curation.pin_original(room.app, str(ids[2])),
    }
    make[kind]()
    room.group()
    assert everything(room, ids)[0] != before[0]
    assert curation.undo(room.app, None).kind == kind
    room.group()
    pieces, stories = everything(room, ids)
    assert tuple(replace(piece, aliases=()) for piece in pieces) == before[0]  # addresses that were made lead on
    assert [(story.id, story.pieces, story.language) for story in stories] == [
        (story.id, story.pieces, story.language) for story in before[1]
    ]


def test_corrections_are_told_in_order_and_each_is_taken_back_by_its_number(room: Newsroom) -> None:
    first, second, third = *room.copied(1, A, B), *room.copied(2, C)
    merged = curation.merge(room.app, str(second), str(third))
    room.group()
    curation.split(room.app, str(second))
    room.group()
    assert room.together(first, second) == [[first, third], [second]]
    curation.undo(room.app, merged)
    room.group()
    assert room.together(first, second, third) == [[first], [second], [third]]


def test_an_edit_of_a_merged_entry_leaves_the_merge(room: Newsroom) -> None:
    first, second = *room.copied(1, A), *room.copied(2, B)
    curation.merge(room.app, str(first), str(second))
    room.group()
    overrides.append(room.database, "touch", {"entries": [second]}, now=room.app.now)  # the entry waits again
    room.group()
    assert room.together(first) == [[first, second]]


# ---------------------------------------------------------------- refusals


def test_what_cannot_be_is_refused_in_words(room: Newsroom) -> None:
    first, second, third = *room.copied(1, A, B), *room.copied(2, C)
    for attempt, reason in (
        (lambda: curation.merge(room.app, str(first), str(second)), "both are in piece"),
        (lambda: curation.split(room.app, str(third)), "alone in its piece"),
        (lambda: curation.never_join(room.app, str(first), str(first)), "from itself"),
        (lambda: curation.merge(room.app, f"story:{first}", str(second)), "write story:NUMBER"),
        (lambda: curation.split(room.app, "piece:4000000"), "there is no piece 4000000"),
        (lambda: curation.pin_original(room.app, "nonsense"), "no entry has"),
        (lambda: curation.undo(room.app, None), "no correction stands"),
        (lambda: curation.undo(room.app, 5), "no correction 5 stands"),
    ):
        with pytest.raises(UsageError, match=reason):
            attempt()
    assert overrides.listing(room.database) == ()


def test_a_merge_against_what_is_kept_apart_is_refused_and_names_the_correction(room: Newsroom) -> None:
    first, second = *room.copied(1, A), *room.copied(2, B)
    apart = curation.never_join(room.app, str(first), str(second))
    with pytest.raises(UsageError, match=f"take back {apart} first"):
        curation.merge(room.app, str(first), str(second))


def test_an_entry_that_waits_for_grouping_cannot_be_corrected(room: Newsroom) -> None:
    waiting = room.prints(A, article(1))
    with pytest.raises(UsageError, match="not grouped yet"):
        curation.pin_original(room.app, str(waiting))


# ---------------------------------------------------------------- stories


def reports(room: Newsroom, *events: str) -> list[int]:
    """Every text on these events, each from an outlet of its own, grouped."""
    texts = [text for event in events for text in EVENTS[event]]
    made = [room.prints(f"outlet{number}.example", body, title) for number, (title, body) in enumerate(texts)]
    room.group()
    return made


def test_merged_stories_are_one_under_the_older_id_and_later_pieces_join_it(room: Newsroom) -> None:
    first, second, third, fourth = reports(room, "orchard", "museum")
    assert [room.story(entry).pieces for entry in (first, third)] == [(first, second), (third, fourth)]
    curation.merge(room.app, f"story:{first}", f"story:{third}")
    room.group()
    story = room.story(third)
    assert (story.id, story.pieces, story.aliases) == (first, (first, second, third, fourth), (third,))
    late = room.prints(A, EVENTS["museum"][0][1] + " The elders sang.", EVENTS["museum"][1][0])
    room.group()
    assert room.story(late).id == first


def test_a_piece_that_is_split_off_its_story_stays_out_when_more_comes(room: Newsroom) -> None:
    first, second = reports(room, "bridge")[:2]
    third = second + 1
    assert room.story(first).pieces == (first, second, third)
    curation.split(room.app, f"piece:{second}")
    room.group()
    assert (room.story(first).pieces, room.story(second).id) == ((first, third), second)
    late = room.prints(A, "A barge rammed the harbour bridge; divers inspect its pillar.", EVENTS["bridge"][0][0])
    room.group()
    assert room.story(late).id == first
    assert room.story(second).pieces == (second,)


def test_a_founding_piece_that_is_split_off_takes_the_id_with_it(room: Newsroom) -> None:
    first, second, third = reports(room, "bridge")
    curation.split(room.app, f"piece:{first}")
    room.group()
    assert (room.story(first).pieces, room.story(second).id) == ((first,), second)
    assert room.story(third).id == second


@pytest.mark.parametrize("kind", ["merge", "split"])
def test_undo_restores_the_stories_that_the_program_itself_makes(room: Newsroom, kind: str) -> None:
    ids = reports(room, "bridge", "museum")
    before = everything(room, ids)[1]
    assert [story.pieces for story in before] == [tuple(ids[:3]), tuple(ids[3:])]
    if kind == "merge":
        curation.merge(room.app, f"story:{ids[0]}", f"story:{ids[3]}")
    else:
        curation.split(room.app, f"piece:{ids[0]}")
    room.group()
    assert everything(room, ids)[1] != before
    curation.undo(room.app, None)
    room.group()
    after = everything(room, ids)[1]
    assert [(story.id, story.pieces) for story in after] == [(story.id, story.pieces) for story in before]
    assert {alias for story in after for alias in story.aliases}.isdisjoint({story.id for story in after})


def test_a_story_alone_cannot_lose_its_piece_and_one_story_cannot_be_merged_with_itself(room: Newsroom) -> None:
    first, second = reports(room, "museum")
    with pytest.raises(UsageError, match=f"both are story {first} already"):
        curation.merge(room.app, f"story:{first}", f"story:{first}")
    curation.split(room.app, f"piece:{second}")
    room.group()
    with pytest.raises(UsageError, match="alone in its story already"):
        curation.split(room.app, f"piece:{second}")


def test_a_correction_makes_its_entries_wait_so_that_whoever_groups_next_applies_it(room: Newsroom) -> None:
    first, second = *room.copied(1, A), *room.copied(2, B)
    curation.merge(room.app, str(first), str(second))
    assert [entry.id for entry in entries.waiting(room.database, 10)] == [first, second]


def test_a_founding_piece_that_was_merged_away_comes_back_to_the_story_that_bears_its_id(room: Newsroom) -> None:
    (other,) = room.copied(5, A)
    first, second, third = reports(room, "bridge")
    curation.merge(room.app, str(other), str(first))
    room.group()
    assert room.story(second).pieces == (second, third)
    curation.undo(room.app, None)
    room.group()
    assert (room.story(first).id, room.story(first).pieces) == (room.story(third).id, (first, second, third))
