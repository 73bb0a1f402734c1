"""Who republishes whom as a matrix, as SVG. Pure: records in, markup out; foreign names are escaped here.

Rows copy, columns are copied. A cell holds its count and a tint in three steps; where cells are narrower than
`NUMBERED` pixels only the tint, and the table beneath says the same in figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aggregator.render.foreign import bare, cut
from aggregator.render.pages import was_copied
from aggregator.render.records import OutletRow
from aggregator.render.words import Speech

WIDTH = 920
"""Pixels that the page has for the picture; with more outlets than fit it scrolls sideways."""
SMALLEST, LARGEST, NUMBERED = 16, 44, 30
"""Pixels of a cell: what a line of text is high, what looks well, and what a three-figure number needs."""
LABEL = 24
"""Characters of a name beside the matrix."""
LETTER = 7
"""Pixels that a letter of a name takes on the average, to leave no empty margin beside short names."""
LEFT, TOP, RIGHT, BOTTOM = 170, 126, 96, 34
SUMS = 56
"""Pixels from the last column to the end of its row's sum; the slanted names need the rest of RIGHT."""


def matrix(speech: Speech, rows: Sequence[OutletRow]) -> str:
    """The network's picture; empty without outlets."""
    cell = min(LARGEST, max(SMALLEST, (WIDTH - LEFT - RIGHT) // max(len(rows), 1) - 2))
    size = (cell + 2) * len(rows)
    width, height = LEFT + size + RIGHT, TOP + size + BOTTOM
    most = max((count for row in rows for _, count in row.copies_from), default=1)
    body = "".join(
        row_of(speech, rows, number, cell=cell, most=most) + column_label(speech, row, LEFT + number * (cell + 2), cell)
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


def row_of(speech: Speech, rows: Sequence[OutletRow], number: int, *, cell: int, most: int) -> str:
    """One copier: its name, its cells, its sum."""
    row, y = rows[number], TOP + number * (cell + 2)
    counts = dict(row.copies_from)
    cells = "".join(
        square(speech, counts.get(other.outlet, 0), LEFT + column * (cell + 2), y,
               cell=cell, most=most, own=column == number)
        for column, other in enumerate(rows)
    )  # fmt: skip
    middle = y + cell // 2 + 5
    return f'<text x="{LEFT - 12}" y="{middle}" text-anchor="end">{name(speech, row.outlet)}</text>{cells}' + figure(
        speech, sum(counts.values()), LEFT + len(rows) * (cell + 2) + SUMS, middle, "end"
    )


def figure(speech: Speech, count: int, x: int, y: int, anchor: str) -> str:
    """A sum in the margin; nothing is "none"."""
    words = speech.interface.number(count) if count else speech._("none")
    return f'<text class="soft" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def square(speech: Speech, count: int, x: int, y: int, *, cell: int, most: int, own: bool) -> str:
    """One cell; the diagonal is greyed, since an outlet's own repeats are no copies."""
    step = 1 if not count else 2 + (count > most / 8) + (count > most / 2)
    css = "self" if own and not count else f"c{step}"
    box = f'<rect class="{css}" x="{x}" y="{y}" width="{cell}" height="{cell}"/>'
    if not count or cell < NUMBERED:
        return box
    on = ' class="on"' if step == 4 else ""
    place = f'x="{x + cell // 2}" y="{y + cell // 2 + 5}" text-anchor="middle"'
    return f"{box}<text{on} {place}>{speech.interface.number(count)}</text>"
