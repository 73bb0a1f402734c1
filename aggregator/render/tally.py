"""The notation: who stands behind each printing of a story, as marks. Pure: records in, markup out.

A solid dot is an independent report, an open one a report whose original we do not hold, a ring a copy with which
all is well, a cross a copy whose credit is missing or wrong. Words always follow; the marks are hidden from screen
readers. One path for each kind of mark, since an edition holds hundreds of tallies.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

from aggregator.digest.edition import StoryView
from aggregator.render.words import GOOD

MOST_MARKS = 12
"""Marks of a tally; more cannot be counted at a glance and are a figure."""


class Mark(StrEnum):
    """The notation: who stands behind one printing."""

    VOICE = "voice"
    FAR = "far"
    """A piece whose original we do not hold."""
    COPY = "copy"
    BARE = "bare"


RADIUS = {Mark.VOICE: 4.25, Mark.FAR: 3.6, Mark.COPY: 2.9, Mark.BARE: 2.7}


def marks(story: StoryView) -> tuple[tuple[Mark, ...], ...]:
    """One group for each piece: its outlet's mark while there are voices left, then its copies, credited ones first."""
    groups: list[tuple[Mark, ...]] = []
    outlets: set[str] = set()
    for piece in story.pieces:
        counts = piece.outlet not in outlets and len(outlets) < story.voices
        outlets.add(piece.outlet)
        head = (Mark.VOICE if piece.original_known else Mark.FAR,) if counts else ()
        copies = sorted(Mark.COPY if copy.state in GOOD else Mark.BARE for copy in piece.copies)
        groups.append((*head, *sorted(copies, key=lambda mark: mark is Mark.BARE)))
    return tuple(group for group in groups if group)


def tally(story: StoryView) -> str:
    """The marks as a picture, one path for each kind; above twelve a figure says how many more there are."""
    places: list[tuple[Mark, float]] = []
    x, left = 0.0, MOST_MARKS
    groups = marks(story)
    for group in groups:
        x += 5.5 if places else 0.0
        for mark in group[:left]:
            x += 5.5 if mark in {Mark.VOICE, Mark.FAR} else 4.5
            places.append((mark, round(x, 2)))
            x += 4.75 if mark in {Mark.VOICE, Mark.FAR} else 4.25
        left -= len(group[:left])
    rest = sum(map(len, groups)) - MOST_MARKS
    more = f'<text class="soft" x="{x + 4:g}" y="10">+{rest}</text>' if rest > 0 else ""
    width = x + 1 + (8 + 8 * len(str(rest + 0)) + 8 if rest > 0 else 0)
    return f'<svg class="tally" width="{width:g}" height="12" aria-hidden="true">{paths(places)}{more}</svg>'


def paths(places: Sequence[tuple[Mark, float]]) -> str:
    """One path for each kind of mark, at these distances from the left."""
    return "".join(
        f'<path class="m-{mark}" d="{"".join(outline(mark, x) for kind, x in places if kind is mark)}"/>'
        for mark in Mark
        if any(kind is mark for kind, _ in places)
    )


@lru_cache(1024)  # the places of a row of marks are few
def outline(mark: Mark, x: float, y: float = 6.0, scale: float = 1.0) -> str:
    """A ring or a cross about a point."""
    r = round(RADIUS[mark] * scale, 2)
    if mark is Mark.BARE:
        return f"M{x - r:g} {y - r:g}l{2 * r:g} {2 * r:g}m0-{2 * r:g}l-{2 * r:g} {2 * r:g}"
    return f"M{x - r:g} {y:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0-{2 * r:g} 0"


def sign(mark: Mark) -> str:
    """One mark alone, for a legend."""
    return f'<svg width="10" height="12" aria-hidden="true">{paths([(Mark(mark), 5.0)])}</svg>'


def spot(mark: Mark, x: float, y: float, scale: float = 1.0) -> str:
    """A mark on a chart that is as wide as its column: an inner picture stands at the percentage."""
    return (
        f'<svg x="{x:g}%" y="{y:g}" overflow="visible"><path class="m-{mark}" d="{outline(mark, 0, 0, scale)}"/></svg>'
    )


def bar(share: float) -> str:
    """A share in [0, 1] as a bar; the figure stands beside it."""
    percent = round(min(max(share, 0.0), 1.0) * 100)
    return (
        '<svg class="bar" aria-hidden="true"><rect class="bar-of" width="100%" height="100%"/>'
        f'<rect class="bar-is" width="{percent}%" height="100%"/></svg>'
    )
