"""The tour: serve the sample outlets, poll two days, publish and mail each, and say what was found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aggregator.config import Config
from aggregator.deliver import maildir
from aggregator.deliver.outcomes import Outcome
from aggregator.demo.outlets import load_outlets
from aggregator.demo.server import Clock, serve
from aggregator.demo.settings import DAYS, POLLS_BEFORE, demo_config
from aggregator.digest.edition import CreditState, Edition
from aggregator.errors import UsageError
from aggregator.pipeline.app import App
from aggregator.pipeline.group import Grouper, group
from aggregator.pipeline.publish import Published, publish
from aggregator.pipeline.refresh import Polled, poll_all
from aggregator.pipeline.send import send
from aggregator.store.database import Database, open_database

MARK = ".fair-copy-demo"
"""Lies in a folder that the tour made: only such a folder is emptied before another tour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToFolder:
    """A mailer that writes into a Maildir."""

    folder: Path

    def deliver(self, *, recipient: str, message: bytes) -> Outcome:
        """Write one message; its To header names the recipient."""
        del recipient
        return maildir.deliver(self.folder, message)


def tour(output: Path) -> Iterator[str]:
    """Run the whole way and yield what happens, a line at a time. Raises UsageError for a folder that is not ours."""
    output = prepare(output)
    clock = Clock(DAYS[0])
    with serve(load_outlets(), clock) as base:
        config = demo_config(base, output)
        yield f"Serving {len(config.feeds)} sample outlets at {base}"
        database = open_database(config.store.url, create=True)
        try:
            yield from days(config, database, clock)
        finally:
            database.close()
    yield from farewell(output, config)


def prepare(output: Path) -> Path:
    """An empty folder; what an earlier tour left there goes."""
    output = output.resolve()
    if output.exists() and any(output.iterdir()):
        if not (output / MARK).exists():
            raise UsageError(f"{output} holds something that the demo did not make; name another folder")
        shutil.rmtree(output)
    output.mkdir(parents=True, exist_ok=True)
    (output / MARK).touch()
    return output


def days(config: Config, database: Database, clock: Clock) -> Iterator[str]:
    """Each day: poll as the hours go by, group, publish, mail."""
    grouper: Grouper | None = None
    for now in DAYS:
        polled: list[Polled] = []
        for before in POLLS_BEFORE:
            clock.set(now - before)
            app = App(config=config, database=database, now=now - before)
            polled += poll_all(app, everything=True)
        grouper = group(app, grouper).grouper  # a real feed's first poll brings enough to learn what stands under all
        made = publish(app, config.digests[0], now.astimezone(config.site.zone).date())
        send(app, ToFolder(folder=Path(config.mail.maildir)))
        yield ""
        yield from told(now, polled, made, config)


def told(now: datetime, polled: Sequence[Polled], made: Published, config: Config) -> Iterator[str]:
    """What one day brought, in a few lines."""
    counts, failed = made.edition.counts, {one.feed.id: one for one in polled if one.failed}
    unchanged = sum(one.status == "not-modified" for one in polled)
    changed = sum(one.changed for one in polled)
    yield f"{now.astimezone(config.site.zone):%A %d %B %Y}"
    yield (
        f"  polled      {len(config.feeds)} feeds, {len(POLLS_BEFORE)} times: {sum(one.new for one in polled)} new "
        f"entries, {changed} corrected, {unchanged} answers of 304"
    )
    for one in failed.values():
        yield f"              {one.feed.title or one.feed.url} failed: {one.detail}"
    yield f"  found       {counts.pieces} pieces in {counts.stories} stories, {counts.copies} copies folded"
    yield f"  credit      {credit_line(made.edition)}"
    if made.edition.leads:
        yield f"  leads with  {made.edition.leads[0].title}"
    yield f"  wrote       {len(made.written)} files, {made.queued} mail"


def credit_line(edition: Edition) -> str:
    """How the copies of an edition treat their sources."""
    copies = [copy for story in edition.stories for piece in story.pieces for copy in piece.copies]

    def number(*states: CreditState) -> int:
        return sum(copy.state in states for copy in copies)

    return (
        f"{number(CreditState.CREDITED)} copies credit the original, "
        f"{number(CreditState.CREDITS_COPY, CreditState.CREDITS_OTHER)} credit somebody else, "
        f"{number(CreditState.MISSING)} credit nobody"
    )


def farewell(output: Path, config: Config) -> Iterator[str]:
    """Where to look now."""
    mails = sorted((Path(config.mail.maildir) / "new").iterdir())
    yield ""
    yield f"Open   {Path(config.site.output) / 'index.html'}"
    yield f"Mail   {mails[-1] if mails else config.mail.maildir}"
    yield f"Store  {output / 'aggregator.sqlite'}"
