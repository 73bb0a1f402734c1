"""The front page's columns: rank in source order, no story lost, ends that are near each other."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest.edition import StoryView
from aggregator.render.frontpage import SHOWN, STRAIN, Columns, columns, divisions, first_height, white
from tests.render.builders import copy, piece, story

WORD = "harbour "


@st.composite
def leads(draw: st.DrawFn) -> tuple[StoryView, ...]:
    """Up to six stories of any headline, standfirst and number of reports."""
    made = []
    for number in range(1, draw(st.integers(0, 6)) + 1):
        reports = [
            piece(number * 10 + key, f"outlet{key}.example", copies=(copy(),) * draw(st.integers(0, 9)))
            for key in range(draw(st.integers(1, 6)))
        ]
        title, text = WORD * draw(st.integers(1, 30)), WORD * draw(st.integers(0, 60))
        made.append(story(number, *reports, title=title, standfirst=text))
    return tuple(made)


@given(leads())
def test_every_lead_but_the_first_stands_once_in_the_order_of_rank(stories: tuple[StoryView, ...]) -> None:
    found = columns(stories)
    assert (*found.side, *found.left, *found.right) == stories[1:]


@given(leads(), st.floats(100, 2000))
def test_white_space_is_never_less_than_none(stories: tuple[StoryView, ...], top: float) -> None:
    assert all(white(top, found) >= 0 for found in divisions(stories[1:]) if stories[1:])


def test_a_first_story_alone_has_the_page() -> None:
    assert columns((story(1),)) == Columns()


@given(leads())
def test_another_number_of_further_reports_than_the_usual_makes_the_page_evener(stories: tuple[StoryView, ...]) -> None:
    found = columns(stories)
    if (found.side_reports, found.under_reports) != (SHOWN[0], SHOWN[0]):
        usual = replace(found, side_reports=SHOWN[0], under_reports=SHOWN[0])
        assert white(first_height(stories[0]), found) + STRAIN <= white(first_height(stories[0]), usual) + 1


def test_a_long_story_stands_across_when_four_short_ones_fill_the_side() -> None:
    short = [story(key, title="Fish auction", standfirst=WORD * 25) for key in range(2, 6)]
    reports = [piece(60 + key, f"outlet{key}.example", title=WORD * 6) for key in range(4)]
    first = story(1, *reports, title=WORD * 5, standfirst=WORD * 25)
    long = story(6, *reports, title=WORD * 14, standfirst=WORD * 30)
    found = columns((first, *short, long))
    assert [view.id for view in found.side] == [2, 3, 4, 5]
    assert [view.id for view in found.left] == [6]
    assert not found.right
