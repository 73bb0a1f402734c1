"""`add` asks a site as seldom and as slowly as a poll does (etiquette 14, 24); the site is real, its clock is in hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.cli.choosing import Found, Pace, find_feed
from aggregator.cli.context import Context
from aggregator.errors import AggregatorError
from aggregator.fetch.discover import WELL_KNOWN
from tests.manners.web import FEED, Site, World, document, gaps, living, rss, says

SITE, OTHER = "http://paper.example/", "http://other.example/"
PAUSE = timedelta(seconds=5)
PAGE = says(b"<html><head><title>No feed is named here</title></head></html>", Content_Type="text/html")


def adding(folder: Path, sites: dict[str, Site], addresses: Sequence[str]) -> tuple[World, list[Found | str]]:
    """What `add` makes of the addresses, one after another, and the world that saw it ask."""

    async def add() -> tuple[World, list[Found | str]]:
        async with living(folder) as world:
            world.sites |= sites
            context = Context(
                config_path=folder / "config.toml", config=world.config, now=world.clock.now, environment={}
            )
            pace = Pace(clock=world.clock, sleep=world.clock.sleep)
            return world, [await asyncio.to_thread(found, context, address, pace) for address in addresses]

    return asyncio.run(add())


def found(context: Context, address: str, pace: Pace) -> Found | str:
    try:
        return find_feed(context, address, None, pace)
    except AggregatorError as problem:
        return str(problem)


def test_a_feeds_own_address_is_one_request_and_no_pause(tmp_path: Path) -> None:
    world, (one,) = adding(tmp_path, {FEED: document(rss([1]))}, [FEED])
    assert isinstance(one, Found)
    assert (one.url, one.document is not None) == (FEED, True)
    assert [(ask.method, ask.url) for ask in world.asked] == [("GET", FEED)]
    assert gaps(world.asked) == []


def test_a_page_that_names_its_feed_is_one_request(tmp_path: Path) -> None:
    page = says(b'<link rel="alternate" type="application/rss+xml" href="/elsewhere">', Content_Type="text/html")
    world, (one,) = adding(tmp_path, {SITE: page}, [SITE])
    assert one == Found(url=f"{SITE}elsewhere")
    assert [ask.url for ask in world.asked] == [SITE]


def test_usual_places_are_tried_one_after_another_with_the_hosts_pause_between(tmp_path: Path) -> None:
    last = f"{SITE.rstrip('/')}{WELL_KNOWN[-1]}"
    world, (one,) = adding(tmp_path, {SITE: PAGE, last: document(rss([1]))}, [SITE])
    assert isinstance(one, Found)
    assert one.url == last
    assert [ask.url for ask in world.asked] == [SITE, *(SITE.rstrip("/") + path for path in WELL_KNOWN)]
    assert set(gaps(world.asked)) == {PAUSE}


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_host_that_refuses_one_of_its_usual_places_is_not_asked_for_the_next(tmp_path: Path, status: int) -> None:
    first = f"{SITE.rstrip('/')}{WELL_KNOWN[0]}"
    world, (one,) = adding(tmp_path, {SITE: PAGE, first: says(b"no", status)}, [SITE])
    assert isinstance(one, str)
    assert "names no feed" in one
    assert [ask.url for ask in world.asked] == [SITE, first]


def test_several_addresses_of_one_host_are_asked_apart_and_another_host_at_once(tmp_path: Path) -> None:
    feeds = [f"{SITE}{number}" for number in range(3)]
    world, _ = adding(tmp_path, {url: document(rss([1])) for url in (*feeds, OTHER)}, [*feeds[:2], OTHER, feeds[2]])
    assert [ask.url for ask in world.asked] == [*feeds[:2], OTHER, feeds[2]]
    at = {ask.url: ask.at for ask in world.asked}
    assert gaps([ask for ask in world.asked if ask.url in feeds]) == [PAUSE, PAUSE]
    assert at[OTHER] == at[feeds[1]]
