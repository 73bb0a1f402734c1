"""Feeds into entries: claim -> fetch -> parse -> plan -> save, for every due feed, one transaction each."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from aggregator.config import FeedTable
from aggregator.fetch.client import Client
from aggregator.fetch.hosts import Hosts
from aggregator.fetch.request import Getter, Request
from aggregator.identity import identify
from aggregator.model import Entry, FailureKind, Feed, FeedPlan, Fetched, FetchFailed, Outcome, ParsedFeed, Unreadable
from aggregator.pipeline.app import App, outlet_book
from aggregator.polling import ask_conditionally
from aggregator.store import entries, feeds
from aggregator.text.outlets import OutletBook
from aggregator.update import body_digest, plan_update

BATCH = 500
"""Feeds claimed at once: enough to keep every connection busy, few enough that a lease outlives the batch."""
LEASE = timedelta(hours=1)
"""How long a claim holds: 500 feeds of one host, five seconds apart, take 42 minutes."""


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


def never() -> bool:
    """Nobody asks the run to stop."""
    return False


def poll_all(app: App, *, everything: bool = False, stopping: Callable[[], bool] = never) -> tuple[Polled, ...]:
    """One refresh through a polite client of its own, from code that is not asynchronous."""
    return asyncio.run(_through_a_client(app, everything=everything, stopping=stopping))


async def _through_a_client(app: App, *, everything: bool, stopping: Callable[[], bool]) -> tuple[Polled, ...]:
    async with Client(app.config.fetch) as client:
        halting = Halting(client, stopping)
        web = Hosts(halting, app.config.fetch, clock=time.monotonic, sleep=halting.sleep)
        return await refresh(app, web, everything=everything, stopping=stopping)


async def refresh(
    app: App, web: Getter, *, everything: bool = False, stopping: Callable[[], bool] = never
) -> tuple[Polled, ...]:
    """Poll every due feed once and save what came; `everything` takes those that are not due yet as well.

    Once `stopping` says so, requests under way end and are saved, and what was not begun is given back.
    """
    feeds.sync(app.database, app.config.feeds, now=app.now)
    tables = {table.url: table for table in app.config.feeds}
    settings = {key: tables.get(url) for key, url in feeds.configured_urls(app.database).items()}
    book = outlet_book(app)
    done: dict[int, Polled] = {}
    while not stopping() and (batch := [f for f in claim(app, everything=everything) if f.id not in done]):
        polled = await asyncio.gather(*(poll(app, web, feed, settings.get(feed.id), book) for feed in batch))
        done |= {one.feed.id: one for one in polled if one is not None}
    return tuple(done[key] for key in sorted(done))


class StoppingError(Exception):
    """The run is to stop and this request was not begun."""


@dataclass(frozen=True, slots=True)
class Halting:
    """A Getter that begins no request once the run is to stop."""

    inner: Getter
    stopping: Callable[[], bool]

    async def get(self, request: Request) -> Outcome:
        """The inner outcome. Raises StoppingError."""
        if self.stopping():
            raise StoppingError
        return await self.inner.get(request)

    async def sleep(self, seconds: float) -> None:
        """Wait for a host's turn, a second at a time. Raises StoppingError."""
        while seconds > 0 and not self.stopping():
            await asyncio.sleep(min(seconds, 1.0))
            seconds -= 1.0
        if self.stopping():
            raise StoppingError


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


async def poll(app: App, web: Getter, feed: Feed, settings: FeedTable | None, book: OutletBook) -> Polled | None:
    """Fetch, parse, plan and save one feed; whatever goes wrong is this feed's failure and nobody else's.

    None when the run stops before the request was begun.
    """
    try:
        outcome = await web.get(request(app, feed, settings))
        parsed = await read(app, feed, outcome)
        return save(app, planned(app, feed, outcome, parsed, book))
    except StoppingError:
        feeds.release(app.database, [feed.id], app.worker)
        return None
    except Exception as problem:  # noqa: BLE001  (one bad feed never stops the rest; the cause is kept with the feed)
        failure = FetchFailed(kind=FailureKind.INTERNAL, detail=f"{type(problem).__name__}: {problem}"[:300])
        return save(app, planned(app, feed, failure, None, book))


def save(app: App, plan: FeedPlan) -> Polled:
    """Keep what the poll changes, in one transaction. Raises StoreError."""
    new = entries.save_plan(app.database, plan, now=app.now, keep_log=app.config.retention.request_log)
    return Polled(feed=plan.feed, status=plan.status, detail=plan.detail, new=len(new), changed=len(plan.changed))


def request(app: App, feed: Feed, settings: FeedTable | None) -> Request:
    """The conditional request for a feed, with what its table in the config adds."""
    secret = os.environ.get(settings.auth_env) if settings and settings.auth_env else None
    return Request(
        url=feed.url,
        validators=feed.validators,
        headers=tuple(settings.headers.items()) if settings else (),
        authorization=secret,
        conditional=ask_conditionally(feed, now=app.now),
    )


async def read(app: App, feed: Feed, outcome: Outcome) -> ParsedFeed | Unreadable | None:
    """Parse a fetched body, in a thread so that slow documents do not hold up the other feeds' deadlines."""
    if not isinstance(outcome, Fetched) or body_digest(outcome.body) == feed.body_hash:
        return None
    from aggregator.parse.feed import parse  # noqa: PLC0415  (a poll in which nothing changed needs no feedparser)

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
        items = identify(parsed)
        guids = {guid for item in items for guid in item.guids}
        known = entries.known(app.database, feed.id, guids, {item.url for item in items if item.url})
    return plan_update(feed, outcome, parsed, known, book=book, settings=app.config.fetch, now=app.now)
