"""What past polls teach about a feed: its pace by overlap, its usual gap, where it has moved to. Pure.

Adaptation is Media Cloud's rule (rss-fetcher, fetcher/config.py): what share of a document's items was known already
says whether we come too often or miss items. Only feeds on the general interval adapt: who names an interval means it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.config import Fetch
from aggregator.history import History, Move
from aggregator.model import Feed, Fetched, Unchanged
from aggregator.polling import ask_conditionally, general_interval, is_own_host, own_interval

MOSTLY_NEW, MOSTLY_KNOWN = 1 / 3, 2 / 3
"""Below the first, on two polls on time in a row, items may be missed; from the second on, we come too often."""

SHORTEN = timedelta(minutes=60)
LENGTHEN = timedelta(minutes=10)
LENGTHEN_IDLE = timedelta(minutes=60)
IDLE = timedelta(days=31)
"""A feed without anything new for so long slows down six times as fast (Media Cloud's figures)."""

ALIVE_CEILING = timedelta(hours=6)
"""The slowest pace of a feed that still publishes. Media Cloud goes to 24 hours; a daily edition would then lead with
yesterday's news. Six hours is their default."""

LATE = timedelta(minutes=30)
"""A poll is on time when it is no later than this: a longer gap says nothing about the pace that was set."""

ANOTHER_FEED = -1
"""In place of a move's polls: what stands there is not the feed that we know."""


def learnt(feed: Feed, overlap: float, *, new: bool, document: bool, settings: Fetch, now: datetime) -> History:
    """The feed's history after a success. `overlap`: share of the items that were known; 1 where nothing came.

    What an unconditional request found behind a frozen 304 says nothing about the feed's gaps.
    """
    history = _adapted(feed, overlap, settings, now)
    return replace(
        history,
        usual_gap=_usual_gap(feed, now) if new and ask_conditionally(feed, now=now) else history.usual_gap,
        last_document=now if document else history.last_document,
    )


def _adapted(feed: Feed, overlap: float, settings: Fetch, now: datetime) -> History:
    """The pace after this poll, changed where it and the poll before say the same."""
    history = feed.history
    if feed.interval is not None or feed.ignore_validators or is_own_host(feed.url, settings.allow_private):
        return replace(history, pace=None, overlap=None)
    if not _is_on_time(feed, now):
        return replace(history, overlap=None)
    before, pace = history.overlap, own_interval(feed, settings)
    if before is not None and max(before, overlap) < MOSTLY_NEW:
        usual = general_interval(settings)
        pace = usual if pace > usual else max(pace - SHORTEN, settings.min_interval)
    elif before is not None and min(before, overlap) >= MOSTLY_KNOWN:
        pace = _slower(feed, pace, settings, now)
    return replace(history, pace=pace, overlap=overlap)


def _slower(feed: Feed, pace: timedelta, settings: Fetch, now: datetime) -> timedelta:
    idle = feed.last_new is not None and now - feed.last_new > IDLE
    ceiling = settings.max_interval if idle else max(min(ALIVE_CEILING, settings.max_interval), settings.interval)
    return max(min(pace + (LENGTHEN_IDLE if idle else LENGTHEN), ceiling), min(pace, ceiling))


def _is_on_time(feed: Feed, now: datetime) -> bool:
    """Whether the time since the last good poll was the one that the pace asked for."""
    if feed.last_success is None or feed.next_poll_at is None or feed.failures:
        return False
    return feed.next_poll_at <= now <= feed.next_poll_at + LATE


def _usual_gap(feed: Feed, now: datetime) -> timedelta | None:
    """The mean of the gaps between news, the latest counting a quarter."""
    if feed.last_new is None:
        return None
    gap, before = now - feed.last_new, feed.history.usual_gap
    return gap if before is None else (3 * before + gap) / 4


def watched(feed: Feed, outcome: Fetched | Unchanged, *, same: bool, now: datetime) -> Move | None:
    """The move after this poll: begun and confirmed by every answer of the `same` feed, ended by another target.

    A 304 counts: it says that what stands there is what we have. Before adoption a document is asked for. Where
    another feed was found once, its items are known from then on and prove nothing.
    """
    target, move = outcome.permanent_url, feed.history.move
    if target is None or target == feed.url:
        return None
    going_on = move if move is not None and move.url == target else Move(url=target, since=now, polls=0)
    if going_on.polls == ANOTHER_FEED or not same:
        return replace(going_on, polls=ANOTHER_FEED)
    return replace(going_on, polls=going_on.polls + 1)
