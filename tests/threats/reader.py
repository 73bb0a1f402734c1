"""One reader with its store, which polls real servers on loopback through the real client, a day or a month apart."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from aggregator.config import Config
from aggregator.fetch.client import Client
from aggregator.fetch.hosts import Hosts
from aggregator.model import Entry, Feed
from aggregator.pipeline.app import App
from aggregator.pipeline.asking import Watch
from aggregator.pipeline.refresh import Polled, refresh
from aggregator.store import entries, feeds
from aggregator.store.database import Database
from tests.fetch.server import Script, Server, answer, running
from tests.stores import new_store

T = TypeVar("T")
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
MONTH = timedelta(days=30)
"""Longer than any failure is waited for."""


def rss(*numbers: int, inside: str = "", head: str = "") -> bytes:
    """A feed of these items; `inside` stands in each, `head` before them."""
    items = "".join(
        f"<item><guid>item-{number}</guid><title>News {number}</title>"
        f"<description>The harbour board met and said {number}.</description>{inside}</item>"
        for number in numbers
    )
    return f"<rss version='2.0'><channel><title>Harbour News</title>{head}{items}</channel></rss>".encode()


def good(*numbers: int) -> bytes:
    """The answer of a sound server."""
    return answer(200, rss(*numbers), 'ETag: "good"', "Content-Type: application/rss+xml")


@dataclass(kw_only=True)
class Reader:
    """Polls `urls`; `look_up` says where names lead."""

    database: Database
    urls: list[str] = field(default_factory=list)
    fetch: dict[str, Any] = field(default_factory=dict)
    feed_settings: dict[str, Any] = field(default_factory=dict)
    look_up: Callable[..., list[Any]] = socket.getaddrinfo
    now: datetime = MONDAY

    async def poll(self) -> list[Polled]:
        """One pass over all feeds that are due, in the order of `urls`."""
        settings = {"contact": "editor@paper.example", "allow_private": ("127.0.0.1",), "timeout": "5s"}
        listed = tuple({"url": url, **self.feed_settings} for url in self.urls)
        config = Config.model_validate({"fetch": settings | self.fetch, "feeds": listed})
        app, watch = App(config=config, database=self.database, now=self.now), Watch()
        async with Client(config.fetch, watch.starting, watch.room, look_up=self.look_up) as client:
            web = Hosts(client, config.fetch, clock=watch.clock)
            polled = await refresh(app, web, watch=watch)
        configured = feeds.configured_urls(self.database)
        return sorted(polled, key=lambda one: self.urls.index(configured[one.feed.id]))

    def entries(self, feed: Feed) -> list[Entry]:
        """The stored entries of a feed."""
        return [entry for entry in entries.by_ids(self.database, range(1, 10_000)) if entry.feed_id == feed.id]


@asynccontextmanager
async def reading(folder: Path, **values: Any) -> AsyncIterator[Reader]:
    """A reader with an empty store."""
    database = new_store(folder / "store.sqlite")
    try:
        yield Reader(database=database, **values)
    finally:
        database.close()


def lived(folder: Path, play: Callable[[Reader, Server], Awaitable[T]], **values: Any) -> T:
    """What comes of a play with a reader and one server."""

    async def run() -> T:
        async with reading(folder, **values) as reader, running() as server:
            return await play(reader, server)

    return asyncio.run(run())


@dataclass(frozen=True, kw_only=True)
class Pass:
    """A feed's poll at which its server meant no good."""

    polled: Polled
    entries: list[Entry]
    asked: int
    """Requests that the server saw at this poll."""


async def attacked(reader: Reader, server: Server, hostile: bytes | Script, more: dict[str, Any] | None = None) -> Pass:
    """Poll a sound feed, then the same with `hostile` in its place (and `more` by path), then the sound one again.

    Whatever the hostile answer is: what was stored stays, the feed of another server has its news at the same pass,
    the failure is one line, and afterwards the feed goes on with nothing doubled.
    """
    async with running() as other:
        reader.urls = [server.url("/feed"), other.url("/feed")]
        server.answers["/feed"], other.answers["/feed"] = good(1, 2, 3), good(1)
        assert [one.status for one in await reader.poll()] == ["new", "new"]
        server.answers |= {"/feed": hostile} | (more or {})
        other.answers["/feed"] = good(1, 2)
        reader.now += DAY
        before = len(server.asked)
        bad, neighbour = await reader.poll()
        found = Pass(polled=bad, entries=reader.entries(bad.feed), asked=len(server.asked) - before)
        assert (neighbour.status, neighbour.new) == ("new", 1)
        assert bad.status not in {"internal", ""}
        assert (bad.detail != "") >= bad.failed
        assert bad.detail.isprintable()
        assert len(bad.detail) <= 300
        assert {entry.guid for entry in found.entries} >= {"item-1", "item-2", "item-3"}
        assert bad.feed.url == server.url("/feed")
        if bad.failed:
            assert (len(found.entries), bad.feed.validators.etag) == (3, '"good"')
        server.answers["/feed"] = good(1, 2, 3, 4)
        reader.now += MONTH
        after = (await reader.poll())[0]
        assert (after.status, after.new, after.feed.failures) == ("new", 1, 0)
        return found
