"""Feeds into entries: claim -> fetch -> parse -> plan -> pages -> save, for every due feed.

A poll that brings something is saved in a transaction of its own; those that bring nothing are saved together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aggregator.config import FeedTable
from aggregator.fetch.request import Getter, Request, is_conditional
from aggregator.fetch.room import LARGE
from aggregator.identity import identify
from aggregator.model import Entry, FailureKind, Feed, FeedPlan, Fetched, FetchFailed, Outcome, ParsedFeed
from aggregator.pipeline import reading
from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.asking import StoppingError, Watch, hear, never, origin, polite_web, request
from aggregator.pipeline.full_text import Through, wants_full_text, with_pages
from aggregator.pipeline.outage import is_offline, is_unanswered
from aggregator.pipeline.readers import Readers, has_many_new, is_usual, readers
from aggregator.pipeline.reading import Around, Task, internal
from aggregator.store import entries, feeds
from aggregator.text.outlets import OutletBook
from aggregator.update import adopted, believed_move, merged

if TYPE_CHECKING:
    from aggregator.parse.unseen import Reading

BATCH = 500
"""Feeds claimed at once: enough to keep every connection busy, few enough that a lease outlives the batch."""
LEASE = timedelta(hours=1)
"""How long a claim holds: 500 feeds of one host, five seconds apart, take 42 minutes."""
QUIET_POLLS = 200
"""Polls that brought nothing are saved together, up to so many: a crash loses no more than when those come next."""
QUIET_TIME = 5.0
"""Seconds after which they are saved even if they are few."""
NOBODY = OutletBook(())
"""Stands in where no entry is to be assigned to anybody."""
REMEMBERED_POLLS = 50
"""Earlier polls looked at when nobody answers in a run."""


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
        return self.status in set(FailureKind) - {FailureKind.HELD}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A poll to which no word came back: whose fault that is, is known when the whole batch is done."""

    feed: Feed
    failure: FetchFailed
    asked_conditionally: bool


@dataclass(slots=True, kw_only=True)
class Run:
    """What the polls of one refresh share."""

    app: App
    web: Getter
    watch: Watch
    settings: Mapping[int, FeedTable | None]
    quiet: list[tuple[FeedPlan, datetime]] = field(default_factory=list)
    saved_at: float = 0.0
    known_book: OutletBook | None = None
    known_present: App | None = None
    lanes: tuple[Executor, Executor] = field(default_factory=lambda: (ThreadPoolExecutor(1), ThreadPoolExecutor(1)))
    """A thread that reads small documents and one for large ones: a parser takes many times its document's size, and
    more threads would be no quicker."""
    readers: Readers | None = None
    """Who reads first documents when many come."""

    @property
    def book(self) -> OutletBook:
        """Who is who; a run in which nothing changed does not need to know."""
        if self.known_book is None:
            self.known_book = outlet_book(self.app)
        return self.known_book

    @property
    def around(self) -> Around:
        """What every document is read with."""
        return Around(book=self.book, settings=self.app.config.fetch)

    @property
    def present(self) -> App:
        """The use cases' record for the present moment of a run that may take long."""
        now = self.watch.moment(self.app.now)
        if self.known_present is None or self.known_present.now != now:
            self.known_present = replace(self.app, now=now)
        return self.known_present


def poll_all(
    app: App,
    *,
    everything: bool = False,
    stopping: Callable[[], bool] = never,
    last_starts: dict[str, float] | None = None,
) -> tuple[Polled, ...]:
    """One refresh through a polite client of its own, from code that is not asynchronous.

    `last_starts`, handed to one run after another, keeps the second from asking the first one's hosts too soon.
    """
    watch = Watch(last_starts={} if last_starts is None else last_starts)
    return asyncio.run(_through_a_client(app, watch, everything=everything, stopping=stopping))


async def _through_a_client(
    app: App, watch: Watch, *, everything: bool, stopping: Callable[[], bool]
) -> tuple[Polled, ...]:
    async with polite_web(app, watch, stopping) as web:
        return await refresh(app, web, everything=everything, stopping=stopping, watch=watch)


async def refresh(
    app: App,
    web: Getter,
    *,
    everything: bool = False,
    stopping: Callable[[], bool] = never,
    watch: Watch | None = None,
) -> tuple[Polled, ...]:
    """Poll every due feed once and save what came; `everything` takes those that are not due yet as well.

    Once `stopping` says so, requests under way end and are saved, and what was not begun is given back.
    """
    feeds.sync(app.database, app.config.feeds, now=app.now)
    tables = {table.url: table for table in app.config.feeds}
    settings = {key: tables.get(url) for key, url in feeds.configured_urls(app.database).items()}
    run = Run(app=app, web=web, watch=watch or Watch(), settings=settings)
    done: dict[int, Polled] = {}
    try:
        while not stopping() and (batch := [f for f in claim(run.present, everything=everything) if f.id not in done]):
            if run.readers is None and has_many_new(batch):
                run.readers = await readers(run.lanes[0], run.around)
            done |= {one.feed.id: one for one in await poll_batch(run, batch)}
    finally:
        if run.readers is not None:
            await run.readers.close()
    return tuple(done[key] for key in sorted(done))


async def poll_batch(run: Run, batch: list[Feed]) -> list[Polled]:
    """Poll these feeds; what nobody answered is judged at the end, when it shows whose fault it is."""
    came = await asyncio.gather(*(poll(run, feed) for feed in batch))
    polled = [one for one in came if isinstance(one, Polled)]
    silent = [one for one in came if isinstance(one, Unanswered)]
    if silent:
        before = () if polled else feeds.last_asked(run.app.database, REMEMBERED_POLLS)
        offline = not polled and is_offline([one.feed.url for one in silent], before)
        polled += [keep(run, after_silence(run, one, offline=offline), one.feed.url) for one in silent]
    flush(run)
    return polled


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


