"""The timeline of a piece: one row for each printing, as SVG. Pure: records in, markup out.

A mark stands at the time that we believe, a short bar at the time when we first saw the printing; a line climbs
from each copy to the outlet it credits, a dashed one runs back to a claimed time that we do not believe. The names
are HTML and stand in the page beside the rows (desk) or above them (hand): text never scales with the picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from html import escape

from aggregator.digest.edition import CopyView, PieceView
from aggregator.render.axis import Axis, axis
from aggregator.render.charts import ticks
from aggregator.render.tally import Mark, spot
from aggregator.render.words import GOOD, Speech, disbelieved

MOST_ROWS = 40
"""Copies on a timeline; the table beside it holds them all."""
STRETCH = 7
"""Days before the original up to which a claimed time stretches the axis; beyond, the hours would vanish."""


def timeline(speech: Speech, piece: PieceView, *, row: int, top: int, mark: int) -> str:
    """The printings of a piece over time, one row each; sizes in pixels, `mark` the depth of a mark in its row."""
    copies = piece.copies[:MOST_ROWS]
    at = stretched(tuple(moments(piece)), speech.interface)
    height = top + row * (len(copies) + 1)
    rows = {piece.outlet: 0} | {copy.outlet: number for number, copy in reversed(list(enumerate(copies, 1)))}
    rows[piece.outlet] = 0
    middle = [top + row * number + mark for number in range(len(copies) + 1)]
    zero = at.place(piece.at)
    return (
        ticks(speech, at, top=24, bottom=height, text=14)
        + f'<line class="zero" x1="{zero:g}%" x2="{zero:g}%" y1="24" y2="{height}"/>'
        + "".join(f'<line class="lane" x1="0" x2="100%" y1="{y}" y2="{y}"/>' for y in middle)
        + "".join(tie(copy, at, middle[number], middle, rows) for number, copy in enumerate(copies, 1))
        + original_row(piece, at, middle[0])
        + "".join(copy_row(speech, copy, at, middle[number]) for number, copy in enumerate(copies, 1))
    )


def moments(piece: PieceView) -> Iterator[datetime]:
    """What the axis has to hold."""
    yield from (piece.at, piece.first_seen, *(version.at for version in piece.revisions[1:]))
    for copy in piece.copies[:MOST_ROWS]:
        yield from (copy.at, copy.first_seen)
        if copy.claimed is not None and believable_place(copy, piece):
            yield copy.claimed


stretched = lru_cache(1)(axis)
"""The axis of the last timeline: a page draws it twice, for the desk and for the hand."""


def believable_place(copy: CopyView, piece: PieceView) -> bool:
    """Whether the claimed time may stretch the axis: not when the hours would vanish."""
    return copy.claimed is not None and abs((copy.claimed - piece.at).days) < STRETCH


def tie(copy: CopyView, at: Axis, y: int, middle: Sequence[int], rows: dict[str, int]) -> str:
    """The line from a copy to the row of the outlet that it credits; empty when that outlet has none."""
    row = rows.get(copy.credit.outlet) if copy.credit and copy.credit.outlet else None
    if row is None or middle[row] == y:
        return ""
    x, bad = at.place(copy.at), "" if copy.state in GOOD else "-bad"
    end = middle[row] + (3 if middle[row] < y else -3)
    start = y - 7 if middle[row] < y else y + 7
    dot = "given" if not bad else "bare"
    return (
        f'<line class="tie{bad}" x1="{x:g}%" x2="{x:g}%" y1="{start}" y2="{end}"/>'
        f'<circle class="{dot}" cx="{x:g}%" cy="{middle[row]}" r="2.5"/>'
    )


def original_row(piece: PieceView, at: Axis, y: int) -> str:
    """The leading printing and its later versions."""
    edits = "".join(
        f'<circle class="edit" cx="{at.place(version.at):g}%" cy="{y}" r="4"/>' for version in piece.revisions[1:]
    )
    mark = "m-voice" if piece.original_known else "m-far"
    return (
        seen(piece.at, piece.first_seen, at, y)
        + f'<circle class="{mark}" cx="{at.place(piece.at):g}%" cy="{y}" r="7"/>{edits}'
    )


def seen(moment: datetime, first_seen: datetime, at: Axis, y: int) -> str:
    """A short bar at the time when we first saw a printing, joined to the time that we believe."""
    x1, x2 = at.place(moment), at.place(first_seen)
    if x1 == x2:
        return ""
    return (
        f'<line class="span" x1="{x1:g}%" x2="{x2:g}%" y1="{y}" y2="{y}"/>'
        f'<line class="claim" x1="{x2:g}%" x2="{x2:g}%" y1="{y - 6}" y2="{y + 6}"/>'
    )


def copy_row(speech: Speech, copy: CopyView, at: Axis, y: int) -> str:
    """One copy: its mark, and the way back to a claimed time that we do not believe."""
    x, back = at.place(copy.at), ""
    if copy.claimed is not None and disbelieved(copy):
        claimed = at.place(copy.claimed)
        words = escape(speech._("claims {time}", time=claimed_time(speech, copy)))
        side = "start" if claimed < 75 else "end"
        back = (
            f'<line class="span-bad" x1="{claimed:g}%" x2="{x:g}%" y1="{y}" y2="{y}"/>'
            f'<line class="claim claim-bad" x1="{claimed:g}%" x2="{claimed:g}%" y1="{y - 6}" y2="{y + 6}"/>'
            f'<text class="loud wide" x="{claimed:g}%" y="{y - 11}" text-anchor="{side}">{words}</text>'
        )
    mark = Mark.COPY if copy.state in GOOD else Mark.BARE
    ground = f'<circle class="keel" cx="{x:g}%" cy="{y}" r="8"/>'
    return f"{seen(copy.at, copy.first_seen, at, y)}{back}{ground}{spot(mark, x, y, 2)}"


def claimed_time(speech: Speech, copy: CopyView) -> str:
    """The claimed time as it stands over its end of the dashed line."""
    assert copy.claimed is not None
    return speech.interface.moment(copy.claimed, speech.interface.local(copy.at).date())
