"""Round-ups and the pieces that they quote name each other, as far as both are at hand."""

from __future__ import annotations

from aggregator.digest.quotations import named, stories_of
from tests.render.builders import at, piece, story

LETTER = story(1, piece(10, "letter.example", at=at(5), story_id=1))
NEWS = story(2, piece(20, at=at(2), story_id=2), piece(21, at=at(1), story_id=2))


def test_each_names_the_other_oldest_first() -> None:
    found = named({1: LETTER, 2: NEWS}, [(10, 20), (10, 21)])
    assert [one.id for one in found[1].pieces[0].quotes] == [21, 20]
    assert [[one.outlet for one in each.quoted_in] for each in found[2].pieces] == [["letter.example"]] * 2
    assert stories_of(found[1]) == ((), (2, 2))
    assert stories_of(found[2]) == ((1, 1), ())


def test_what_is_not_at_hand_is_not_named() -> None:
    found = named({2: NEWS}, [(10, 20), (20, 99)])
    assert found == {2: NEWS}
