"""What one poll changes: pure, from the outcome, the parsed document and the entries already known.

    plan_update = outcome -> failure | not modified | unchanged | (match each item -> new, changed or nothing) -> plan

Claimed dates stay claimed, validators change only on success, and nothing here removes an entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from aggregator.arrivals import DIGEST_BYTES, compare
from aggregator.config import Fetch
from aggregator.identity import Item
from aggregator.model import (
    Entry,
    FailureKind,
    Feed,
    FeedPlan,
    Fetched,
    FetchFailed,
    ParsedFeed,
    Unchanged,
    Unreadable,
    Validators,
)
from aggregator.polling import MOVE_POLLS, NEVER, NOT_ITS_FAULT, has_moved, is_proven, next_poll, publisher_interval
from aggregator.rhythm import ANOTHER_FEED, learnt, watched
from aggregator.text import html
from aggregator.text.outlets import OutletBook

MERGED_INTERVAL = timedelta(days=7)
"""Between polls of a feed that has become another name of one that is polled already."""


def body_digest(body: bytes) -> bytes:
    """The hash by which an identical document is known without parsing it (`Feed.body_hash`)."""
    return blake2b(body, digest_size=DIGEST_BYTES).digest()


def plan_update(  # noqa: PLR0913  (what a poll depends on)
    feed: Feed,
    outcome: Fetched | Unchanged | FetchFailed,
    parsed: ParsedFeed | Unreadable | None,
    known: Sequence[Entry],
    *,
    book: OutletBook,
    settings: Fetch,
    now: datetime,
    seen: int = 0,
    items: Sequence[Item] = (),
) -> FeedPlan:
    """All that this poll changes. `known` holds the feed's stored entries that `identify`'s guids and urls find.

    `seen` items of the document stood in the last one byte for byte and are not among the entries of `parsed`; `items`
    is what `identify` makes of those, which is asked where they are not given.
    `parsed` is None for a 304, a failure, and a body whose `body_digest` the feed already has.
    """
    if isinstance(outcome, FetchFailed):
        return _after_failure(feed, outcome, settings, now)
    if isinstance(outcome, Unchanged):
        return _after_not_modified(feed, outcome, settings, now)
    if isinstance(parsed, Unreadable):
        return _after_bad_document(feed, outcome, FailureKind.UNREADABLE, parsed.reason, settings, now)
    if parsed is not None and not parsed.entries and not seen and feed.last_new is not None:
        reason = "the feed is empty, and it was not before"
        return _after_bad_document(feed, outcome, FailureKind.EMPTY, reason, settings, now)
    new, changed = ((), ()) if parsed is None else compare(feed, parsed, known, book, now, items)
    return _after_document(feed, outcome, parsed, new, changed, settings=settings, now=now, seen=seen)


def _after_failure(feed: Feed, failure: FetchFailed, settings: Fetch, now: datetime) -> FeedPlan:
    """Count it, say it, wait longer; validators and hash stay as they were (FRB016).

    Our own outage and a request that was not made at all do not count against the feed.
    """
    due, why = next_poll(feed, failure, parsed=None, settings=settings, now=now)
    after = replace(
        feed,
        failures=feed.failures + (failure.kind not in NOT_ITS_FAULT),
        last_error=failure.detail,
        last_attempt=feed.last_attempt if failure.kind is FailureKind.HELD else now,
        gone=feed.gone or failure.kind is FailureKind.GONE,
        next_poll_at=None if due == NEVER else due,
        next_poll_why=why,
    )
    return FeedPlan(feed=after, status=failure.kind.value, detail=failure.detail, http_status=failure.status)


def _after_bad_document(
    feed: Feed, outcome: Fetched, kind: FailureKind, reason: str, settings: Fetch, now: datetime
) -> FeedPlan:
    """A 200 that is no use is a failure; with its validators the bad version would be "not modified" for ever."""
    failure = FetchFailed(kind=kind, detail=reason, status=outcome.status, hints=outcome.hints)
    return replace(_after_failure(feed, failure, settings, now), body_bytes=len(outcome.body))


def _after_not_modified(feed: Feed, outcome: Unchanged, settings: Fetch, now: datetime) -> FeedPlan:
    """304: success. A validator changes only if the answer carried it, since many servers leave it out."""
    told, stored = outcome.validators, feed.validators
    carried = replace(stored, etag=told.etag or stored.etag, last_modified=told.last_modified or stored.last_modified)
    history = learnt(feed, 1.0, new=False, document=False, settings=settings, now=now)
    history = replace(history, move=watched(feed, outcome, same=True, now=now))
    after = replace(feed, validators=carried, history=history)
    plan = FeedPlan(feed=after, status="not-modified", detail=_moving(after), http_status=304)
    return _succeeded(feed, plan, outcome, None, settings, now)


def _after_document(
    feed: Feed,
    outcome: Fetched,
    parsed: ParsedFeed | None,
    new: tuple[Entry, ...],
    changed: tuple[Entry, ...],
    *,
    settings: Fetch,
    now: datetime,
    seen: int,
) -> FeedPlan:
    """200 with a readable document, or with the same bytes as before (`parsed` None): the new validators stand.

    Not those of a document that broke off, or its missing end would be "not modified"; the same bytes a second time are
    no accident any more.
    """
    items = seen + len(parsed.entries) if parsed is not None else 0
    overlap = 1 - min(len(new) / items, 1) if items else 1.0
    same = overlap > 0 or feed.last_success is None
    history = learnt(feed, overlap, new=bool(new), document=True, settings=settings, now=now)
    after = replace(
        _described(feed, parsed),
        validators=outcome.validators if parsed is None or parsed.whole else feed.validators,
        body_hash=body_digest(outcome.body),
        last_new=now if new else feed.last_new,
        history=replace(history, move=watched(feed, outcome, same=same, now=now)),
    )
    notices = [_moving(after), *(parsed.notices if parsed else ())]
    plan = FeedPlan(
        feed=after,
        new=new,
        changed=changed,
        status="new" if new else "changed" if changed else "unchanged",
        detail="; ".join(notice for notice in notices if notice),
        http_status=outcome.status,
        body_bytes=len(outcome.body),
    )
    return _succeeded(feed, plan, outcome, parsed, settings, now)


def _succeeded(
    before: Feed,
    plan: FeedPlan,
    outcome: Fetched | Unchanged,
    parsed: ParsedFeed | None,
    settings: Fetch,
    now: datetime,
) -> FeedPlan:
    """The plan with the next poll set at the pace that was just learnt."""
    learning = replace(before, history=plan.feed.history)
    due, why = next_poll(learning, outcome, parsed=parsed, settings=settings, now=now)
    after = replace(
        plan.feed,
        last_success=now,
        last_attempt=now,
        last_error=None,
        failures=0,
        next_poll_at=due,
        next_poll_why=why,
    )
    return replace(plan, feed=after)


def believed_move(feed: Feed, now: datetime) -> str | None:
    """The address to be polled in place of `feed.url`: permanent redirects led there for long, and a document came."""
    move = feed.history.move
    return move.url if move is not None and has_moved(feed, now) and is_proven(feed) else None


def adopted(plan: FeedPlan, url: str) -> FeedPlan:
    """The plan with the feed at its new address; what the old one gave to compare by does not go there."""
    history = replace(plan.feed.history, move=None)
    after = replace(plan.feed, url=url, validators=Validators(), history=history)
    return replace(plan, feed=after, detail=f"moved permanently to {url}: polled there from now on")


def merged(plan: FeedPlan, other: str) -> FeedPlan:
    """The plan for a feed whose new address is that of the feed `other`: it stays where it is and is asked rarely.

    Once a week, in case the other leaves the config: nothing is ever silently dead.
    """
    assert plan.feed.last_attempt is not None
    due = plan.feed.last_attempt + MERGED_INTERVAL
    notice = f"its address now leads to {other}, which is polled already"
    after = replace(plan.feed, next_poll_at=due, next_poll_why=f"once a week: {notice}")
    return replace(plan, feed=after, detail=notice)


def _moving(feed: Feed) -> str:
    """A permanent move in words for the feed's owner."""
    move = feed.history.move
    if move is None:
        return ""
    if move.polls == ANOTHER_FEED:
        return f"redirected permanently to {move.url}, where another feed stands: not followed for good"
    return f"moved permanently to {move.url}; seen {move.polls} times, followed after {MOVE_POLLS} over a day"


def _described(feed: Feed, parsed: ParsedFeed | None) -> Feed:
    """What the document says of its feed; a title from the config stands."""
    if parsed is None:
        return feed
    return replace(
        feed,
        title=feed.title or html.plain(parsed.title),
        site_url=parsed.link or feed.site_url,
        language=parsed.language or feed.language,
        publisher_interval=publisher_interval(parsed),
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
    )
