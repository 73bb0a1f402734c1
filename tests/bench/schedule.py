"""Whether an instance of ten thousand feeds keeps its times on one core: how late each poll is.

    python -m tests.bench.schedule [--feeds 10000] [--minutes 60] [--interval 15]

The clock of the schedule is moved by the work itself. Every ten simulated seconds, as in the daemon, one pass polls
what is due: the real use case over real sockets, with a real store, against a loopback server in a process of its own
(five entries a feed; in every quarter of an hour 7 % of the feeds get a new one). When the pass is done the clock has
moved by the CPU seconds that it took in all its threads, as if this process had one core and nothing else to wait for,
and the next pass begins at the next full ten seconds. A poll is as late as its pass's end is after its due time: no
poll was asked later than that. What is left out is the waiting for far servers, of which a hundred go on at once: at
300 ms each, eleven polls a second keep four of them busy. At first the due times are spread over one interval, as those
of a running instance are.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from statistics import quantiles
from subprocess import PIPE, Popen

from sqlalchemy import update

from aggregator.config import Config, FeedTable, Fetch, StoreTable
from aggregator.daemon import TICK
from aggregator.pipeline.app import App
from aggregator.pipeline.refresh import poll_all
from aggregator.store import feeds
from aggregator.store.database import Database, open_database
from aggregator.store.tables import feeds as table

MORNING = datetime(2026, 3, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
CHANGED = 0.07
"""Share of the feeds that get an entry in a quarter of an hour."""
HOSTS = 250


def published(number: int, quarter: int) -> int:
    """How many entries feed `number` has had by that quarter, five at first."""
    draws = (hashlib.blake2b(f"{number} {past}".encode(), digest_size=4).digest() for past in range(quarter))
    return 5 + sum(int.from_bytes(draw) / 2**32 < CHANGED for draw in draws)


def document(number: int, newest: int) -> bytes:
    """An RSS document with five entries of about 700 characters."""
    items = "".join(
        f"<item><title>Notice {entry} of {number}</title><link>https://o{number}.example/{entry}</link>"
        f"<guid>https://o{number}.example/{entry}</guid><description>{f'notice {entry} ' * 60}</description></item>"
        for entry in range(newest, newest - 5, -1)
    )
    return f'<rss version="2.0"><channel><title>Outlet {number}</title>{items}</channel></rss>'.encode()


async def serve() -> None:
    """The feeds at `/NUMBER`, conditional; `/quarter` moves the time on. Says its port first."""
    quarter = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal quarter
        while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
            path = head.split(b" ", 2)[1][1:].decode()
            if path == "quarter":
                quarter += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                break
            newest = published(int(path), quarter)
            tag = f'"{newest}"'.encode()
            if b"If-None-Match: " + tag in head:
                writer.write(b"HTTP/1.1 304 Not Modified\r\nETag: " + tag + b"\r\n\r\n")
            else:
                body = document(int(path), newest)
                writer.write(b"HTTP/1.1 200 OK\r\nETag: %b\r\nContent-Length: %d\r\n\r\n" % (tag, len(body)) + body)
            await writer.drain()
        writer.close()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(guarded, "0.0.0.0", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def server() -> Iterator[int]:
    """The server in a process of its own; gives its port."""
    with Popen([sys.executable, "-m", "tests.bench.schedule", "--serve"], stdout=PIPE) as running:
        assert running.stdout is not None
        try:
            yield int(running.stdout.readline())
        finally:
            running.kill()


async def next_quarter(port: int) -> None:
    """Let a quarter of an hour pass at the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /quarter HTTP/1.1\r\n\r\n")
    await reader.read()
    writer.close()


def config_for(number: int, port: int, interval: timedelta, store: Path) -> Config:
    """So many feeds over the loopback hosts."""
    addresses = (f"http://127.1.0.{each % HOSTS + 1}:{port}/{each}" for each in range(number))
    return Config(
        store=StoreTable(url=f"sqlite:///{store}"),
        fetch=Fetch(
            contact="https://reader.example/", interval=interval, allow_private=(ip_network("127.0.0.0/8"),), per_host=8
        ),
        feeds=tuple(FeedTable(url=address) for address in addresses),
    )


def spread(database: Database, config: Config, now: datetime, interval: timedelta) -> dict[int, datetime]:
    """Enter the feeds, due one after another over one interval; feed id to its due time."""
    feeds.sync(database, config.feeds, now=now)
    keys = sorted(feeds.configured_urls(database))
    due = {key: now + interval * place / len(keys) for place, key in enumerate(keys)}
    with database.writing() as connection:
        for key, moment in due.items():
            connection.execute(update(table).where(table.c.id == key).values(next_poll_at=moment))
    return due


def simulate(config: Config, port: int, minutes: int, interval: timedelta) -> tuple[list[float], float]:
    """(seconds by which each poll after the first interval was late, CPU seconds of all passes after it)."""
    database = open_database(config.store.url, create=True)
    due, late, used = spread(database, config, MORNING, interval), list[float](), 0.0
    now, quarters = MORNING, count(1)
    turn, last_starts = MORNING + QUARTER * next(quarters), dict[str, float]()
    while now < MORNING + timedelta(minutes=minutes):
        if now >= turn:
            asyncio.run(next_quarter(port))
            turn = MORNING + QUARTER * next(quarters)
        began = time.process_time()
        polled = poll_all(App(config=config, database=database, now=now), last_starts=last_starts)
        spent = time.process_time() - began
        settled = now >= MORNING + interval
        used += spent if settled else 0.0
        for one in polled:
            if settled:
                late.append((now + timedelta(seconds=spent) - due[one.feed.id]).total_seconds())
            assert one.feed.next_poll_at is not None, one.detail
            due[one.feed.id] = one.feed.next_poll_at
        now += TICK * (int(spent // TICK.total_seconds()) + 1)
    database.close()
    return late, used


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate and print the distribution."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--minutes", type=int, default=60, help="Simulated; the first interval is not counted.")
    parser.add_argument("--interval", type=int, default=15, help="Minutes between two polls of a feed.")
    parser.add_argument("--quick", action="store_true", help="A tenth of the feeds, half the time.")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve:
        asyncio.run(serve())
        return
    number, minutes = (chosen.feeds // 10, chosen.minutes // 2) if chosen.quick else (chosen.feeds, chosen.minutes)
    interval = timedelta(minutes=chosen.interval)
    with server() as port, tempfile.TemporaryDirectory() as folder:
        config = config_for(number, port, interval, Path(folder) / "store.sqlite")
        late, used = simulate(config, port, minutes, interval)
    seconds = timedelta(minutes=minutes) - interval
    print(
        f"{number} feeds every {chosen.interval} minutes, {minutes} minutes: {len(late)} polls after the first interval"
    )
    print(
        f"CPU {used:.1f} s, {100 * used / seconds.total_seconds():.1f} % of one core; {1000 * used / len(late):.2f} ms a poll"
    )
    cuts = quantiles(late, n=1000)
    shown = ", ".join(f"{share / 10:g} %: {cuts[share - 1]:.1f} s" for share in (100, 500, 900, 990, 999))
    print(f"late by at most  {shown}; the latest {max(late):.1f} s (a pass begins every {TICK.total_seconds():.0f} s)")


if __name__ == "__main__":
    main()
