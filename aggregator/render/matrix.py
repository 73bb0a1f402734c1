"""Who republishes whom as a matrix, as SVG. Pure: records in, markup out; foreign names are escaped here.

Rows copy, columns are copied. A cell holds its count, a tint in three steps and a line whose dark part is the share
credited; where cells are narrower than `NUMBERED` pixels the count is left out. Tables beneath say the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape

from aggregator.render.foreign import bare, cut
from aggregator.render.pages import was_copied
from aggregator.render.records import OutletRow, Trade
from aggregator.render.words import Speech

WIDTH = 920
"""Pixels that the page has for the picture; with more outlets than fit it scrolls sideways."""
SMALLEST, LARGEST, NUMBERED = 16, 44, 30
"""Pixels of a cell: what a line of text is high, what looks well, and what a three-figure number needs."""
LABEL = 24
"""Characters of a name beside the matrix."""
LETTER = 7
"""Pixels that a letter of a name takes on the average, to leave no empty margin beside short names."""
LEFT, TOP, RIGHT, BOTTOM = 196, 152, 96, 34
SUMS = 56
"""Pixels from the last column to the end of its row's sum; the slanted names need the rest of RIGHT."""


def matrix(speech: Speech, rows: Sequence[OutletRow], trades: Iterable[Trade]) -> str:
    """The network's picture; empty without outlets."""
    cell = min(LARGEST, max(SMALLEST, (WIDTH - LEFT - RIGHT) // max(len(rows), 1) - 2))
    size = (cell + 2) * len(rows)
    width, height = LEFT + size + RIGHT, TOP + size + BOTTOM
    pairs = {(one.copier, one.source): one for one in trades}
    limits = steps(pairs.values(), [row.outlet for row in rows])
    body = "".join(
        row_of(speech, rows, number, pairs, cell=cell, limits=limits)
        + column_label(speech, row, LEFT + number * (cell + 2), cell)
        for number, row in enumerate(rows)
    )
    sums = "".join(
        figure(speech, was_copied(row), LEFT + number * (cell + 2) + cell // 2, height - 12, "middle")
        for number, row in enumerate(rows)
        if cell >= NUMBERED
    )
    spare = max(0, LEFT - 24 - LETTER * max(len(short(speech, row.outlet)) for row in rows)) if rows else 0
    return (
        f'<svg class="matrix" viewBox="{spare} 0 {width - spare} {height}" width="{width - spare}" height="{height}" '
        'role="img">'
        f"<title>{escape(speech._('Who republishes whom'))}</title>"
        f"<desc>{escape(speech._('Rows are outlets that copy, columns are outlets that are copied.'))}</desc>"
        f"{body}{margin_words(speech, width, height, cell)}{sums}</svg>"
    )


def steps(trades: Iterable[Trade], shown: Collection[str]) -> tuple[int, int, int]:
    """(the least copies of the second tint, of the third, the most there are): an eighth and a half of the most."""
    most = max((one.copies for one in trades if one.copier in shown and one.source in shown), default=1)
    return most // 8 + 1, most // 2 + 1, most


def margin_words(speech: Speech, width: int, height: int, cell: int) -> str:
    """What the sums in the margins count."""
    places = [(width - RIGHT + SUMS, TOP - 14, speech._("copied")), (LEFT - 12, height - 12, speech._("was copied"))]
    return "".join(
        f'<text class="soft" x="{x}" y="{y}" text-anchor="end">{escape(words)}</text>'
        for x, y, words in places[: 2 if cell >= NUMBERED else 1]
    )


def short(speech: Speech, outlet: str) -> str:
    """An outlet's name, cut to what stands beside the matrix."""
    return cut(bare(speech.outlet(outlet)), LABEL)


def name(speech: Speech, outlet: str) -> str:
    """An outlet's short name, escaped."""
    return escape(short(speech, outlet))


def column_label(speech: Speech, row: OutletRow, x: int, cell: int) -> str:
    """The name over a column, on a slant."""
    return f'<text transform="translate({x + cell // 2 + 4} {TOP - 8}) rotate(-50)">{name(speech, row.outlet)}</text>'


def row_of(
    speech: Speech,
    rows: Sequence[OutletRow],
    number: int,
    pairs: Mapping[tuple[str, str], Trade],
    *,
    cell: int,
    limits: tuple[int, int, int],
) -> str:
    """One copier: its name, its cells, its sum."""
    row, y = rows[number], TOP + number * (cell + 2)
    cells = "".join(
        square(speech, pairs.get((row.outlet, other.outlet)), LEFT + column * (cell + 2), y,
               cell=cell, limits=limits, own=column == number)
        for column, other in enumerate(rows)
    )  # fmt: skip
    middle = y + cell // 2 + 5
    return f'<text x="{LEFT - 12}" y="{middle}" text-anchor="end">{name(speech, row.outlet)}</text>{cells}' + figure(
        speech, sum(count for _, count in row.copies_from), LEFT + len(rows) * (cell + 2) + SUMS, middle, "end"
    )


def figure(speech: Speech, count: int, x: int, y: int, anchor: str) -> str:
    """A sum in the margin; nothing is "none"."""
    words = speech.interface.number(count) if count else speech._("none")
    return f'<text class="soft" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def square(
    speech: Speech, trade: Trade | None, x: int, y: int, *, cell: int, limits: tuple[int, int, int], own: bool
) -> str:
    """One cell: its count, its tint, and the share credited as a line under it; the diagonal is greyed."""
    if trade is None:
        return f'<rect class="{"self" if own else "c1"}" x="{x}" y="{y}" width="{cell}" height="{cell}"/>'
    step = 2 + (trade.copies >= limits[0]) + (trade.copies >= limits[1])
    words = escape(bare(pair_words(speech, trade)))
    box = f'<g><title>{words}</title><rect class="c{step}" x="{x}" y="{y}" width="{cell}" height="{cell}"/>'
    if cell < NUMBERED:
        return f"{box}{share_line(trade, x + 2, y + cell - 4, cell - 4, 2)}</g>"
    on = ' class="on"' if step == 4 else ""
    place = f'x="{x + cell // 2}" y="{y + cell // 2 + 2}" text-anchor="middle"'
    line = share_line(trade, x + 6, y + cell - 12, cell - 12, 4)
    return f"{box}<text{on} {place}>{speech.interface.number(trade.copies)}</text>{line}</g>"


def share_line(trade: Trade, x: int, y: int, width: int, height: int) -> str:
    """The share of the copies that credit their source, dark, and the rest, red, on a keel that keeps both legible."""
    if not trade.due:
        return ""
    given = round(width * trade.credited / trade.due, 1)
    keel = f'<rect class="keel" x="{x - 1}" y="{y - 1}" width="{width + 2}" height="{height + 2}"/>'
    dark = f'<rect class="given" x="{x}" y="{y}" width="{given:g}" height="{height}"/>' if given else ""
    rest = f'<rect class="bare" x="{x + given:g}" y="{y}" width="{width - given:g}" height="{height}"/>'
    return keel + dark + (rest if given < width else "")


def pair_words(speech: Speech, trade: Trade) -> str:
    """Daily Kestrel copied Quay Dispatch 34 times, 33 credited: what a pointer over a cell shows."""
    times = speech.count("{n} copy", "{n} copies", trade.copies)
    return speech._("{copier} from {source}: {times}, {credited} credited", copier=speech.outlet(trade.copier),
                    source=speech.outlet(trade.source), times=times,
                    credited=speech.interface.number(trade.credited))  # fmt: skip
