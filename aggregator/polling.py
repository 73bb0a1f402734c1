"""When a feed is polled next, and why: pure, from the outcome, the feed's history and the server's wishes.

The rules are those of HTTP etiquette for feed readers: the longest wish wins, promises of the server are kept up
to seven days, our own pace stays between floor and ceiling, trouble backs off by its kind, nothing is random.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import blake2b
from ipaddress import ip_address
from urllib.parse import urlsplit

from aggregator.config import Fetch, Network
from aggregator.model import FailureKind, Feed, FetchFailed, Outcome, ParsedFeed

LONGEST_PROMISE = timedelta(days=7)
"""A server's own wish is honoured up to here. Readers that stop at hours break promises; beyond a week it is
mostly a mistake (FreshRSS stops at 2 days, reader at 31)."""

LARGEST_JITTER = 0.1
"""Share of the wait added by the feed's own phase, never taken away. After a feed's first poll, and after one that came
late, a whole interval is spread by it instead: feeds that start together would go on together."""

UNCONDITIONAL_INTERVAL = timedelta(hours=24)
"""Whoever does not ask conditionally asks at most once a day (rachelbythebay, "feed")."""

FIRST_REFUSAL = timedelta(hours=4)
"""First wait after 403, 400, 406, 451 and after a 429 that names no time (Unread's figure); doubles from there."""

FAILURE_CEILING = timedelta(hours=24)
DEAD_CEILING = timedelta(days=7)
"""The ceiling after DEAD_AFTER failures in a row: rarely, but never silently dead (Media Cloud)."""
DEAD_AFTER = 30

OFFLINE_WAIT = timedelta(minutes=15)
"""When no host at all answers, the fault is ours: asked again soon, and nothing is counted."""

LATE_START = timedelta(minutes=30)
"""A poll that comes later than this and than a whole interval was held up with many others: all are spread again."""

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""The next poll of a feed that is stopped: 410 until somebody resumes it, 401 until its config changes."""

WEIGHTS = {
    FailureKind.DNS: 0.25,
    FailureKind.INTERNAL: 0.25,
    FailureKind.TIMEOUT: 0.5,
    FailureKind.CONNECT: 0.5,
    FailureKind.SERVER: 0.5,
    FailureKind.NOT_FOUND: 0.5,
    FailureKind.UNREADABLE: 0.5,
    FailureKind.EMPTY: 0.5,
}
"""How fast the wait doubles per failure: a temporary one by 2^1/4, a soft one by 2^1/2, all others by 2."""

NOT_ITS_FAULT = frozenset({FailureKind.OFFLINE, FailureKind.HELD})
"""Not counted as failures of the feed."""

REFUSALS = frozenset({FailureKind.FORBIDDEN, FailureKind.CLIENT})
STOPPED = {
    FailureKind.GONE: "stopped: gone for good (410)",
    FailureKind.UNAUTHORIZED: "stopped: a login is required (401) until its settings change",
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

FROZEN_AFTER = timedelta(days=7)
GAPS = 5
"""Nothing but 304 for so long, and for so many of the feed's usual gaps, under suspicious validators earns one
unconditional request, then one a week."""


MOVE_POLLS = 3
MOVE_TIME = timedelta(hours=24)
"""A permanent redirect is believed when seen on so many polls over so long: some last an hour, by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A time to wait and the reason in words."""

    time: timedelta
    why: str


def next_poll(
    feed: Feed,
    outcome: Outcome,
    *,
    parsed: ParsedFeed | None,
    settings: Fetch,
    now: datetime,
) -> tuple[datetime, str]:
    """When to poll `feed` next, and why in a short sentence.

    `feed` is as it stood before this poll (`failures` counts those before); `parsed` is None for a 304, an
    identical body and every failure: then the publisher's wishes that `feed` remembers count. An unreadable or
    empty document is passed as a FetchFailed of that kind.
    """
    if isinstance(outcome, FetchFailed) and outcome.kind in STOPPED:
        return NEVER, STOPPED[outcome.kind]
    wait = _after_failure(feed, outcome, settings) if isinstance(outcome, FetchFailed) else None
    if wait is None:
        wait = max(_wishes(feed, outcome, parsed, settings), key=lambda wish: wish.time)
    phase = _phase(feed.url)
    spread = own_interval(feed, settings) if _starts(feed, outcome, settings, now) else LARGEST_JITTER * wait.time
    due = now + wait.time + spread * phase
    allowed = _past_skips(due, *_skips(feed, parsed), phase=phase)
    return (due, wait.why) if allowed == due else (allowed, f"{wait.why}, then past its skipped hours")


def _starts(feed: Feed, outcome: Outcome, settings: Fetch, now: datetime) -> bool:
    """Whether this success is one of many at once: a first poll, or one held up by a downtime (miniflux #3838)."""
    if isinstance(outcome, FetchFailed) or is_own_host(feed.url, settings.allow_private):
        return False
    patience = max(LATE_START, own_interval(feed, settings))
    late = feed.next_poll_at is not None and now - feed.next_poll_at > patience
    return feed.last_success is None or late


def general_interval(settings: Fetch) -> timedelta:
    """The interval of feeds that name none, within its bounds."""
    return max(min(settings.interval, settings.max_interval), settings.min_interval)


def own_interval(feed: Feed, settings: Fetch) -> timedelta:
    """Our own pace: the feed's interval, else what overlap has taught, else the general one; between floor and ceiling.

    On machines of our own there is no floor.
    """
    wanted = feed.history.pace or settings.interval if feed.interval is None else feed.interval
    interval = min(wanted, settings.max_interval)
    if not is_own_host(feed.url, settings.allow_private):
        interval = max(interval, settings.min_interval)
    return max(interval, UNCONDITIONAL_INTERVAL) if feed.ignore_validators else interval


@lru_cache(maxsize=4096)  # a poll asks five times
def is_own_host(url: str, allowed: tuple[Network, ...]) -> bool:
    """True when `url` names `localhost` or a literal address inside `allowed`: etiquette's floor is not for those."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return False
    return any(address.version == network.version and address in network for network in allowed)


def ask_conditionally(feed: Feed, *, now: datetime) -> bool:
    """False when this poll is to leave the validators out.

    For feeds with `ignore_validators` always; where a move is to be adopted and no document has come from there yet;
    where validators look invented and no document came for FROZEN_AFTER and five usual gaps: a server that answers 304
    for ever would freeze the feed. One document starts the time anew.
    """
    if feed.ignore_validators or _wants_proof(feed, now):
        return False
    since = feed.history.last_document or feed.last_new
    if since is None or not _is_suspicious(feed, now):
        return True
    return now - since < max(FROZEN_AFTER, GAPS * (feed.history.usual_gap or timedelta(0)))


def has_moved(feed: Feed, now: datetime) -> bool:
    """Whether permanent redirects have led elsewhere often and long enough to be believed."""
    move = feed.history.move
    return move is not None and move.polls >= MOVE_POLLS and now - move.since >= MOVE_TIME


def is_proven(feed: Feed) -> bool:
    """Whether a document has come from where the feed seems to have moved."""
    move, document = feed.history.move, feed.history.last_document
    return move is not None and document is not None and document >= move.since


def _wants_proof(feed: Feed, now: datetime) -> bool:
    return has_moved(feed, now) and not is_proven(feed)


def _is_suspicious(feed: Feed, now: datetime) -> bool:
    """A weak or date-shaped ETag, or a Last-Modified in the future or at the epoch."""
    tag, modified = feed.validators.etag, feed.validators.last_modified
    if tag is not None and (tag.startswith("W/") or _date(tag.strip('"')) is not None):
        return True
    moment = None if modified is None else _date(modified)
    return moment is not None and (moment > now or moment.year <= 1970)


def _date(text: str) -> datetime | None:
    if len(text.split(maxsplit=1)) < 2:
        return None  # as most ETags are: no form of a date is one word
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _wishes(feed: Feed, outcome: Outcome, parsed: ParsedFeed | None, settings: Fetch) -> list[Wait]:
    """Our own pace and everything that server and publisher ask for, each within its bound."""
    own = own_interval(feed, settings)
    asked = (
        (outcome.hints.max_age, "server asked for {} (max-age)"),
        (outcome.hints.retry_after, "server asked for {} (Retry-After)"),
        (publisher_interval(parsed) if parsed is not None else feed.publisher_interval, "feed asks for {} (ttl)"),
    )
    bounded = [(min(time, LONGEST_PROMISE), words) for time, words in asked if time is not None]
    return [
        Wait(time=own, why=f"every {in_words(own)}"),
        *(Wait(time=time, why=words.format(in_words(time))) for time, words in bounded),
    ]


def publisher_interval(parsed: ParsedFeed) -> timedelta | None:
    """The longer of ttl and update period, to be kept with the feed for the polls that bring no document."""
    wishes = [wish for wish in (parsed.ttl, parsed.update_period) if wish is not None and wish > timedelta(0)]
    return max(wishes, default=None)


def _after_failure(feed: Feed, failure: FetchFailed, settings: Fetch) -> Wait:
    """The back-off of this kind of failure, or the server's Retry-After where that is longer."""
    count = feed.failures + 1
    own, asked = own_interval(feed, settings), failure.hints.retry_after
    if failure.kind in NOT_ITS_FAULT:
        return _blameless(failure, own)
    ceiling = max(own, DEAD_CEILING if count > DEAD_AFTER else FAILURE_CEILING)
    if failure.kind in REFUSALS or (failure.kind is FailureKind.RATE_LIMITED and asked is None):
        first, weight = max(own, FIRST_REFUSAL), 1.0
    elif failure.kind is FailureKind.RATE_LIMITED:
        first, weight = own, 0.0
    else:
        first, weight = own, WEIGHTS.get(failure.kind, 1.0)
        count += 1  # the first failure already waits longer than a success does
    doublings = min(weight * (count - 1), 30.0)  # 2^30 intervals are beyond every ceiling, and inside a timedelta
    backed_off = min(first * 2**doublings, ceiling)
    if asked is not None and (promised := min(asked, LONGEST_PROMISE)) >= backed_off:
        return Wait(time=promised, why=f"server asked for {in_words(promised)} (Retry-After)")
    return Wait(time=backed_off, why=_trouble(failure, feed.failures + 1, backed_off))


def _blameless(failure: FetchFailed, own: timedelta) -> Wait:
    """What is not the feed's fault does not count against it."""
    if failure.kind is FailureKind.OFFLINE:
        wait = min(OFFLINE_WAIT, own)
        return Wait(time=wait, why=f"{in_words(wait)}: no host answered, we seem to be offline")
    held = min(failure.hints.retry_after or timedelta(0), LONGEST_PROMISE)
    return Wait(time=held, why=f"its host asked us to wait {in_words(held)} (429)")


def _trouble(failure: FetchFailed, count: int, wait: timedelta) -> str:
    times = "failure" if count == 1 else f"{count} failures in a row"
    return f"{in_words(wait)} after {times} ({failure.kind.value})"


def _skips(feed: Feed, parsed: ParsedFeed | None) -> tuple[frozenset[int], frozenset[str]]:
    source = feed if parsed is None else parsed
    return source.skip_hours, frozenset(day.strip().lower() for day in source.skip_days)


def _past_skips(due: datetime, hours: frozenset[int], days: frozenset[str], *, phase: float) -> datetime:
    """`due`, or a moment in the first hour that the feed does not exclude (RSS 2.0 skipHours, skipDays; GMT).

    Lists that exclude every hour or every day are mistakes and count as absent.
    """
    hours = frozenset() if len(hours & set(range(24))) == 24 else hours
    days = frozenset() if len(days & set(WEEKDAYS)) == 7 else days
    moment = due.astimezone(UTC)
    while moment.hour in hours or WEEKDAYS[moment.weekday()] in days:
        moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    spread = timedelta(hours=1) * LARGEST_JITTER * phase  # or all feeds with such lists would start at :00
    return due if moment == due else moment + spread


def _phase(url: str) -> float:
    """The feed's own place in [0, 1), the same for ever."""
    return int.from_bytes(blake2b(url.encode("utf-8", "surrogatepass"), digest_size=4).digest()) / 2**32


def in_words(time: timedelta) -> str:
    """A duration for people: `45 s`, `60 min`, `2 h`, `36 h`, `7 d`, whole units only."""
    seconds = round(time.total_seconds())
    for size, unit, least in ((86400, "d", 172_800), (3600, "h", 7200), (60, "min", 120)):
        if seconds >= least:
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} s"
