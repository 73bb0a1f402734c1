"""When did the lines of an archive arrive? Pure: claimed dates in, times of arrival out, none far from its neighbours.

Arrival is the order of the lines. A date far behind the clock is placed by its arrival; one far ahead moves the clock
only if the next dated line bears it out, so that one wrong date ages nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

BEFORE_ALL: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The clock of an archive that gives no dates."""
LONGEST_PAUSE: Final = timedelta(days=366)
"""A last line that lies further ahead than this, and that no other bears out, is a slip."""
STRETCH: Final = 10
"""A batch spans at most this fraction of the window, so that what has left it is forgotten in time."""


def date_of(value: Any) -> datetime | None:
    """A date of an archive, aware and in UTC; dates without a zone are taken for UTC, what is no date gives None."""
    with suppress(ValueError, TypeError, OverflowError, OSError):
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        try:
            date = datetime.fromisoformat(str(value).strip())
        except ValueError:
            date = parsedate_to_datetime(str(value))
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)
    return None


def arrivals(dates: Sequence[datetime | None], clock: datetime, window: timedelta) -> list[datetime]:
    """The times at which lines with these dates arrived, where the latest believed time before them is `clock`."""
    following = _following(dates)
    if clock == BEFORE_ALL:
        clock = _beginning(dates, following, window)
    found = []
    for date, after in zip(dates, following, strict=True):
        near = date is not None and (date <= clock + window or _borne_out(date, after, clock, window))
        at = date if date is not None and near and date >= clock - window else clock
        clock = max(clock, at)
        found.append(at)
    return found


def stretches(times: Sequence[datetime], window: timedelta) -> Iterator[slice]:
    """The lines cut where they span more than a batch may, in order."""
    start = 0
    for number, time in enumerate(times):
        if time - times[start] > window / STRETCH:
            yield slice(start, number)
            start = number
    if len(times):
        yield slice(start, len(times))


def _following(dates: Sequence[datetime | None]) -> list[datetime | None]:
    """For each line the date of the next line that has one."""
    found: list[datetime | None] = []
    after: datetime | None = None
    for date in reversed(dates):
        found.append(after)
        after = date or after
    return found[::-1]


def _beginning(dates: Sequence[datetime | None], following: Sequence[datetime | None], window: timedelta) -> datetime:
    """The first date that the next one bears out, else the first at all."""
    pairs = [(date, after) for date, after in zip(dates, following, strict=True) if date is not None]
    sound = (date for date, after in pairs if after is not None and abs(after - date) <= window)
    return next(sound, pairs[0][0] if pairs else BEFORE_ALL)


def _borne_out(date: datetime, after: datetime | None, clock: datetime, window: timedelta) -> bool:
    if after is None:
        return date - clock <= LONGEST_PAUSE
    return after >= date - window