async def poll(run: Run, feed: Feed) -> Polled | Unanswered | None:
    """Fetch, parse and plan one feed; whatever goes wrong is this feed's failure and nobody else's.

    None when the run stops before the request was begun.
    """
    try:
        plan = await ask(run, feed)
    except StoppingError:
        feeds.release(run.app.database, [feed.id], run.app.worker)
        return None
    except Exception as problem:  # noqa: BLE001  (one bad feed never stops the rest; the cause is kept with the feed)
        plan = planned(run, feed, internal(problem), None)
    finally:
        run.watch.room.leave()
    return plan if isinstance(plan, Unanswered) else keep(run, plan, feed.url)


async def ask(run: Run, feed: Feed) -> FeedPlan | Unanswered:
    """The request, its answer's changes, and the pages that these want. Raises StoppingError and what a bug raises."""
    settings = run.settings.get(feed.id)
    asked = request(run.present, feed, settings)
    plan = await answered(run, feed, asked, settings)
    if isinstance(plan, FeedPlan) and (plan.new or plan.changed) and wants_full_text(run.app.config, settings):
        return await with_pages(run.present, Through(run.web, asked, run.watch.room), feed, plan)
    return plan


async def answered(run: Run, feed: Feed, asked: Request, settings: FeedTable | None) -> FeedPlan | Unanswered:
    """What the answer changes; the body is let go at the end."""
    outcome = await run.web.get(asked)
    app = run.present
    if is_unanswered(outcome):
        assert isinstance(outcome, FetchFailed)
        return Unanswered(feed=feed, failure=outcome, asked_conditionally=is_conditional(asked))
    hear(app, feed.url, outcome)
    encoding = settings.encoding if settings is not None else None
    if run.readers is not None and feed.last_success is None and is_usual(outcome):
        plan = await run.readers.read(Task(feed=feed, outcome=outcome, encoding=encoding, now=app.now))
        if isinstance(plan, FetchFailed):
            plan = planned(run, feed, plan, None)
    else:
        plan = planned(run, feed, outcome, await read(run, feed, outcome, encoding))
    return followed(app, replace(plan, conditional=is_conditional(asked)), settings)


def followed(app: App, plan: FeedPlan, settings: FeedTable | None) -> FeedPlan:
    """The plan with a permanent move adopted, once it is believed and nothing speaks against it."""
    url = believed_move(plan.feed, app.now)
    if url is None:
        return plan
    secret = settings is not None and settings.has_login
    if (secret or "@" in plan.feed.url) and origin(url) != origin(plan.feed.url):
        return replace(plan, detail=f"moved permanently to {url}; its login is not sent there: change the config")
    other = feeds.other_at(app.database, url, plan.feed.id)
    return adopted(plan, url) if other is None else merged(plan, other)


def after_silence(run: Run, one: Unanswered, *, offline: bool) -> FeedPlan:
    """The plan of a poll that nobody answered."""
    failure = one.failure
    if offline:
        failure = replace(failure, kind=FailureKind.OFFLINE, detail=f"no host answers ({failure.detail})")
    plan = planned(run, one.feed, failure, None)
    return replace(plan, conditional=one.asked_conditionally)


def keep(run: Run, plan: FeedPlan, url: str) -> Polled:
    """Keep what the poll of `url` changes: by itself, or with others that brought nothing. Raises StoreError."""
    asked_at = run.watch.asked_at(url, run.app.now)
    polled = Polled(feed=plan.feed, status=plan.status, detail=plan.detail, new=0, changed=len(plan.changed))
    if not plan.new and not plan.changed:
        run.quiet.append((plan, asked_at))
        if len(run.quiet) >= QUIET_POLLS or run.watch.clock() - run.saved_at >= QUIET_TIME:
            flush(run)
        return polled
    now, log = run.present.now, run.app.config.retention.request_log
    new = entries.save_plan(run.app.database, plan, now=now, keep_log=log, asked_at=asked_at)
    return replace(polled, new=new)


def flush(run: Run) -> None:
    """Save the polls that brought nothing. Raises StoreError."""
    quiet, run.quiet, run.saved_at = run.quiet, [], run.watch.clock()
    entries.save_quiet(run.app.database, quiet, keep_log=run.app.config.retention.request_log)


async def read(run: Run, feed: Feed, outcome: Outcome, encoding: str | None) -> Reading | None:
    """Parse a fetched body, in a thread so that slow documents do not hold up the other feeds' deadlines."""
    if not isinstance(outcome, Fetched):
        return None
    lane = run.lanes[len(outcome.body) > LARGE]
    settings, now = run.app.config.fetch, run.present.now
    return await asyncio.get_running_loop().run_in_executor(lane, reading.read, feed, outcome, encoding, settings, now)


def planned(run: Run, feed: Feed, outcome: Outcome, found: Reading | None) -> FeedPlan:
    """What the poll changes, given what is known of the entries that it names."""
    app, parsed = run.present, None if found is None else found.parsed
    if not isinstance(parsed, ParsedFeed) or not parsed.entries:
        return reading.plan(feed, outcome, found, Around(book=NOBODY, settings=app.config.fetch), app.now)
    items = identify(parsed)
    guids = {guid for item in items for guid in item.guids}
    known: tuple[Entry, ...] = ()
    if feed.last_success is not None:  # else there is nothing that it could be known from
        urls = {item.url for item in items if item.url}
        claims = {item.entry.published or item.entry.updated for item in items if not item.url}
        known = entries.known(app.database, feed.id, guids, urls, claims)
    return reading.plan(feed, outcome, found, run.around, app.now, items, known)
