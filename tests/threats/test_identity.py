"""What publishers do to guids, links, dates and titles: no flood, no doubling, nothing lost, over days of polls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.dedup.testimony import claim_of
from aggregator.model import Entry
from aggregator.store import entries
from tests.manners.web import DAY, FEED, HOUR, START, Answer, Ask, Site, World, living

OTHER = "http://other.example/feed"
TEXTS = (
    "The harbour board met on Monday and chose to repaint its only crane.",
    "Choirs of eleven villages will sing in the market hall at Easter.",
    "The keeper of the north light says that the lamp has burned since January.",
)


def lived(folder: Path, case: Callable[[World], Awaitable[None]]) -> None:
    async def run() -> None:
        async with living(folder) as world:
            await case(world)

    asyncio.run(run())


def item(number: int, **elements: str | None) -> str:
    """An item with guid, link, title, text and date; those given as None are left out, others replaced."""
    given: dict[str, str | None] = {
        "guid": f"item-{number}",
        "link": f"http://paper.example/{number}",
        "title": f"News {number}",
        "description": TEXTS[number % len(TEXTS)] + f" It said {number}.",
        "pubDate": "Mon, 02 Mar 2026 07:00:00 GMT",
    }
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in (given | elements).items() if text is not None)
    return f"<item>{inside}</item>"


def says(items: Callable[[int], Sequence[str]]) -> Site:
    """A feed whose items are made anew at each request; `items` is told how many came before."""
    count = -1

    def site(_: Ask) -> Answer:
        nonlocal count
        count += 1
        listed = "".join(items(count))
        return Answer(body=f"<rss version='2.0'><channel><title>Paper</title>{listed}</channel></rss>".encode())

    return site


def stored(world: World, url: str = FEED) -> list[Entry]:
    found = entries.by_ids(world.database, range(1, 5000))
    return [entry for entry in found if entry.feed_id == world.feed(url).id]


NAMELESS: dict[str, dict[str, str | None]] = {
    "ID-01 no guid": {"guid": None},
    "ID-02 no link": {"link": None},
    "ID-03 an empty guid": {"guid": " "},
    "ID-03 neither": {"guid": None, "link": None},
    "ID-03 nothing but a text": {"guid": None, "link": None, "title": None, "pubDate": None},
    "ID-03 nothing but a title": {"guid": None, "link": None, "description": None, "pubDate": None},
}


@pytest.mark.parametrize("missing", NAMELESS.values(), ids=NAMELESS.keys())
def test_items_that_lack_what_they_are_known_by_are_known_at_each_poll(
    tmp_path: Path, missing: dict[str, str | None]
) -> None:
    async def case(world: World) -> None:
        world.site(FEED, says(lambda poll: [item(n, **missing) for n in range(9 + poll, -1, -1)]))
        for poll in range(4):
            await world.poll()
            assert len(stored(world)) == 10 + poll
            world.clock.now += DAY
        assert all(entry.revisions == 0 for entry in stored(world))

    lived(tmp_path, case)


@pytest.mark.parametrize("link", ["http://paper.example/{}", None], ids=["with links", "without links"])
def test_one_guid_for_all_items_costs_none_of_them(tmp_path: Path, link: str | None) -> None:
    """ID-04."""

    async def case(world: World) -> None:
        def same(poll: int) -> list[str]:
            return [item(n, guid="42", link=link and link.format(n)) for n in range(9 + poll, -1, -1)]

        world.site(FEED, says(same))
        for poll in range(3):
            await world.poll()
            assert sorted(entry.title for entry in stored(world)) == sorted(f"News {n}" for n in range(10 + poll))
            world.clock.now += DAY

    lived(tmp_path, case)


def test_one_guid_in_two_feeds_is_two_entries(tmp_path: Path) -> None:
    """ID-05."""

    async def case(world: World) -> None:
        world.site(FEED, says(lambda poll: [item(1, guid="1", title=f"Version {poll}")]))
        world.site(OTHER, says(lambda _: [item(2, guid="1", link="http://other.example/2")]))
        for _ in range(2):
            await world.poll()
            world.clock.now += DAY
        ((edited,), (left,)) = (stored(world, url) for url in (FEED, OTHER))
        assert (edited.title, edited.revisions) == ("Version 1", 1)
        assert (left.title, left.revisions) == ("News 2", 0)

    lived(tmp_path, case)


TURNING: dict[str, Callable[[int, int], dict[str, str | None]]] = {
    "ID-06 a guid of the moment": lambda n, poll: {"guid": f"{poll}-{n}"},
    "ID-06 without a link": lambda n, poll: {"guid": f"{poll}-{n}", "link": None},
    "ID-06 without a title": lambda n, poll: {"guid": f"{poll}-{n}", "title": None},
    "ID-06 from http to https": lambda n, poll: dict.fromkeys(
        ("guid", "link"), f"http{'s' * (poll > 0)}://paper.example/{n}"
    ),
    "DATE-03 a new date": lambda _, poll: {"pubDate": f"Mon, 0{2 + poll} Mar 2026 07:00:00 GMT"},
    "DATE-03 a date that comes and goes": lambda _, poll: {"pubDate": None if poll % 2 else "2026-03-02T07:00:00Z"},
    "a tracking parameter": lambda n, poll: {"link": f"http://paper.example/{n}?utm_source=rss&amp;utm_term={poll}"},
    "a date in words of its own": lambda _, poll: {"pubDate": "gestern" * (poll + 1)},
}


@pytest.mark.parametrize("turn", TURNING.values(), ids=TURNING.keys())
def test_what_turns_with_every_poll_makes_no_entry_new_and_no_edit(
    tmp_path: Path, turn: Callable[[int, int], dict[str, str | None]]
) -> None:
    async def case(world: World) -> None:
        world.site(FEED, says(lambda poll: [item(n, **turn(n, poll)) for n in range(10)]))
        news = []
        for _ in range(6):
            news += [one.new for one in await world.poll()]
            world.clock.now += DAY
        assert news == [10, 0, 0, 0, 0, 0]
        assert {entry.revisions for entry in stored(world)} == {0}
        assert {entry.first_seen for entry in stored(world)} == {START}

    lived(tmp_path, case)


EDITED: dict[str, Callable[[int], dict[str, str | None]]] = {
    "ID-08 the text": lambda poll: {"description": f"{TEXTS[0]} Version {poll}."},
    "a title in place": lambda poll: {"title": f"News, version {poll}"},
    "title and guid": lambda poll: {"guid": f"1-{poll}", "title": f"News, version {poll}"},
}


@pytest.mark.parametrize("edit", EDITED.values(), ids=EDITED.keys())
def test_what_is_edited_in_place_is_one_entry_with_its_earlier_versions(
    tmp_path: Path, edit: Callable[[int], dict[str, str | None]]
) -> None:
    async def case(world: World) -> None:
        world.site(FEED, says(lambda poll: [item(1, **edit(poll))]))
        for _ in range(4):
            await world.poll()
            world.clock.now += DAY
        (entry,) = stored(world)
        assert entry.revisions == 3
        assert len(entries.revisions(world.database, [entry.id])[entry.id]) == 3
        assert (entry.published, entry.first_seen) == (datetime.fromisoformat("2026-03-02T07:00:00Z"), START)

    lived(tmp_path, case)


def test_an_item_that_comes_back_under_a_new_date_is_the_one_that_it_was(tmp_path: Path) -> None:
    async def case(world: World) -> None:
        def gone_for_a_while(poll: int) -> list[str]:
            old = [item(1, pubDate=f"Mon, {2 + 7 * poll:02} Mar 2026 07:00:00 GMT")] if poll in {0, 3} else []
            return [*old, item(2 + poll)]

        world.site(FEED, says(gone_for_a_while))
        for _ in range(4):
            await world.poll()
            world.clock.now += 7 * DAY
        assert sorted(entry.guid for entry in stored(world)) == ["item-1", "item-2", "item-3", "item-4", "item-5"]
        first = next(entry for entry in stored(world) if entry.guid == "item-1")
        assert (first.first_seen, first.revisions) == (START, 0)

    lived(tmp_path, case)


def test_fifty_new_items_at_each_poll_are_all_kept(tmp_path: Path) -> None:
    """ID-07: nothing is lost; what an edition shows of one outlet is another matter."""

    async def case(world: World) -> None:
        world.site(FEED, says(lambda poll: [item(n) for n in range(50 * poll, 50 * poll + 50)]))
        for _ in range(5):
            assert [one.new for one in await world.poll()] == [50]
            world.clock.now += 6 * HOUR
        assert {entry.guid for entry in stored(world)} == {f"item-{n}" for n in range(250)}

    lived(tmp_path, case)


DATES = (
    *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"),
    *("-1200-01-01T00:00:00Z", "2016-12-31T23:59:60Z", "2026-02-30T10:00:00Z", "Mon, 30 Feb 2026 10:00:00 GMT"),
    *("1772452800", "1772452800000", "1" * 5000, "2026-03-02", "02/03/2026", "00:00", "now", "tomorrow", " ", "-"),
    *("Mon, 02 Mar 2026 25:61:61 GMT", "Mon, 02 Mar 2026 07:00:00 +9999", "0000-00-00T00:00:00Z", "\u0663\u0660"),
)


READABLE = {
    "2016-12-31T23:59:60Z": datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC),
    "1772452800": datetime(2026, 3, 2, 12, tzinfo=UTC),
    "1772452800000": datetime(2026, 3, 2, 12, tzinfo=UTC),
    "2026-03-02": datetime(2026, 3, 2, tzinfo=UTC),
    "02/03/2026": datetime(2026, 3, 2, tzinfo=UTC),
    "Mon, 02 Mar 2026 07:00:00 +9999": datetime(2026, 3, 2, 7, tzinfo=UTC),
}
"""What a moment can be made of: a leap second, seconds and milliseconds of Unix, a day, a time in no zone there is."""


def test_dates_that_no_calendar_knows_cost_neither_their_item_nor_the_feed(tmp_path: Path) -> None:
    """DATE-01: parsed, or nothing is claimed and the time at which it was first seen counts."""

    async def case(world: World) -> None:
        world.site(FEED, says(lambda _: [item(n, pubDate=date) for n, date in enumerate(DATES)]))
        (polled,) = await world.poll()
        assert (polled.status, polled.new) == ("new", len(DATES))
        assert all(claim_of(entry, None, START).believed <= START for entry in stored(world))
        claimed = {DATES[int(entry.guid.removeprefix("item-"))]: entry.published for entry in stored(world)}
        assert {text: date for text, date in claimed.items() if date is not None} == READABLE

    lived(tmp_path, case)


@pytest.mark.parametrize("date", ["Mon, 02 Mar 2027 07:00:00 GMT", "Tue, 03 Mar 2026 09:00:00 GMT", None])
def test_what_claims_the_future_or_nothing_counts_from_when_it_was_seen(tmp_path: Path, date: str | None) -> None:
    """DATE-02."""

    async def case(world: World) -> None:
        world.site(FEED, says(lambda _: [item(1, pubDate=date)]))
        await world.poll()
        (entry,) = stored(world)
        assert (entry.published is None) is (date is None)
        assert claim_of(entry, None, world.clock.now).believed == START

    lived(tmp_path, case)
