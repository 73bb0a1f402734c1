"""How views are joined to the stories before them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from aggregator.config import Digest
from aggregator.digest.build import choose, linked
from aggregator.digest.edition import Change, StoryView
from aggregator.model import Story
from tests.render.builders import NOON, piece, story


def views(change: Change = Change.CONTINUES, before: int = 0) -> dict[int, StoryView]:
    return {1: story(id=1), 2: replace(story(id=2), change=change, outlets_before=before)}


STORIES = tuple(
    Story(id=key, pieces=(key,), first_at=NOON, last_at=NOON, continues=1 if key == 2 else None) for key in (1, 2)
)


@pytest.mark.parametrize(("tells_on", "change"), [(True, Change.CONTINUES), (False, Change.NEW)])
def test_a_story_that_does_not_go_on_from_the_earlier_one_is_new(tells_on: bool, change: Change) -> None:
    found = linked(views(), STORIES, lambda *_: tells_on)
    assert found[2].change is change
    assert (found[2].continues is not None) is tells_on


def test_a_story_that_an_edition_showed_goes_on_from_that() -> None:
    found = linked(views(before=3), STORIES, lambda *_: False)
    assert found[2].change is Change.CONTINUES


def test_a_story_whose_predecessor_is_gone_is_new() -> None:
    (left,) = linked({2: views()[2]}, STORIES, lambda *_: True).values()
    assert (left.change, left.continues) == (Change.NEW, None)


def told(*outlets: str) -> list[StoryView]:
    """A story of each outlet, the best first."""
    return [
        story(key, piece(key, outlet=outlet), id=key, score=1000.0 - key) for key, outlet in enumerate(outlets, start=1)
    ]


@pytest.mark.parametrize(
    ("outlets", "shown"),
    [
        (["flood"] * 50 + ["a", "b", "c"] * 5, {"flood": 5, "a": 5, "b": 5, "c": 5}),
        (["a", "b", "c"] * 5 + ["flood"] * 50, {"flood": 5, "a": 5, "b": 5, "c": 5}),
        (["flood"] * 50 + ["a"] * 3, {"flood": 17, "a": 3}),
        (["flood"] * 15 + ["a"] * 5, {"flood": 15, "a": 5}),
        (["flood"] * 50, {"flood": 20}),
    ],
)
def test_an_outlet_that_publishes_without_end_leaves_room_for_others_and_no_place_empty(
    outlets: list[str], shown: dict[str, int]
) -> None:
    stories = choose(told(*outlets), digest=Digest(max_stories=20), categories={}).stories
    assert Counter(view.pieces[0].outlet for view in stories) == shown
    assert [view.id for view in stories] == sorted(view.id for view in stories)
