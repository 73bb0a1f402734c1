"""How views are joined to the stories before them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.digest.build import linked
from aggregator.digest.edition import Change, StoryView
from aggregator.model import Story
from tests.render.builders import NOON, story


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
