"""What a feed asks of those who poll it, from feedparser's dictionaries: pure, and sceptical of units."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

MAX_TTL = timedelta(days=31)
"""Longest wish for the time between polls that is believed; more is a mistake of units."""

PERIODS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
"""Hours of `sy:updatePeriod` (RSS 1.0 syndication module)."""

DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())


def ttl(minutes: str) -> timedelta | None:
    """RSS's `ttl`, `MAX_TTL` at most; None where it says nothing."""
    wish = (
        timedelta(minutes=int(minutes)) if minutes.isascii() and minutes.isdigit() and len(minutes) < 7 else timedelta()
    )
    return min(wish, MAX_TTL) if wish else None


def update_period(head: dict[str, Any]) -> timedelta | None:
    """`sy:updatePeriod` divided by `sy:updateFrequency`."""
    hours = PERIODS.get(str(dict.get(head, "sy_updateperiod") or "").strip().lower())
    if hours is None:
        return None
    often = str(dict.get(head, "sy_updatefrequency") or "1").strip()
    times = int(often) if often.isascii() and often.isdigit() and 0 < len(often) < 4 else 1
    return timedelta(hours=hours) / max(1, times)


def skip_hours(hours: Iterable[str]) -> frozenset[int]:
    """Hours of the day in GMT, 0 to 23; RSS 0.91 wrote 24 for midnight."""
    numbers = (int(hour) for hour in map(str.strip, hours) if hour.isascii() and hour.isdigit() and len(hour) < 3)
    return frozenset(number % 24 for number in numbers if number <= 24)


def skip_days(days: Iterable[str]) -> frozenset[str]:
    """Names of days in lower case; what is no day's name is left out."""
    return frozenset(map(str.lower, map(str.strip, days))) & DAYS
