from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Role
from tests.dedup.test_provenance import entry, says, settle

OUTLETS = ["a.example", "b.example", "c.example", ""]
MEMBERS = st.lists(
    st.tuples(
        st.sampled_from(OUTLETS),
        st.integers(0, 5),
        st.none() | st.integers(-3, 9),
        st.none() | st.sampled_from(["a.example", "b.example", "far.example"]),
        st.sampled_from([0.3, 0.7, 0.95]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(MEMBERS, st.randoms(use_true_random=False))
def test_the_order_in_which_members_come_makes_no_difference(
    plan: list[tuple[str, int, int | None, str | None, float]], chance: random.Random
) -> None:
    members = [entry(number, outlet, at=at, claimed=claimed) for number, (outlet, at, claimed, _, _) in enumerate(plan)]
    given_credits = {number: says(named, sure) for number, (_, _, _, named, sure) in enumerate(plan) if named}
    shuffled = list(members)
    chance.shuffle(shuffled)
    piece = settle(members, given_credits)
    assert settle(shuffled, given_credits) == piece
    assert sorted(each.entry_id for each in piece.copies) == sorted(each.id for each in members)
    assert [each.entry_id for each in piece.copies if each.role is Role.ORIGINAL] == (
        [] if piece.original is None else [piece.original]
    )
