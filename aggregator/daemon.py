"""The long-running daemon: a few ticks on APScheduler. Everything that matters is a due time in the store.

A tick asks the store what is due and calls the same use cases as the command line. A missed tick needs no catching
up, since the next one finds the same work; a jump of the clock runs each feed once. SIGTERM and SIGINT let the work
in hand end and start no other.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from aggregator.config import Digest
from aggregator.digest.schedule import last_due, missing_days, moment
from aggregator.errors import AggregatorError
from aggregator.health import Measure
from aggregator.pipeline.app import App, Mailer
from aggregator.pipeline.group import Grouper
from aggregator.pipeline.publish import publish
from aggregator.pipeline.refresh import poll_all
from aggregator.pipeline.send import send
from aggregator.pipeline.turns import LEASE, group_in_turn
from aggregator.store import editions, entries, feeds, leases, outbox, retention

log = logging.getLogger("aggregator")

Role = Literal["all", "fetch", "group", "publish"]
TICK = timedelta(seconds=10)
"""How often the store is asked for due work; asking costs a few milliseconds, and no edition is later than this."""
PATIENCE = timedelta(minutes=15)
"""How long a due edition waits for entries that are fetched and not grouped yet."""
CATCH_UP = 7
"""Editions made after a downtime, at most: a week's worth is what readers still want."""


@dataclass(slots=True, kw_only=True)
class Daemon:
    """What the ticks share. `app` makes the use cases' record for the present moment; `web` opens a client."""

    app: Callable[[], App]
    mailer: Callable[[], Mailer | None]
    role: Role = "all"
    stopping: threading.Event
    grouper: Grouper | None = None
    forgot: date | None = None
    last_starts: dict[str, float] = field(default_factory=dict)
    """When each host was asked last, so that one tick keeps its distance from the one before."""

    def serves(self, part: str) -> bool:
        """Whether this process does that part of the work."""
        return self.role in {"all", part}

    def fetch(self) -> None:
        """Poll what is due."""
        app = self.app()
        polled = poll_all(app, stopping=self.stopping.is_set, last_starts=self.last_starts)
        if polled:
            failed = sum(one.failed for one in polled)
            log.info("polled %d feeds: %d new entries, %d failed", len(polled), sum(one.new for one in polled), failed)

    def match(self) -> None:
        """Group what waits, if this machine holds the grouper's lease."""
        before, self.grouper = self.grouper, None  # after a failed transaction it would be ahead of the store
        report = group_in_turn(self.app, before, stopping=self.stopping.is_set)
        if report is None:
            return
        self.grouper = report.grouper
        if report.entries:
            log.info("grouped %d entries into %d pieces", report.entries, len(report.pieces))

    def publish(self) -> None:
        """Make every edition that is due and mail what is unsent, if this machine holds the publisher's lease."""
        app = self.app()
        if not leases.acquire(app.database, "publish", app.worker, now=app.now, duration=LEASE):
            return
        for digest in app.config.digests:
            for day in due_days(app, digest):
                made = publish(app, digest, day)
                log.info("edition %s of %s: %d stories", digest.name, day, made.edition.counts.stories)
        self.forget(app)
        mailer = self.mailer()
        if mailer is not None:
            for sent in send(app, mailer):
                log.info("mail to %s: %s %s", sent.recipient, sent.state, sent.reply)

    def forget(self, app: App) -> None:
        """Once a day, purge what is older than the config keeps."""
        age = app.config.retention.entries
        if not age or self.forgot == app.now.date():
            return
        self.forgot = app.now.date()
        gone = retention.purge(app.database, before=app.now - age)
        if gone:
            log.info("forgot %d entries older than %d days", gone, age.days)


