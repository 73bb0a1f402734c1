"""What is said of a story that an edition showed before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.digest.continuity import ShownBefore, StandsNow, change
from aggregator.digest.edition import Change
from tests.render.builders import NOON

BEFORE = ShownBefore(story=1, outlets=3, pieces=3, revisions=1)
STILL = StandsNow(outlets=3, pieces=3, revisions=1, arrived=0, corrected_at=None, continues=False)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({}, Change.UNCHANGED),
        ({"outlets": 9, "pieces": 4, "arrived": 6}, Change.GREW),
        ({"revisions": 2, "corrected_at": NOON}, Change.CORRECTED),
        ({"outlets": 4, "arrived": 1, "revisions": 2, "corrected_at": NOON}, Change.GREW),
        ({"corrected_at": NOON}, Change.UNCHANGED),
        ({"revisions": 2}, Change.UNCHANGED),
        ({"pieces": 4, "arrived": 1}, Change.CONTINUES),
        ({"outlets": 2}, Change.UNCHANGED),
    ],
)
def test_a_story_shown_before_is_said_to_have_done_what_it_did(now: dict[str, object], said: Change) -> None:
    assert change(BEFORE, replace(STILL, **now)) is said  # type: ignore[arg-type]


@pytest.mark.parametrize(("continues", "said"), [(False, Change.NEW), (True, Change.CONTINUES)])
def test_a_story_that_no_edition_showed_is_new_unless_it_goes_on_from_another(continues: bool, said: Change) -> None:
    assert change(None, replace(STILL, continues=continues)) is said
