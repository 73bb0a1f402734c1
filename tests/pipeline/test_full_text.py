"""Entries completed from their articles' pages: an excerpt meets the whole piece, and what the page claims is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.model import Copy, Entry, Role
from aggregator.pipeline.app import App
from aggregator.pipeline.explain import alone
from aggregator.pipeline.full_text import MOST_PAGES
from aggregator.pipeline.group import group
from aggregator.store import entries, grouping
from tests.dedup.texts import article
from tests.manners.web import DAY, HOUR, MINUTE, World, document, living, rss, says

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # trafilatura's own dependencies

WHOLE, RELAY = "http://harbour.example/feed", "http://relay.example/feed"
ORIGINAL, PAGE = "http://harbour.example/crane", "http://relay.example/1"
TEXT = article(7)
TEASER = "Why a small port argued all winter about paint, and who won in the end: a report."


def feed(title: str, link: str, text: str) -> bytes:
    item = f"<item><guid>{link}</guid><link>{link}</link><title>A crane</title><description>{text}</description></item>"
    return f"<rss version='2.0'><channel><title>{title}</title>{item}</channel></rss>".encode()


def page(head: str = "", text: str = TEXT) -> bytes:
    paragraphs = "".join(f"<p>{part}.</p>" for part in text.split(". "))
    return f"<html><head><title>A crane</title>{head}</head><body><article><h1>A crane</h1>{paragraphs}</article></body></html>".encode()


def data(**claims: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **claims})}</script>'


async def printed(world: World, head: str = "", *, full_text: bool = True) -> tuple[Entry, Copy, set[int]]:
    """The relay's entry, its place, and the members of its piece, after the harbour's whole text came a day before."""
    world.site(WHOLE, document(feed("Harbour News", ORIGINAL, TEXT)))
    await world.poll()
    world.clock.now += DAY
    world.sites[PAGE] = says(page(head), Content_Type="text/html; charset=utf-8")
    world.site(RELAY, document(feed("Relay", PAGE, TEASER)), full_text=full_text)
    await world.poll()
    group(App(config=world.config, database=world.database, now=world.clock.now))
    entry = entries.find(world.database, PAGE)
    assert entry is not None
    (piece,) = grouping.pieces_of_entries(world.database, [entry.id])
    (copy,) = [copy for copy in piece.copies if copy.entry_id == entry.id]
    return entry, copy, {copy.entry_id for copy in piece.copies}


def lived(folder: Path, case: Callable[[World], Awaitable[None]]) -> None:
    async def run() -> None:
        async with living(folder) as world:
            await case(world)

    asyncio.run(run())


@pytest.mark.parametrize("full_text", [True, False])
def test_an_excerpt_only_feed_joins_the_whole_piece_of_another_outlet_by_its_pages_text(
    tmp_path: Path, full_text: bool
) -> None:
    async def case(world: World) -> None:
        entry, copy, members = await printed(world, full_text=full_text)
        assert (len(members), len(world.of(PAGE))) == ((2, 1) if full_text else (1, 0))
        assert (entry.feed_text is not None, TEASER in entry.text) == (full_text, not full_text)
        assert (copy.role is Role.REPUBLICATION) is full_text
        assert ("no-credit" in copy.alarms) is full_text

    lived(tmp_path, case)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(data(publisher={"@type": "Organization", "name": "Harbour News"}), id="publisher"),
        pytest.param(data(publisher="Harbour News", author="Relay"), id="publisher as a text"),
        pytest.param(data(isBasedOn=ORIGINAL), id="isBasedOn"),
        pytest.param(data(isBasedOn={"@type": "Article", "url": ORIGINAL}), id="isBasedOn as a node"),
        pytest.param(data(author={"@type": "Organization", "name": "Harbour News"}), id="author"),
        pytest.param(f'<link rel="canonical" href="{ORIGINAL}">', id="canonical"),
        pytest.param(f'<meta property="og:url" content="{ORIGINAL}">', id="og:url"),
        pytest.param('<meta property="og:site_name" content="Harbour News">', id="og:site_name"),
    ],
)
def test_whom_the_page_names_as_its_source_is_the_copys_credit(tmp_path: Path, head: str) -> None:
    async def case(world: World) -> None:
        _, copy, members = await printed(world, head)
        assert len(members) == 2
        assert copy.credit is not None
        assert copy.credit.outlet == "harbour.example"
        assert (copy.role, copy.alarms) == (Role.REPUBLICATION, ())

    lived(tmp_path, case)


@pytest.mark.parametrize(
    "head",
    [
        data(publisher={"name": "Relay"}),
        data(publisher={"name": "The Relay Group Holding", "url": "https://holding.example/"}),
        f'<link rel="canonical" href="{PAGE}"><meta property="og:site_name" content="Relay Daily">',
        data(isBasedOn="not an address", publisher=7, author=[[]]),
    ],
)
def test_a_publisher_that_is_the_house_itself_or_a_stranger_is_no_source(tmp_path: Path, head: str) -> None:
    async def case(world: World) -> None:
        entry, copy, _ = await printed(world, head)
        assert (entry.source_name, entry.source_url, copy.credit) == (None, None, None)

    lived(tmp_path, case)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (data(publisher={"name": "The Northern Wire"}), "The Northern Wire"),
        (data(publisher={"name": "Harbour News"}), None),
        (data(publisher={"name": ["x"]}), None),
    ],
    ids=["a stranger", "a known outlet, which is a credit", "no name"],
)
def test_a_publisher_whom_nobody_knows_is_kept_as_a_name_and_told(tmp_path: Path, head: str, name: str | None) -> None:
    async def case(world: World) -> None:
        entry, _, _ = await printed(world, head)
        assert entry.publisher == name
        app = App(config=world.config, database=world.database, now=world.clock.now)
        assert alone(app, str(entry.id))["entry"].get("publisher_named_by_its_page") == name
        edited = feed("Relay", PAGE, TEASER).replace(b"A crane", b"A crane, painted")
        world.sites[RELAY] = document(edited, etag='"2"')
        world.clock.now += DAY
        await world.poll()
        after = entries.find(world.database, PAGE)
        assert after is not None
        assert (after.title, after.publisher) == ("A crane, painted", name)

    lived(tmp_path, case)


def test_the_pages_date_authors_and_source_stay_when_the_feed_is_edited(tmp_path: Path) -> None:
    async def case(world: World) -> None:
        claims = {"datePublished": "2026-03-01T10:00:00+01:00", "author": {"name": "Ada Low"}}
        head = data(publisher={"name": "Harbour News"}, isBasedOn=ORIGINAL, **claims)
        entry, _, _ = await printed(world, head)
        kept = (datetime(2026, 3, 1, 9, tzinfo=UTC), ("Ada Low",), "Harbour News", ORIGINAL)
        assert (entry.published, entry.authors, entry.source_name, entry.source_url) == kept
        edited = feed("Relay", PAGE, TEASER).replace(b"A crane", b"A crane, painted")
        world.sites[RELAY] = document(edited, etag='"2"')
        world.sites[PAGE] = says(b"", 500)
        world.clock.now += DAY
        await world.poll()
        after = entries.find(world.database, PAGE)
        assert after is not None
        assert (after.title, after.revisions, after.text) == ("A crane, painted", 1, entry.text)
        assert (after.published, after.authors, after.source_name, after.source_url) == kept
        assert len(world.of(PAGE)) == 1  # the feed's text is the one for which the page was asked

    lived(tmp_path, case)


def test_a_page_is_asked_once_for_each_version_whatever_came_of_it(tmp_path: Path) -> None:
    async def case(world: World) -> None:
        world.sites[PAGE] = says(b"", 500)
        world.site(RELAY, document(feed("Relay", PAGE, TEASER)), full_text=True)
        await world.live(2 * DAY)
        assert len(world.of(PAGE)) == 1
        world.sites[RELAY] = document(feed("Relay", PAGE, f"{TEASER} With pictures."), etag='"2"')
        await world.live(2 * DAY)
        assert len(world.of(PAGE)) == 2
        assert {ask["if-none-match"] for ask in world.of(PAGE)} == {None}

    lived(tmp_path, case)


def test_pages_beyond_what_one_poll_asks_for_are_counted_in_its_notice(tmp_path: Path) -> None:
    async def case(world: World) -> None:
        world.site(RELAY, document(rss([0])), full_text=True)
        await world.poll()
        world.sites[RELAY] = document(rss(range(MOST_PAGES + 3)), etag='"2"')
        world.clock.now += DAY
        (polled,) = await world.poll()
        assert polled.new == MOST_PAGES + 2
        assert polled.detail == "2 entries keep their excerpts: one poll asks for 30 pages"
        assert len({ask.url for ask in world.asked if "paper.example" in ask.url}) == MOST_PAGES + 2  # robots, item 0

    lived(tmp_path, case)


@pytest.mark.parametrize(
    ("rules", "asked"),
    [
        (says(b"User-agent: *\nDisallow: /"), 0),
        (says(b"User-agent: FairCopy\nDisallow: /1\nUser-agent: *\nAllow: /"), 0),
        (says(b"User-agent: FairCopy\nAllow: /\nUser-agent: *\nDisallow: /"), 1),
        (says(b"", 404), 1),
        (says(b"", 403), 1),
        (says(b"", 503), 0),
        (says(b"", 429), 0),
        (lambda _: None, 0),
    ],
    ids=["nobody", "not us", "us alone", "none", "hidden", "down", "too often", "silent"],
)
def test_robots_txt_decides_before_the_page_is_asked(tmp_path: Path, rules: Any, asked: int) -> None:
    async def case(world: World) -> None:
        world.sites["http://relay.example/robots.txt"] = rules
        world.sites[PAGE] = says(page(), Content_Type="text/html")
        world.site(RELAY, document(feed("Relay", PAGE, TEASER)), full_text=True)
        await world.live(HOUR - MINUTE)
        assert len(world.of(PAGE)) == asked
        assert world.entries() == 1
        assert [ask.url for ask in world.asked][:2] == [RELAY, "http://relay.example/robots.txt"]

    lived(tmp_path, case)
