"""A document's bytes into what they change. Knows no store and no network, so any thread or process may do it.

`main` makes a process of it, which reads tasks from its standard input and writes what each comes to, in order.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from aggregator.config import Fetch
from aggregator.identity import Item, identify
from aggregator.loading import loading
from aggregator.model import Entry, FailureKind, Feed, FeedPlan, Fetched, FetchFailed, Outcome, ParsedFeed
from aggregator.text.outlets import OutletBook
from aggregator.update import body_digest, plan_update

if TYPE_CHECKING:
    from aggregator.parse.unseen import Reading

LENGTH = 8
"""Bytes in which the length of an answer stands before it, the highest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is the same for every document of a run."""

    book: OutletBook
    settings: Fetch


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """The first document of a feed; `encoding` is the one that the config names for it."""

    feed: Feed
    outcome: Fetched
    encoding: str | None
    now: datetime


def read(feed: Feed, outcome: Outcome, encoding: str | None, settings: Fetch, now: datetime) -> Reading | None:
    """Parse a fetched body without the items that the feed's last one had; None where there is nothing to parse."""
    if not isinstance(outcome, Fetched) or (feed.body_hash and body_digest(outcome.body) == feed.body_hash):
        return None
    from aggregator.parse.encoding import in_utf_8  # noqa: PLC0415
    from aggregator.parse.unseen import parse_unseen  # noqa: PLC0415  (a poll without news needs no feedparser)

    return parse_unseen(
        outcome.body if encoding is None else in_utf_8(outcome.body, encoding),
        feed.history.item_keys,
        content_type=outcome.content_type if encoding is None else "application/xml; charset=utf-8",
        url=outcome.url,
        now=now,
        max_entries=settings.max_entries,
    )


def plan(
    feed: Feed,
    outcome: Outcome,
    reading: Reading | None,
    around: Around,
    now: datetime,
    items: Sequence[Item] = (),
    known: Sequence[Entry] = (),
) -> FeedPlan:
    """What the poll changes. `items` is what `identify` makes of the reading, `known` what the store has of those."""
    parsed, seen = (None, 0) if reading is None else (reading.parsed, reading.seen)
    settings, book = around.settings, around.book
    made = plan_update(feed, outcome, parsed, known, book=book, settings=settings, now=now, seen=seen, items=items)
    if reading is None or made.status in set(FailureKind):
        return made
    return replace(made, feed=replace(made.feed, history=replace(made.feed.history, item_keys=reading.keys)))


def first_plan(task: Task, around: Around) -> FeedPlan | FetchFailed:
    """What a feed's first document comes to, of which the store knows nothing; what a bug raises, as its failure."""
    try:
        reading = read(task.feed, task.outcome, task.encoding, around.settings, task.now)
        parsed = None if reading is None else reading.parsed
        items = identify(parsed) if isinstance(parsed, ParsedFeed) else ()
        return plan(task.feed, task.outcome, reading, around, task.now, items)
    except Exception as problem:  # noqa: BLE001  (one bad feed never stops the rest; the cause is kept with the feed)
        return internal(problem)


def internal(problem: Exception) -> FetchFailed:
    """A bug as the failure of the feed that met it."""
    return FetchFailed(kind=FailureKind.INTERNAL, detail=f"{type(problem).__name__}: {problem}"[:300])


def packed(thing: object) -> bytes:
    """As it goes over a pipe between two processes of this program."""
    return pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)


def unpacked(answer: bytes) -> FeedPlan | FetchFailed | None:
    """What `serve` has answered; None says that it is ready."""
    made: FeedPlan | FetchFailed | None = pickle.loads(answer)  # noqa: S301  (from a process that this one started)
    return made


def serve(tasks: BinaryIO, answers: BinaryIO) -> None:
    """Say that it is ready, then answer one task after another; before the first comes what is around them all."""
    around: Around = pickle.load(tasks)  # noqa: S301  (from the process that started this one)
    answer: FeedPlan | FetchFailed | None = None
    with suppress(EOFError):
        while True:
            made = packed(answer)
            answers.write(len(made).to_bytes(LENGTH, "big") + made)
            answers.flush()
            task: Task = pickle.load(tasks)  # noqa: S301
            answer = first_plan(task, around)


def main() -> None:
    """Serve the process that started this one, and end with it; what a library prints goes to the errors."""
    with loading():
        import aggregator.parse.unseen  # noqa: F401, PLC0415  (loaded while the first documents are waited for)
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        try:
            serve(sys.stdin.buffer, answers)
        except BrokenPipeError:
            os._exit(0)  # whoever asked is gone; closing the pipe would only say so again