def measures(app: App) -> tuple[Measure, ...]:
    """What Prometheus is told: how many feeds, how they fare, what waits."""
    polled, messages = feeds.all_feeds(app.database), outbox.deliveries(app.database)
    late = max((app.now - feed.next_poll_at for feed in polled if feed.next_poll_at), default=timedelta(0))
    return (
        Measure(name="feeds", meaning="Feeds in the config", value=len(polled)),
        Measure(
            name="feeds_failing", meaning="Feeds whose last poll failed", value=sum(f.failures > 0 for f in polled)
        ),
        Measure(name="feeds_gone", meaning="Feeds that their publishers removed", value=sum(f.gone for f in polled)),
        Measure(name="poll_lateness_seconds", meaning="Longest overdue poll", value=max(0.0, late.total_seconds())),
        Measure(name="entries_waiting", meaning="Entries not grouped yet", value=entries.waiting_count(app.database)),
        Measure(
            name="messages_unsent",
            meaning="Messages queued or deferred",
            value=sum(message.state in {"queued", "deferred"} for message in messages),
        ),
    )


def due_days(app: App, digest: Digest) -> tuple[date, ...]:
    """The local days whose editions are due and not made yet; none while what belongs into them is still coming in.

    A digest that never had an edition begins today: whatever day before, its edition would end before all that is
    known was seen, and go out empty.
    """
    newest = editions.latest_before(app.database, digest.name, date.max)
    if not settled(app, newest is None, last_due(app.now, digest.time, app.config.site.zone), digest):
        return ()
    if digest.cron is not None:
        days = cron_days(app, digest, newest.end if newest else None)
    else:
        newest_day = newest.day if newest else None
        days = missing_days(newest_day, app.now, digest.time, app.config.site.zone, most=CATCH_UP)
    return days if newest else tuple(day for day in days if day == app.now.astimezone(app.config.site.zone).date())


def settled(app: App, first: bool, day: date, digest: Digest) -> bool:
    """Whether an edition may be made: grouping has caught up, or the readers have waited long enough.

    The first edition of all waits until every feed was asked once, else it would be empty and say so to everybody.
    """
    if first:
        polled = feeds.all_feeds(app.database)
        return bool(polled) and all(feed.last_attempt for feed in polled) and not entries.waiting_count(app.database)
    late = app.now - moment(day, digest.time, app.config.site.zone)
    return late > PATIENCE or not entries.waiting_count(app.database)


def cron_days(app: App, digest: Digest, made: datetime | None) -> tuple[date, ...]:
    """The newest local day on which a cron digest was due after its last edition, if any."""
    trigger = CronTrigger.from_crontab(digest.cron, timezone=app.config.site.zone)
    since = made or app.now - timedelta(days=digest.days)
    fire = trigger.get_next_fire_time(since, since)
    days: list[date] = []
    while fire is not None and fire <= app.now:
        days.append(fire.date())
        fire = trigger.get_next_fire_time(fire, fire + timedelta(seconds=1))
    return tuple(dict.fromkeys(days))[-1:]


def guarded(job: Callable[[], None]) -> Callable[[], None]:
    """A tick that logs what goes wrong and leaves the next tick to try again."""

    def tick() -> None:
        try:
            job()
        except AggregatorError as problem:
            log.error("%s", problem)  # noqa: TRY400  (said in words; a traceback adds nothing)
        except Exception:
            log.exception("a tick failed")

    tick.__name__ = job.__name__
    return tick


def run(daemon: Daemon) -> None:
    """Tick until told to stop; returns when the work in hand has ended."""
    scheduler = BlockingScheduler(executors={"default": ThreadPoolExecutor(3)}, timezone="UTC")
    for part, job in (("fetch", daemon.fetch), ("group", daemon.match), ("publish", daemon.publish)):
        if daemon.serves(part):
            trigger = IntervalTrigger(seconds=int(TICK.total_seconds()), timezone="UTC")
            scheduler.add_job(
                guarded(job),
                trigger,
                id=part,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
                next_run_time=datetime.now(trigger.timezone),
            )

    def stop(number: int, frame: object) -> None:  # noqa: ARG001  (the signature of a signal handler)
        log.info("stopping: the work in hand ends first")
        daemon.stopping.set()
        threading.Thread(target=scheduler.shutdown, kwargs={"wait": True}).start()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    scheduler.start()
    app = daemon.app()
    feeds.release_all(app.database, app.worker)
    for part in ("group", "publish"):
        leases.give_back(app.database, part, app.worker)
