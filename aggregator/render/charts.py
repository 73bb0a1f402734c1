"""Pictures over time: the strip of a leading story and the growth of any. Pure: records in, markup out.

Rules: no style attribute (the policy forbids it) and no fixed text size: positions across are percents, so that
nothing scales but the distances; colour comes from classes; each picture has its content in words as its title.
Foreign words are escaped here, since the result is markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from html import escape

from aggregator.digest.edition import StoryView
from aggregator.render.axis import Axis, axis, label
from aggregator.render.foreign import bare
from aggregator.render.tally import Mark, spot
from aggregator.render.words import GOOD, Speech, moment_words

NARROW_TICKS = 5
"""Ticks of the strip, half as wide as the timeline: with six the first, which names its day, touches the next."""
FEW_TICKS, NARROW_STEP, NARROWER_STEP = 6, 2, 3
"""A phone shows every second label of so many ticks, of more every third: the first is as wide as two others."""
LINE = 16
"""Pixels between two labels, so that they do not touch."""


def ticks(speech: Speech, at: Axis, *, top: int, bottom: int, text: int) -> str:
    """The ticks of an axis with their labels; a phone shows every second or third (the others have class `wide`)."""
    parts = []
    step = NARROW_STEP if len(at.ticks) <= FEW_TICKS else NARROWER_STEP
    for number, tick in enumerate(at.ticks):
        x, last = at.place(tick), number == len(at.ticks) - 1
        anchor = at.sides[0] if number == 0 else at.sides[1] if last else "middle"
        wide = " wide" if number % step else ""
        words = escape(label(tick, at, speech.interface, first=number == 0))
        parts.append(
            f'<line class="axis" x1="{x:g}%" x2="{x:g}%" y1="{top}" y2="{bottom}"/>'
            f'<text class="soft{wide}" x="{x:g}%" y="{text}" text-anchor="{anchor}">{words}</text>'
        )
    return "".join(parts)


def strip(speech: Speech, story: StoryView, near: date) -> str:
    """The tally stretched over the hours: reports above, copies, if there are any, below."""
    reports = [(Mark.VOICE if piece.original_known else Mark.FAR, piece.at) for piece in story.pieces]
    copies = [
        (Mark.COPY if copy.state in GOOD else Mark.BARE, copy.at) for piece in story.pieces for copy in piece.copies
    ]
    at = axis([moment for _, moment in reports + copies], speech.interface, most=NARROW_TICKS)
    begin, edge = (3, "0") if at.mirrored else (1, "100%")
    spots = [spot(mark, begin + at.place(moment) * 0.96, 16) for mark, moment in reports]
    spots += [spot(mark, begin + at.place(moment) * 0.96, 42, 1.15) for mark, moment in copies]
    lanes = [(16, "reports"), (42, "copies")][: 2 if copies else 1]
    foot = lanes[-1][0]
    drawn = "".join(
        f'<line class="lane" x1="0" x2="100%" y1="{y}" y2="{y}"/>'
        f'<text class="soft" x="{edge}" y="{y - 7 + (y > 16)}" text-anchor="{at.sides[1]}">'
        f"{escape(speech._(words))}</text>"
        for y, words in lanes
    )
    title = escape(bare(strip_words(speech, story, near)))
    return (
        f'<svg class="strip" height="{foot + 38}" role="img"><title>{title}</title>{drawn}'
        f"{ticks(speech, at, top=foot + 14, bottom=foot + 19, text=foot + 34)}{''.join(spots)}</svg>"
    )


def strip_words(speech: Speech, story: StoryView, near: date) -> str:
    """What the strip shows, in words: when the first and the last report and copy came."""
    moments = sorted(piece.at for piece in story.pieces)
    copies = sorted(copy.at for piece in story.pieces for copy in piece.copies)
    words = [between(speech, speech._("Reports"), moments, near), between(speech, speech._("copies"), copies, near)]
    return speech._("{parts}.", parts="; ".join(part for part in words if part))


def between(speech: Speech, what: str, moments: Sequence[datetime], near: date) -> str:
    """Reports from Thursday 16:10 to Thursday 21:15; empty without moments."""
    if not moments:
        return ""
    first, last = moment_words(speech, moments[0], near), moment_words(speech, moments[-1], near)
    if first == last:
        return speech._("{what} on {time}", what=what, time=first)
    return speech._("{what} from {first} to {last}", what=what, first=first, last=last)


def growth(speech: Speech, story: StoryView) -> str:
    """Outlets that carry the story, and independent reports among them, as two steps over time."""
    outlets, voices = arrivals(story)
    at = axis([moment for moment, _ in outlets], speech.interface)
    most = max(len(outlets), 1)
    height = 104
    lines = "".join(
        f'<path class="{name}" vector-effect="non-scaling-stroke" d="{stairs(at, steps, most, height)}"/>'
        for name, steps in (("line", outlets), ("line-2", voices))
    )
    ends = [
        (height * (1 - len(steps) / most), speech.count(one, many, len(steps)), css)
        for steps, one, many, css in (
            (outlets, "{n} outlet", "{n} outlets", "strong"),
            (voices, "{n} voice", "{n} voices", "soft"),
        )
    ]
    if ends[1][0] - ends[0][0] < LINE:
        ends[1] = (ends[0][0] + LINE, *ends[1][1:])
    left, edge, apart = ("20%", "20%", -6) if at.mirrored else ("0", "80%", 6)
    labels = "".join(
        f'<text class="{css}" x="{edge}" y="{24 + y:g}" dx="{apart}" text-anchor="{at.sides[0]}">{escape(words)}</text>'
        for y, words, css in ends
    )
    words = "; ".join(f"{words}" for _, words, _ in ends)
    return (
        f'<svg class="growth" height="158" role="img"><title>{escape(words)}</title>'
        f'<svg x="{left}" width="80%" height="158">{ticks(speech, at, top=14, bottom=132, text=150)}</svg>'
        f'<svg x="{left}" width="80%" y="20" height="{height + 8}" viewBox="0 -4 1000 {height + 8}" '
        'preserveAspectRatio="none">'
        f"{lines}</svg>"
        f'<line class="zero" x1="0" x2="100%" y1="132" y2="132"/>{labels}</svg>'
    )


def arrivals(story: StoryView) -> tuple[list[tuple[datetime, str]], list[tuple[datetime, str]]]:
    """(time, outlet) at which each outlet, and each independent one, came to the story; in order."""
    pieces = [(piece.at, piece.outlet) for piece in story.pieces]
    copies = [(copy.at, copy.outlet) for piece in story.pieces for copy in piece.copies]
    return firsts(pieces + copies), firsts(pieces)[: story.voices]


def firsts(printings: Iterable[tuple[datetime, str]]) -> list[tuple[datetime, str]]:
    """Each outlet's first printing, in order of time."""
    first: dict[str, datetime] = {}
    for moment, outlet in sorted(printings):
        first.setdefault(outlet, moment)
    return [(moment, outlet) for outlet, moment in first.items()]


def stairs(at: Axis, steps: Sequence[tuple[datetime, str]], most: int, height: int) -> str:
    """A line that rises by one at each moment and runs on to the end of the axis; 1000 units wide."""
    path = f"M{at.place(steps[0][0]) * 10:g} {height}"
    for number, (moment, _) in enumerate(steps, 1):
        path += f"H{at.place(moment) * 10:g}V{height * (1 - number / most):g}"
    return f"{path}H{0 if at.mirrored else 1000}"
