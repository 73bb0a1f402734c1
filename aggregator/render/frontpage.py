"""Where the leading stories stand on a wide front page, so that its columns end near each other. Pure.

Three columns: the first story takes two of them, the side column the next ones, what is left stands beneath the
first in one block or in two. Rank runs down the side column and then from left to right, so source order is rank.
Only text of known length stands there, so heights can be told well enough beforehand (measured against Chromium at
1280 pixels: within a tenth); an uneven page would show as white space, nothing worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from unicodedata import east_asian_width

from aggregator.digest.edition import PieceView, StoryView
from aggregator.render.words import alone

STRAIN = 120
"""Pixels of white that the usual number of further reports is worth."""
GAP = 60
"""Pixels between two stories of a column, the rule included."""
KICKER, LINE_OF_MARKS, BY_LINE, FOLD, STRIP = 24, 30, 34, 26, 102
LONG = 120
"""Characters of a headline from which it is set smaller."""
COPY = 48
"""Pixels of one copy in an open fold."""
FIRST_SHOWN = 5
"""Further reports that stand under the first story."""
SHOWN = (3, 2, 1, 5)
"""Further reports that may stand under each story of a column, the usual number first."""
OPEN_COPIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The leads but the first: the side column, and what stands beneath the first (`right` may be empty)."""

    side: tuple[StoryView, ...] = ()
    left: tuple[StoryView, ...] = ()
    right: tuple[StoryView, ...] = ()
    side_reports: int = SHOWN[0]
    """Further reports under each story of the side column; the rest is a link."""
    under_reports: int = SHOWN[0]
    """The same beneath the first story."""


def columns(leads: Sequence[StoryView]) -> Columns:
    """The even-most division of the leads after the first; of equal ones that with the usual number of reports.

    An uneven page is evened by how many further reports stand under its stories, and only as far as it is worth it.
    """
    first, rest = leads[:1], tuple(leads[1:])
    if not rest:
        return Columns()
    top = first_height(first[0])
    found = [replace(one, side_reports=side, under_reports=under)
             for one in divisions(rest) for side in SHOWN for under in SHOWN]  # fmt: skip
    return min(found, key=lambda one: (round(white(top, one)) + strain(one), len(one.side)))


def strain(found: Columns) -> int:
    """What another number of reports than the usual one costs, in pixels of white."""
    return STRAIN * sum(number != SHOWN[0] for number in (found.side_reports, found.under_reports))


def divisions(rest: tuple[StoryView, ...]) -> list[Columns]:
    """Every way to cut the row of stories into side, left and right."""
    found = [Columns(side=rest)]
    for side in range(1, len(rest)):
        under = rest[side:]
        found += [
            Columns(side=rest[:side], left=under[:cut], right=under[cut:])
            for cut in range(1, len(under) + 1)
            if cut < len(under) or len(under) == 1
        ]
    return found


def white(top: float, found: Columns) -> float:
    """Empty pixels of the division, in columns' widths."""
    side = stack(found.side, found.side_reports)
    if not found.right:
        under = [wide_height(story, found.under_reports) for story in found.left]
        return 2 * max(0, side - top - sum(under)) + max(0, top + sum(under) - side)
    left, right = stack(found.left, found.under_reports), stack(found.right, found.under_reports)
    whole = max(top + max(left, right), side)
    return (whole - side) + (whole - top - left) + (whole - top - right)


def stack(stories: Sequence[StoryView], most: int) -> float:
    """Pixels of stories below each other in one column, each with so many further reports."""
    return sum(height(story, most) + GAP for story in stories)


def height(story: StoryView, most: int) -> float:
    """Pixels of a story in a third of the page: 24 letters of headline and 42 of text on a line."""
    long = len(story.title) > LONG
    head = lines(story.title, 31 if long else 24) * (26 if long else 32)
    text = lines(story.standfirst, 42) * 25 + LINE_OF_MARKS
    return KICKER + head + text + (0 if alone(story) else source(story, 44, most))


def wide_height(story: StoryView, most: int) -> float:
    """Pixels of a story across two thirds, its source beside its text."""
    head = lines(story.title, 52) * 32
    text = lines(story.standfirst, 40) * 25 + LINE_OF_MARKS
    return GAP + KICKER + head + max(text, 0 if alone(story) else source(story, 50, most))


def first_height(story: StoryView) -> float:
    """Pixels of the first story: 29 letters of headline on a line, then text beside the open fold."""
    long = len(story.title) > LONG
    head = KICKER + lines(story.title, 40 if long else 29) * (42 if long else 57) + 16
    text = lines(story.standfirst, 30) * 31 + LINE_OF_MARKS
    if alone(story):
        return head + lines(story.standfirst, 58) * 31 + LINE_OF_MARKS
    lead, others = story.pieces[0], reports(story, 40, FIRST_SHOWN)
    if not lead.copies:
        return head + max(text, BY_LINE + others + STRIP)
    return head + max(text + others, BY_LINE + FOLD + COPY * min(len(lead.copies), OPEN_COPIES) + STRIP)


def source(story: StoryView, letters: int, most: int) -> float:
    """Pixels of who had it first, the closed fold and the further reports."""
    return BY_LINE + (FOLD if story.pieces[0].copies else 0) + reports(story, letters, most)


def reports(story: StoryView, letters: int, most: int) -> float:
    """Pixels of the further reports, and of the line that leads to the rest."""
    rest = FOLD + 10 if len(story.pieces) > most + 1 else 0
    return rest + sum(report(piece, letters) for piece in story.pieces[1 : most + 1])


def report(piece: PieceView, letters: int) -> float:
    """Pixels of one further report: its headline, who printed it, its fold."""
    return lines(piece.title, letters) * 22 + 20 + 14 + (FOLD if piece.copies else 0)


def lines(text: str, letters: int) -> int:
    """Lines that a text takes."""
    return ceil(width(text[:1200]) / letters)


@lru_cache(maxsize=256)  # each division of the page asks again
def width(text: str) -> int:
    """Letters of a text; an East Asian one is as wide as two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
