"""Where the leading stories stand on a wide front page, so that its columns end near each other. Pure.

Three columns: the first story takes two of them, the side column the next ones, what is left stands beneath the
first in one block or in two. Rank runs down the side column and then from left to right, so source order is rank.
Only text of known length stands there, so heights can be told well enough beforehand (measured against Chromium at
1280 pixels: within a tenth); an uneven page would show as white space, nothing worse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from unicodedata import east_asian_width

from aggregator.digest.edition import PieceView, StoryView
from aggregator.render.words import alone

GAP = 60
"""Pixels between two stories of a column, the rule included."""
KICKER, LINE_OF_MARKS, BY_LINE, FOLD, STRIP = 24, 30, 34, 26, 102
LONG = 120
"""Characters of a headline from which it is set smaller."""
COPY = 48
"""Pixels of one copy in an open fold."""
SHOWN = {"first": 5, "other": 3}
"""Further reports that stand under the first and under the other leading stories."""
OPEN_COPIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The leads but the first: the side column, and what stands beneath the first (`right` may be empty)."""

    side: tuple[StoryView, ...] = ()
    left: tuple[StoryView, ...] = ()
    right: tuple[StoryView, ...] = ()


def columns(leads: Sequence[StoryView]) -> Columns:
    """The even-most division of the leads after the first; of equal ones that with the shortest side column."""
    first, rest = leads[:1], tuple(leads[1:])
    if not rest:
        return Columns()
    top = first_height(first[0])
    return min(divisions(rest), key=lambda found: (round(white(top, found)), len(found.side)))


def divisions(rest: tuple[StoryView, ...]) -> list[Columns]:
    """Every way to cut the row of stories into side, left and right; right is never longer than left by count."""
    found = [Columns(side=rest)]
    for side in range(1, len(rest)):
        under = rest[side:]
        found += [
            Columns(side=rest[:side], left=under[:cut], right=under[cut:])
            for cut in range(ceil(len(under) / 2), len(under) + 1)
            if cut < len(under) or len(under) == 1
        ]
    return found


def white(top: float, found: Columns) -> float:
    """Empty pixels of the division, in columns' widths."""
    side = stack(found.side)
    if not found.right:
        under = [wide_height(story) for story in found.left]
        return 2 * max(0, side - top - sum(under)) + max(0, top + sum(under) - side)
    left, right = stack(found.left), stack(found.right)
    whole = max(top + max(left, right), side)
    return (whole - side) + (whole - top - left) + (whole - top - right)


def stack(stories: Sequence[StoryView]) -> float:
    """Pixels of stories below each other in one column."""
    return sum(height(story) + GAP for story in stories)


def height(story: StoryView) -> float:
    """Pixels of a story in a third of the page: 24 letters of headline and 42 of text on a line."""
    long = len(story.title) > LONG
    head = lines(story.title, 31 if long else 24) * (26 if long else 32)
    text = lines(story.standfirst, 42) * 25 + LINE_OF_MARKS
    return KICKER + head + text + (0 if alone(story) else source(story, 44, SHOWN["other"]))


def wide_height(story: StoryView) -> float:
    """Pixels of a story across two thirds, its source beside its text."""
    head = lines(story.title, 52) * 32
    text = lines(story.standfirst, 40) * 25 + LINE_OF_MARKS
    return GAP + KICKER + head + max(text, 0 if alone(story) else source(story, 50, SHOWN["other"]))


def first_height(story: StoryView) -> float:
    """Pixels of the first story: 29 letters of headline on a line, then text beside the open fold."""
    long = len(story.title) > LONG
    head = KICKER + lines(story.title, 40 if long else 29) * (42 if long else 57) + 16
    text = lines(story.standfirst, 30) * 31 + LINE_OF_MARKS
    if alone(story):
        return head + lines(story.standfirst, 58) * 31 + LINE_OF_MARKS
    lead, others = story.pieces[0], reports(story, 40, SHOWN["first"])
    if not lead.copies:
        return head + max(text, BY_LINE + others + STRIP)
    return head + max(text + others, BY_LINE + FOLD + COPY * min(len(lead.copies), OPEN_COPIES) + STRIP)


def source(story: StoryView, letters: int, most: int) -> float:
    """Pixels of who had it first, the closed fold and the further reports."""
    return BY_LINE + (FOLD if story.pieces[0].copies else 0) + reports(story, letters, most)


def reports(story: StoryView, letters: int, most: int) -> float:
    """Pixels of the further reports."""
    return sum(report(piece, letters) for piece in story.pieces[1 : most + 1])


def report(piece: PieceView, letters: int) -> float:
    """Pixels of one further report: its headline, who printed it, its fold."""
    return lines(piece.title, letters) * 22 + 20 + 14 + (FOLD if piece.copies else 0)


def lines(text: str, letters: int) -> int:
    """Lines that a text takes; an East Asian letter is as wide as two."""
    return ceil(sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text[:1200]) / letters)
