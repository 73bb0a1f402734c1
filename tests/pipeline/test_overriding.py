"""The rules of corrections by hand, without a store."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Story
from aggregator.pipeline.overriding import (
    MERGE,
    NEVER_JOIN,
    PIN,
    SPLIT,
    Correction,
    holds,
    piece_homes,
    pinned,
    regrouped,
)
from aggregator.pipeline.overriding_stories import corrected_stories, uncorrected

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def correction(number: int, kind: str, *members: int) -> Correction:
    return Correction(id=number, kind=kind, level="piece", members=members, made_at=NOW)


def near(first: int, second: int) -> float:
    """Numbers are the more alike the nearer they are."""
    return 1 / (1 + abs(first - second))


matchings = st.dictionaries(st.integers(1, 9), st.integers(1, 9), min_size=1).map(
    lambda found: {key: min(k for k in found if found[k] == found[key]) for key in found}
)
logs = st.lists(
    st.tuples(st.sampled_from([MERGE, SPLIT, NEVER_JOIN]), st.integers(1, 9), st.integers(1, 9)), max_size=6
).map(
    lambda made: [
        correction(number, kind, first) if kind == SPLIT else correction(number, kind, first, second)
        for number, (kind, first, second) in enumerate(made, start=1)
        if kind == SPLIT or first != second
    ]
)


@given(matchings)
def test_without_corrections_all_stays_as_matching_says(matched: dict[int, int]) -> None:
    assert piece_homes(matched, (), near) == matched


@given(matchings, logs)
def test_every_piece_goes_by_the_id_of_one_of_its_entries_and_no_two_by_one(
    matched: dict[int, int], log: list[Correction]
) -> None:
    homes = piece_homes(matched, log, near)
    groups = regrouped(matched, log, near)
    assert homes.keys() == matched.keys()
    assert all(homes[piece] == piece for piece in homes.values())
    assert len(set(homes.values())) == len(groups)


@given(matchings, logs)
def test_the_order_in_which_entries_are_given_changes_nothing(matched: dict[int, int], log: list[Correction]) -> None:
    backwards = dict(reversed(matched.items()))
    assert piece_homes(backwards, log, near) == piece_homes(matched, log, near)


@given(matchings, st.integers(1, 9), st.integers(1, 9), logs)
def test_the_last_word_holds_unless_an_earlier_one_of_the_other_kind_ties_them(
    matched: dict[int, int], first: int, second: int, log: list[Correction]
) -> None:
    if first == second:
        return
    kept = [one for one in log if one.kind == SPLIT]
    for kind in (MERGE, NEVER_JOIN):
        last = correction(99, kind, first, second)
        assert holds(piece_homes(matched, [*kept, last], near), last)


def test_the_nearer_ones_leave_with_the_second_and_bonds_hold() -> None:
    matched = dict.fromkeys((1, 2, 8, 9), 1)
    apart = correction(2, NEVER_JOIN, 1, 9)
    assert piece_homes(matched, [apart], near) == {1: 1, 2: 1, 8: 8, 9: 8}
    assert piece_homes(matched, [correction(1, MERGE, 1, 8), apart], near) == {1: 1, 2: 1, 8: 1, 9: 9}


def test_the_last_pin_among_the_members_counts() -> None:
    pins = [correction(1, PIN, 4), correction(2, PIN, 5), correction(3, PIN, 6)]
    assert (pinned(pins, {4, 5}), pinned(pins, {4}), pinned(pins, {7})) == (5, 4, None)


# ---------------------------------------------------------------- stories


def story(key: int, *pieces: int, **fields: object) -> Story:
    return Story(id=key, pieces=pieces, first_at=NOW, last_at=NOW, **fields)  # type: ignore[arg-type]


def test_a_founding_piece_that_leaves_takes_the_id_and_the_rest_takes_one_that_names_no_story() -> None:
    stories = [story(1, 1, 2, 3, see_also=(7,)), story(7, 7, see_also=(1,))]
    dates = dict.fromkeys((1, 2, 3, 7), NOW)
    found = corrected_stories(stories, [correction(1, SPLIT, 1)], dates, taken={2})
    assert [(one.id, one.pieces) for one in found] == [(1, (1,)), (3, (2, 3)), (7, (7,))]
    assert found[2].see_also == (3,)


def test_merged_stories_keep_all_old_ids_and_stop_pointing_at_each_other() -> None:
    stories = [story(1, 1, aliases=(4,), see_also=(7,)), story(7, 7, aliases=(9,), continues=1)]
    (found,) = corrected_stories(stories, [correction(1, MERGE, 1, 7)], dict.fromkeys((1, 7), NOW), taken=())
    assert (found.id, found.aliases, found.see_also, found.continues) == (1, (4, 7, 9), (), None)


@given(matchings, logs)
def test_what_was_corrected_is_told_back_exactly_from_what_grouping_alone_says(
    labels: dict[int, int], log: list[Correction]
) -> None:
    own: dict[int, list[int]] = {}
    for piece, label in sorted(labels.items()):
        own.setdefault(label, []).append(piece)
    alone = [story(label, *pieces) for label, pieces in sorted(own.items())]
    finals = corrected_stories(alone, log, dict.fromkeys(labels, NOW), taken=())
    assert sorted(piece for one in finals for piece in one.pieces) == sorted(labels)
    assert len({one.id for one in finals}) == len(finals)
    again = uncorrected(finals, {piece: (label, NOW) for piece, label in labels.items()})
    assert [(one.id, one.pieces) for one in again] == [(one.id, one.pieces) for one in alone]
