"""What a server's headers promise, as values: pure, over header bytes; whatever cannot be read is absent.

Durations are measured against the server's own clock (its Date), never ours: RFC 9111 4.2, RFC 9110 10.2.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from aggregator.model import ServerHints, Validators

LONGEST_PROMISE = timedelta(days=366)
"""Larger values mean "for ever" (RFC 9111 1.2.2 lets a cache cut them); `polling` honours no more than days."""

MOST_DIGITS = 18
"""A delta-seconds text longer than this is garbage, and int() of thousands of digits is slow."""

RawHeaders = Iterable[tuple[bytes, bytes]]


class Headers:
    """Response headers by lower-case name, each value byte for byte as latin-1 text."""

    __slots__ = ("_values",)

    def __init__(self, raw: RawHeaders) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in raw:
            self._values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1").strip(" \t"))

    def first(self, name: str) -> str | None:
        """The first value under `name`; None when absent or empty."""
        return next((value for value in self._values.get(name, ()) if value), None)

    def joined(self, name: str) -> str:
        """All values under `name` as one comma-separated list (RFC 9110 5.3)."""
        return ",".join(self._values.get(name, ()))


def validators(headers: Headers) -> Validators:
    """ETag and Last-Modified exactly as they came, quotes and `W/` included."""
    return Validators(etag=headers.first("etag"), last_modified=headers.first("last-modified"))


def hints(headers: Headers, *, now: datetime) -> ServerHints:
    """What the server says of the next request. `now` stands in where it sent no readable Date."""
    clock = http_date(headers.first("date")) or now
    return ServerHints(max_age=_freshness(headers, clock), retry_after=_retry_after(headers, clock))


def http_date(text: str | None) -> datetime | None:
    """An HTTP date (RFC 9110 5.6.7; the obsolete forms too) in UTC; None for anything else."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _seconds(text: str | None) -> timedelta | None:
    """A delta-seconds text (quotes tolerated, RFC 9111 5.2) as a duration, cut at LONGEST_PROMISE."""
    digits = (text or "").strip().strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        return None
    return timedelta(seconds=min(int(digits), int(LONGEST_PROMISE.total_seconds())))


def _freshness(headers: Headers, clock: datetime) -> timedelta | None:
    """Freshness left: max-age less Age, else Expires less Date less Age; None when none is left or promised."""
    directives = [part.strip().lower() for part in headers.joined("cache-control").split(",")]
    if any(part.partition("=")[0] in {"no-cache", "no-store"} for part in directives):
        return None
    ages = [part.partition("=")[2] for part in directives if part.partition("=")[0].strip() == "max-age"]
    lifetime = _seconds(ages[0]) if ages else _until(headers.first("expires"), clock)
    if lifetime is None:
        return None
    left = lifetime - (_seconds(headers.first("age")) or timedelta(0))
    return left if left > timedelta(0) else None


def _retry_after(headers: Headers, clock: datetime) -> timedelta | None:
    """Retry-After as a positive duration; negative, zero and unreadable values count as absent."""
    text = headers.first("retry-after")
    wait = _seconds(text) or _until(text, clock)
    return wait if wait is not None and wait > timedelta(0) else None


def _until(text: str | None, clock: datetime) -> timedelta | None:
    """The time from `clock` to the HTTP date `text`, cut at LONGEST_PROMISE."""
    moment = http_date(text)
    return None if moment is None else min(moment - clock, LONGEST_PROMISE)
