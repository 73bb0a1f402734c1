"""Rules 22 to 26: what a request says, and what we write down about it."""

from __future__ import annotations

import re

from aggregator.__about__ import __version__
from tests.manners.sheet import rule
from tests.manners.web import DAY, FEED, HOUR, MINUTE, World, document, rss, says


@rule(22, "GET only; no cookies, no referer, no cache busting, nothing but the few headers that serve")
async def plain_get(world: World) -> None:
    world.site(FEED, says(rss([1]), Set_Cookie="a=b; Path=/", ETag='"1"'))
    await world.live(DAY)
    allowed = {"host", "user-agent", "accept", "accept-encoding", "if-none-match", "if-modified-since"}
    for ask in world.asked:
        assert ask.method == "GET"
        assert ask.url == FEED
        assert {name for name, _ in ask.headers} - {"connection", "proxy-connection"} <= allowed
        assert ask["accept-encoding"] == "gzip"
        assert (ask["accept"] or "").startswith("application/atom+xml, application/rss+xml")


@rule(23, "One User-Agent for everything: name, real version, contact")
async def user_agent(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.live(DAY)
    (agent,) = {ask["user-agent"] for ask in world.asked}
    assert agent == f"FairCopy/{__version__} (+https://reader.example/about)"


@rule(23, "The public web is not asked under the placeholder contact")
async def contact(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.poll()
    world.fetch["contact"] = "you@example.org"
    world.clock.now += 3 * HOUR
    await world.poll()
    assert len(world.of()) == 1
    assert "contact in [fetch] is not set" in (world.feed().last_error or "")


@rule(24, "Adding a feed is one request, and its document is parsed at once")
async def one_request(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.poll()
    assert len(world.asked) == 1
    assert world.entries() == 1


@rule(25, "Refreshing now is conditional, and not before the floor")
async def refresh_now(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.poll()
    for _ in range(4):
        world.clock.now += 8 * MINUTE
        await world.poll(everything=True)
    assert [ask.conditional for ask in world.of()] == [False, True, True]


@rule(26, "One line a request: address, status, bytes, conditional or not, validators changed, next time and why")
async def written_down(world: World) -> None:
    world.site(FEED, document(rss([1])), interval="60m")
    await world.live(40 * HOUR)
    rows = world.log()
    assert len(rows) == 30
    assert all((row.status, row.http_status) == ("not-modified", 304) for row in rows)
    assert all(row.conditional and row.validators_changed is False for row in rows)
    assert all(row.next_poll_at and re.fullmatch(r"every \d+ (min|h)", row.next_poll_why) for row in rows)
    asked = [ask.at for ask in world.of()][-30:]
    assert [row.at for row in rows] == asked
