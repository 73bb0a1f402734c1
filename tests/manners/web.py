"""A whole web on loopback with a settable clock, and a reader's life in it.

The web is an HTTP proxy: the client believes that it asks paper.example, and every request, with its headers as they
came, is kept. The clock moves only when the reader waits or the test says so, so that a month takes a second.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from aggregator.config import Config
from aggregator.fetch.request import Request
from aggregator.model import Feed
from aggregator.pipeline.app import App
from aggregator.pipeline.asking import Watch, polite_web
from aggregator.pipeline.etiquette import Score, score
from aggregator.pipeline.refresh import Polled, refresh
from aggregator.store import entries, feeds, request_log
from aggregator.store.database import Database, open_database
from tests.stores import new_store

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""A Monday."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEED = "http://paper.example/feed"


class Clock:
    """The world's time; waiting moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return (self.now - START).total_seconds() + 1e6

    async def sleep(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        self.now = max(self.now, until)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request as it came: names of headers in lower case, in order."""

    at: datetime
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def conditional(self) -> bool:
        return self["if-none-match"] is not None or self["if-modified-since"] is not None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server says; `headers` byte for byte. `cut`: the connection closes after so many bytes of the body."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cut: int | None = None

    def bytes(self, now: datetime, *, close: bool) -> bytes:
        names = {name.lower() for name, _ in self.headers}
        lines = [f"HTTP/1.1 {self.status} X", *(f"{name}: {value}" for name, value in self.headers)]
        if "date" not in names:
            lines.append(f"Date: {format_datetime(now, usegmt=True)}")
        if self.status != 304 and "content-length" not in names:
            lines.append(f"Content-Length: {len(self.body)}")
        lines.append("Connection: close" if close else "Connection: keep-alive")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body[: self.cut]


Site = Callable[[Ask], Answer | None]
"""Answers a request; None: the connection is closed without a word."""


def rss(items: Iterable[int | str], *, head: str = "", title: str = "The Paper") -> bytes:
    listed = "".join(
        f"<item><guid>item-{item}</guid><link>http://paper.example/{item}</link><title>News {item}</title>"
        f"<description>The harbour board met and said {item}.</description></item>"
        for item in items
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{head}{listed}</channel></rss>'.encode()


def says(body: bytes, status: int = 200, /, **headers: str) -> Site:
    """The same answer for ever; underscores in names of headers stand for hyphens."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return always(Answer(status=status, headers=named, body=body))


def always(answer: Answer) -> Site:
    """This answer for ever."""
    return lambda _: answer


def document(body: bytes, *, etag: str = '"1"', **headers: str) -> Site:
    """A well-behaved server: 304 to the right ETag."""
    named = (("ETag", etag), *((name.replace("_", "-"), value) for name, value in headers.items()))

    def site(ask: Ask) -> Answer:
        unchanged = ask["if-none-match"] == etag
        return Answer(status=304, headers=named) if unchanged else Answer(headers=named, body=body)

    return site


def in_turn(*sites: Site) -> Site:
    """Each site once, the last one for ever."""
    left = list(sites)

    def site(ask: Ask) -> Answer | None:
        return (left.pop(0) if len(left) > 1 else left[0])(ask)

    return site


def silent(_: Ask) -> None:
    """Closes the connection without a word."""


class Noting(Watch):
    """A watch that also keeps every start: the web may see a request when the clock has moved on."""

    starts: list[tuple[float, str]]

    def starting(self, request: Request) -> None:
        self.starts.append((self.clock(), request.url))
        super().starting(request)


@dataclass(kw_only=True)
class World:
    """The web and one reader."""

    clock: Clock
    folder: Path
    port: int = 0
    sites: dict[str, Site] = field(default_factory=dict)
    asked: list[Ask] = field(default_factory=list)
    fetch: dict[str, Any] = field(default_factory=dict)
    subscribed: list[dict[str, Any]] = field(default_factory=list)
    last_starts: dict[str, float] = field(default_factory=dict)
    starts: list[tuple[float, str]] = field(default_factory=list)
    opened: Database | None = None

    # ------------------------------------------------------------ the web

    def site(self, url: str, answer: Site, **feed: Any) -> None:
        """Let `url` answer so, and subscribe to it."""
        self.sites[url] = answer
        if all(url != known["url"] for known in self.subscribed):
            self.subscribed.append({"url": url, **feed})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self.answer(reader, writer):
                    pass
        finally:
            writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, url, _ = lines[0].split(" ")
        pairs = tuple(tuple(line.split(": ", 1)) for line in lines[1:] if line)
        ask = Ask(
            at=self.clock.now, method=method, url=url, headers=tuple((name.lower(), value) for name, value in pairs)
        )
        self.asked.append(ask)
        given = self.sites.get(url, says(b"no such page", 404))(ask)
        if given is None:
            return False
        writer.write(given.bytes(self.clock.now, close=given.cut is not None))
        await writer.drain()
        return given.cut is None

    def of(self, url: str = FEED) -> list[Ask]:
        """What `url` was asked so far."""
        return [ask for ask in self.asked if ask.url == url]

    # ------------------------------------------------------------ the reader

    @property
    def config(self) -> Config:
        settings = {"contact": "https://reader.example/about", "proxy": f"http://127.0.0.1:{self.port}"}
        return Config.model_validate({"fetch": settings | self.fetch, "feeds": tuple(self.subscribed)})

    @property
    def database(self) -> Database:
        """The store; `restart` closes it."""
        if self.opened is None:
            path = self.folder / "store.sqlite"
            self.opened = open_database(f"sqlite:///{path}") if path.exists() else new_store(path)
        return self.opened

    def restart(self) -> None:
        """End the program; what only its memory held is gone."""
        if self.opened is not None:
            self.opened.close()
        self.opened, self.last_starts = None, {}

    async def poll(self, *, everything: bool = False) -> tuple[Polled, ...]:
        """One run of the real pipeline, now."""
        app = App(config=self.config, database=self.database, now=self.clock.now)
        watch = Noting(clock=self.clock, last_starts=self.last_starts)
        watch.starts = self.starts
        async with polite_web(app, watch, sleep=self.clock.sleep) as web:
            return await refresh(app, web, everything=everything, watch=watch)

    async def live(self, time: timedelta) -> None:
        """Poll whenever something is due, for so long."""
        end = self.clock.now + time
        await self.poll()
        while (due := self.next_due()) is not None and due <= end:
            self.clock.now = max(self.clock.now, due)
            await self.poll()
        self.clock.now = max(self.clock.now, end)

    def next_due(self) -> datetime | None:
        """When the next feed is due."""
        return min((feed.next_poll_at for feed in self.feeds().values() if feed.next_poll_at), default=None)

    def feeds(self) -> dict[str, Feed]:
        """The feeds by their configured addresses."""
        configured = feeds.configured_urls(self.database)
        return {configured[feed.id]: feed for feed in feeds.all_feeds(self.database)}

    def feed(self, url: str = FEED) -> Feed:
        """One feed as it stands."""
        return self.feeds()[url]

    def entries(self) -> int:
        """How many entries are stored."""
        return len(entries.by_ids(self.database, range(1, 5000)))

    def score(self) -> Score:
        """What we say of our own manners."""
        return score(App(config=self.config, database=self.database, now=self.clock.now))

    def log(self) -> tuple[request_log.RequestRow, ...]:
        """The request log."""
        return request_log.request_log(self.database)


@asynccontextmanager
async def living(folder: Path) -> AsyncIterator[World]:
    """A world with its web running."""
    world = World(clock=Clock(), folder=folder)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(world.serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1")
    world.port = server.sockets[0].getsockname()[1]
    try:
        yield world
    finally:
        world.restart()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def gaps(asked: list[Ask]) -> list[timedelta]:
    """The time between each two requests."""
    return [later.at - sooner.at for sooner, later in itertools.pairwise(asked)]


def packed(body: bytes) -> bytes:
    """The body gzipped."""
    return gzip.compress(body, mtime=0)
