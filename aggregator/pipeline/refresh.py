"""Feeds into entries: claim -> fetch -> parse -> plan -> save, for every due feed, one transaction each."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import timedelta

from aggregator.config import FeedTable
from aggregator.fetch.request import Request
from aggregator.model import Entry, FailureKind, Feed, Fetched, FetchFailed, FeedPlan, Outcome, ParsedFeed, Unreadable
from aggregator.pipeline.app import App, Web, outlet_book
from aggregator.store import entries, feeds
from aggregator.text.outlets import OutletBook
from aggregator.update import keys, plan_update

BATCH = 500
"""Feeds claimed at once: enough to keep every connection busy, few enough that a lease outlives the batch."""
LEASE = timedelta(minutes=15)
"""How long a claim holds: a batch of slow feeds at the default timeouts ends within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What one feed's poll came to."""

    feed: Feed
    status: str
    detail: str
    new: int
    changed: int

    @property
    def failed(self) -> bool:
        """Whether nothing usable came."""
        return self.status in set(FailureKind)


async def refresh(app: App, web: Web, *, everything: bool = False) -> tuple[Polled, ...]:
    """Poll every due feed once and save what came; `everything` takes those that are not due yet as well."""
    feeds.sync(app.database, app.config.feeds, now=app.now)
    settings = {table.url: table for table in app.config.feeds}
    book, slots = outlet_book(app), asyncio.Semaphore(app.config.fetch.concurrency)
    done: dict[int, Polled] = {}
    while batch := [feed for feed in claim(app, everything=everything) if feed.id not in done]:
        jobs = (poll(app, web, feed, settings.get(feed.url), book, slots) for feed in batch)
        done |= {polled.feed.id: polled for polled in await asyncio.gather(*jobs)}
    return tuple(done[key] for key in sorted(done))


def claim(app: App, *, everything: bool) -> tuple[Feed, ...]:
    """Lease the next batch of due feeds for this worker."""
    return feeds.claim_due(
        app.database,
        now=app.now,
        limit=BATCH,
        worker=app.worker,
        lease=LEASE,
        everything=everything,
        floor=app.config.fetch.min_interval,
    )


async def poll(  # noqa: PLR0913  (one feed's way through the stages)
    app: App, web: Web, feed: Feed, settings: FeedTable | None, book: OutletBook, slots: asyncio.Semaphore
) -> Polled:
    """Fetch, parse, plan and save one feed; whatever goes wrong is this feed's failure and nobody else's."""
    async with slots:
        try:
            outcome = await web.get(request(feed, settings))
            parsed = await read(app, feed, outcome)
            plan = planned(app, feed, outcome, parsed, book)
        except Exception as problem:  # noqa: BLE001  (one bad feed never stops the rest; the cause is logged with the feed)
            failure = FetchFailed(kind=FailureKind.INTERNAL, detail=f"{type(problem).__name__}: {problem}"[:300])
            plan = planned(app, feed, failure, None, book)
    saved = save(app, plan)
    return Polled(
        feed=plan.feed, status=plan.status, detail=plan.detail, new=len(saved), changed=len(plan.changed)
    )


def request(feed: Feed, settings: FeedTable | None) -> Request:
    """The conditional request for a feed, with what its table in the config adds."""
    secret = os.environ.get(settings.auth_env) if settings and settings.auth_env else None
    return Request(
        url=feed.url,
        validators=feed.validators,
        headers=tuple(settings.headers.items()) if settings else (),
        authorization=secret,
        conditional=not feed.ignore_validators,
    )


async def read(app: App, feed: Feed, outcome: Outcome) -> ParsedFeed | Unreadable | None:
    """Parse a fetched body, in a thread so that slow documents do not hold up the other feeds' deadlines."""
    if not isinstance(outcome, Fetched):
        return None
    from aggregator.parse.feed import parse  # a poll in which nothing changed needs no feedparser

    return await asyncio.to_thread(
        parse,
        outcome.body,
        content_type=outcome.content_type,
        url=outcome.url,
        now=app.now,
        max_entries=app.config.fetch.max_entries,
    )


def planned(
    app: App, feed: Feed, outcome: Outcome, parsed: ParsedFeed | Unreadable | None, book: OutletBook
) -> FeedPlan:
    """What the poll changes, given what is known of the entries that it names."""
    known: tuple[Entry, ...] = ()
    if isinstance(parsed, ParsedFeed):
        guids, urls = keys(parsed)
        known = entries.known(app.database, feed.id, guids, urls)
    return plan_update(feed, outcome, parsed, known, book=book, settings=app.config.fetch, now=app.now)


def save(app: App, plan: FeedPlan) -> tuple[Entry, ...]:
    """Keep the plan, with as much of the request log as the config wants."""
    return entries.save_plan(app.database, plan, now=app.now, keep_log=app.config.retention.request_log)
