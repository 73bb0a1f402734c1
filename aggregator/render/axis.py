"""A stretch of time laid out in reading direction, with ticks that fall on whole hours or days. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count

from aggregator.render.localised import DAY, Interface

STEPS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 180, 360, 720)) + tuple(
    timedelta(days=days) for days in (1, 2, 7, 14, 28, 91, 364)
)
"""Distances between ticks that people count in; above a day whole weeks, so that weekdays stay the same."""
MOST_TICKS = 8
"""Ticks that stand beside each other on a desk screen without touching; a phone hides every other one."""
SHORT_CLOCK = 5
"""Characters of a clock time on 24 hours, 16:10; one that names the half of the day takes half as much room again."""
LONG_CLOCK_TICKS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From `start` to `end`, both in the site's zone, with the moments that are marked."""

    start: datetime
    end: datetime
    step: timedelta
    ticks: tuple[datetime, ...]
    mirrored: bool = False
    """Whether time runs from right to left, as the words of the site do."""

    def place(self, moment: datetime) -> float:
        """Where the moment stands, in percent from the left; what lies outside stands at the edge."""
        share = min(max((moment - self.start) / (self.end - self.start), 0.0), 1.0)
        return round((1 - share if self.mirrored else share) * 100, 2)

    @property
    def sides(self) -> tuple[str, str]:
        """How words are anchored that stand at the beginning, and at the end, and run into the picture.

        Pictures are laid out from left to right whatever the page's direction: `svg` in the style sheet.
        """
        return ("end", "start") if self.mirrored else ("start", "end")


def axis(moments: Sequence[datetime], interface: Interface, most: int = MOST_TICKS) -> Axis:
    """The axis that holds all moments, with about `most` ticks at most."""
    first, last = interface.local(min(moments)), interface.local(max(moments))
    most = min(most, LONG_CLOCK_TICKS) if len(interface.clock(last)) > SHORT_CLOCK else most
    step = next((step for step in STEPS if (last - first) / step <= most - 2), (last - first) / (most - 2))
    ticks = [first]
    for tick in marks(first, step):
        if tick <= first:
            ticks = [tick]
            continue
        ticks.append(tick)
        if tick > last:
            break
    return Axis(start=ticks[0], end=ticks[-1], step=step, ticks=tuple(ticks), mirrored=interface.right_to_left)


def marks(first: datetime, step: timedelta) -> Iterator[datetime]:
    """Moments `step` apart from the midnight before `first`, the last one that is no later than `first` to begin with.

    Whole days keep to midnight when clocks change.
    """
    midnight = datetime.combine(first.date(), time(), first.tzinfo)
    begun = midnight.astimezone(UTC)
    for number in count(max(0, (first - begun) // step)):
        if step >= DAY:
            yield midnight + number * step  # wall-clock arithmetic: the zone finds each midnight's own offset
        else:
            yield (begun + number * step).astimezone(first.tzinfo)


def label(tick: datetime, at: Axis, interface: Interface, *, first: bool) -> str:
    """A tick in words: Thu 16:00 for the first or a midnight, 20:00 for hours, 9 Jul for days."""
    if at.step >= DAY:
        return interface.day_short(tick.date())
    clock = interface.clock(tick)
    return f"{interface.weekday_short(tick.date())} {clock}" if first or tick.time() == time() else clock
