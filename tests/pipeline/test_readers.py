"""A process reads the first documents of many feeds: the same comes of them, and its death costs one of them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from aggregator.config import Config, FeedTable
from aggregator.fetch.request import Request
from aggregator.model import Feed, FeedPlan, Fetched, FetchFailed
from aggregator.pipeline.app import App
from aggregator.pipeline.readers import MANY, Readers, cores, has_many_new, readers
from aggregator.pipeline.reading import Around, Task, first_plan
from aggregator.pipeline.refresh import NOBODY, refresh
from aggregator.store.database import Database
from tests.stores import new_store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ITEM = """<item><guid>{0}-{1}</guid><title>Ferry {1} of harbour {0}</title><link>https://paper{0}.example/{1}</link>
<pubDate>Mon, 02 Mar 2026 0{1}:00:00 GMT</pubDate><description>&lt;p&gt;It left on time, with {0} aboard.&lt;/p&gt;
</description></item>"""


def document(number: int) -> bytes:
    if number % 10 == 7:
        return b"<html><body>no feed</body></html>"
    items = "".join(ITEM.format(number, place) for place in range(number % 5))
    return f"<rss version='2.0'><channel><title>Paper {number}</title>{items}</channel></rss>".encode()


def address(number: int) -> str:
    return f"https://paper{number}.example/feed"


class Papers:
    """A Getter of a document for each address."""

    async def get(self, request: Request) -> Fetched:
        await asyncio.sleep(0)
        number = int(request.url.removeprefix("https://paper").partition(".")[0])
        return fetched(number)


def fetched(number: int) -> Fetched:
    return Fetched(url=address(number), status=200, body=document(number), content_type="application/rss+xml")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = new_store(tmp_path / "store.sqlite")
    yield database
    database.close()


def app_of(database: Database, number: int) -> App:
    return App(
        config=Config(feeds=tuple(FeedTable(url=address(one)) for one in range(number))), database=database, now=NOON
    )


def rows(database: Database) -> list[tuple[object, ...]]:
    """All that is stored, numbers aside: in which order the polls ended is chance."""
    wanted = (
        "SELECT f.url, f.title, f.last_status, f.last_error, f.next_poll_at, f.next_poll_why, f.item_keys, f.body_hash, "
        "e.guid, e.link, e.url, e.title, e.published, e.outlet, e.html, e.text, e.summary, e.language, e.tags, e.digest "
        "FROM feeds f LEFT JOIN entries e ON e.feed_id = f.id ORDER BY f.url, e.guid"
    )
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(wanted))]


def test_a_process_that_reads_changes_nothing_in_what_is_stored(database: Database, tmp_path: Path) -> None:
    """Feeds by the hundred are read in a process too, as few as these are not."""
    asyncio.run(refresh(app_of(database, 4 * MANY), Papers()))
    together = rows(database)
    database.close()
    apart = new_store(tmp_path / "other.sqlite")
    for number in range(MANY - 1, 5 * MANY, MANY - 1):
        asyncio.run(refresh(app_of(apart, min(number, 4 * MANY)), Papers()))
    assert rows(apart) == together
    assert len({row[0] for row in together}) == 4 * MANY


def feed(number: int) -> Feed:
    return Feed(id=number, url=address(number))


def task(number: int) -> Task:
    return Task(feed=feed(number), outcome=fetched(number), encoding=None, now=NOON)


AROUND = Around(book=NOBODY, settings=Config().fetch)


async def read_all(numbers: range, *, killed: bool) -> tuple[list[FeedPlan | FetchFailed], Readers]:
    """What these come to by a thread and a process, which is killed before it reads anything where `killed`."""
    with ThreadPoolExecutor(1) as thread:
        both = await readers(thread, AROUND)
        assert both is not None
        try:
            first = await both.read(task(numbers[0]))
            if killed:
                os.kill(both.process_id, signal.SIGKILL)
            rest = await asyncio.gather(*(both.read(task(number)) for number in numbers[1:]))
            return [first, *rest], both
        finally:
            await both.close()


def test_process_and_thread_answer_what_the_function_would() -> None:
    answers, _ = asyncio.run(read_all(range(40), killed=False))
    assert answers == [first_plan(task(number), AROUND) for number in range(40)]


def test_a_process_that_is_killed_costs_the_feed_in_hand_and_the_thread_reads_the_rest() -> None:
    answers, _ = asyncio.run(read_all(range(40), killed=True))
    failed = [one for one in answers if isinstance(one, FetchFailed)]
    assert len(failed) <= 1
    assert all("code -9" in one.detail for one in failed)
    expected = [first_plan(task(number), AROUND) for number in range(40)]
    assert sum(one == other for one, other in zip(answers, expected, strict=True)) == 40 - len(failed)


def test_a_process_that_has_ended_leaves_nothing_behind() -> None:
    _, both = asyncio.run(read_all(range(3), killed=False))
    with pytest.raises(ChildProcessError):
        os.waitpid(both.process_id, os.WNOHANG)


def test_many_new_feeds_are_worth_a_process_where_it_has_a_core_and_few_or_known_ones_are_not() -> None:
    new = [feed(number) for number in range(MANY)]
    assert has_many_new(new) is (cores() > 1)
    assert not has_many_new(new[1:])
    assert not has_many_new([replace(one, last_success=NOON) for one in new])
