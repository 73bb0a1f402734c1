"""What is wrong with a running installation, as far as its store and its folders tell. Reads; repairs nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from aggregator.dedup.fingerprint import SCHEME
from aggregator.digest.schedule import missing_days
from aggregator.pipeline.app import App
from aggregator.pipeline.feed_states import feed_states
from aggregator.render.records import Ailment, FeedState
from aggregator.store import editions, entries, feeds, outbox
from aggregator.store.consistency import inconsistencies
from aggregator.store.database import file_of
from aggregator.store.integrity import problems

OVERDUE = timedelta(hours=1)
"""Lateness of every due feed from which nothing can be polling: a pass over hundreds of feeds takes minutes."""
UNSENT = timedelta(hours=24)
"""A message that is queued for so long is not on its way."""
BACKLOG = 1000
"""Entries that wait for grouping: two batches, half a minute's work; more means that nothing groups."""
LEAST_SPACE = 200_000_000
"""Bytes: an edition of 1,000 pages and a copy of the store beside it."""

ERROR, ADVICE = "error", "advice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, or (`advice`) that somebody should know."""

    area: str
    level: str
    problem: str


def diagnosis(app: App) -> Iterator[Finding]:
    """Everything that is found, by area."""
    yield from store_findings(app)
    yield from output_findings(app)
    yield from feed_findings(app)
    yield from digest_findings(app)
    yield from mail_findings(app)


def store_findings(app: App) -> Iterator[Finding]:
    """Damaged pages, what does not fit together, a backlog, a full disk."""
    if app.database.engine.dialect.name == "sqlite":
        path = file_of(app.database.engine.url)
        yield from (Finding(area="store", level=ERROR, problem=f"{path}: {problem}") for problem in problems(path))
        yield from space(path.parent, "store")
    found = inconsistencies(app.database, SCHEME)
    yield from (Finding(area="store", level=ERROR, problem=problem) for problem in found)
    waiting = entries.waiting_count(app.database)
    if waiting > BACKLOG:
        yield Finding(area="store", level=ADVICE, problem=f"{waiting} entries wait for grouping: does anything group?")


def output_findings(app: App) -> Iterator[Finding]:
    """Whether the site can be written."""
    folder = Path(app.config.site.output)
    standing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not standing.is_dir() or not os.access(standing, os.W_OK | os.X_OK):
        yield Finding(area="output", level=ERROR, problem=f"{folder} cannot be written")
    else:
        yield from space(standing, "output")


def space(folder: Path, area: str) -> Iterator[Finding]:
    """Whether there is room for what is written next."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_SPACE:
        yield Finding(area=area, level=ERROR, problem=f"only {free // 1_000_000} MB are free at {folder}")


def feed_findings(app: App) -> Iterator[Finding]:
    """Feeds that are not as they should be, and whether anything polls them."""
    polled = feeds.all_feeds(app.database)
    due = [feed.next_poll_at for feed in polled if feed.next_poll_at is not None and not feed.gone]
    if due and max(due) < app.now - OVERDUE:
        problem = f"all {len(due)} feeds are overdue, the last since {max(due):%Y-%m-%d %H:%M} UTC: does anything poll?"
        yield Finding(area="feeds", level=ADVICE, problem=problem)
    for state in feed_states(app, app.now):
        yield Finding(area="feeds", level=ADVICE, problem=f"{state.title} ({state.url}): {ailing(state)}")


def ailing(state: FeedState) -> str:
    """What is odd about a feed, in words."""
    last = f"{state.last_new:%Y-%m-%d %H:%M} UTC" if state.last_new else "never"
    usual = f", at most {hours(state.rhythm)} apart as a rule" if state.rhythm else ""
    return {
        Ailment.GONE: "gone for good; remove it or find its new address",
        Ailment.FAILING: f"{state.failures} polls failed in a row: {state.reason}",
        Ailment.FROZEN: f"answers, but brought nothing new since {last}{usual}",
        Ailment.SILENT: f"silent beyond its own rhythm: last new entry {last}{usual}",
        Ailment.MOVED: f"has moved for good to {state.moved_to}: change the config",
        Ailment.REDATED: f"{state.odd_dates} entries of the last week have times that cannot be true",
    }[state.ailment]


def hours(span: timedelta) -> str:
    """A rhythm in hours or days."""
    return f"{span / timedelta(hours=1):.0f} hours" if span < timedelta(days=3) else f"{span.days} days"


def digest_findings(app: App) -> Iterator[Finding]:
    """Editions that are due and were not made."""
    for digest in app.config.digests:
        newest = editions.latest_before(app.database, digest.name, date.max)
        if digest.cron is not None or newest is None:
            continue
        missing = missing_days(newest.day, app.now - OVERDUE, digest.time, app.config.site.zone, most=7)
        if missing:
            days = ", ".join(map(str, missing))
            yield Finding(area="digests", level=ADVICE, problem=f"{digest.name}: due and not made: {days}")


def mail_findings(app: App) -> Iterator[Finding]:
    """Whether mail can go out, and what did not."""
    mail = app.config.mail
    folder = Path(mail.maildir).absolute()
    standing = next(path for path in (folder, *folder.parents) if path.exists())
    if mail.transport == "maildir" and not os.access(standing, os.W_OK | os.X_OK):
        yield Finding(area="mail", level=ERROR, problem=f"{mail.maildir} cannot be written")
    for one in outbox.deliveries(app.database):
        late = one.state in {"queued", "deferred"} and one.queued_at < app.now - UNSENT
        if late or one.state == "refused":
            reply = f": {one.last_reply}" if one.last_reply else ""
            problem = f"{one.recipient}: edition {one.name} of {one.day} {one.state}{reply}"
            yield Finding(area="mail", level=ADVICE, problem=problem)
