"""When a digest is due, in its readers' local time. Pure: zone and times come in, dates and moments go out."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC time of a local clock time.

    A time that the clock skips in spring is taken as the moment that it would have been without the change; of a
    time that comes twice in autumn the first is meant (`fold=0`, PEP 495).
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(ZoneInfo("UTC"))


def last_due(now: datetime, at: time, zone: ZoneInfo) -> date:
    """The newest local day whose edition is due by `now`."""
    today = now.astimezone(zone).date()
    return today if moment(today, at, zone) <= now else today - timedelta(days=1)


def next_due(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The next moment after `now` at which an edition is due."""
    return moment(last_due(now, at, zone) + timedelta(days=1), at, zone)


def missing_days(published: date | None, now: datetime, at: time, zone: ZoneInfo, *, most: int) -> tuple[date, ...]:
    """The days whose editions are due and not yet made, oldest first, at most the last `most` of them.

    A digest that was never published begins with the newest due day: it has no past to catch up with.
    """
    newest = last_due(now, at, zone)
    if published is None:
        return (newest,)
    days = (newest - published).days
    return tuple(newest - timedelta(days=back) for back in range(min(days, most) - 1, -1, -1))
