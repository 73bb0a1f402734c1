"""Rules 22 to 26: what a request says, and what we write down about it."""

from __future__ import annotations

import itertools
import re

from aggregator.__about__ import __version__
from aggregator.store import entries
from tests.manners.sheet import rule
from tests.manners.web import DAY, FEED, HOUR, MINUTE, START, Answer, Ask, World, document, rss, says


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


@rule(23, "Pages and robots.txt are asked under the same name, with no headers but those that serve")
async def one_name(world: World) -> None:
    world.sites[PAGE] = says(article(), Content_Type="text/html", Set_Cookie="a=b")
    world.site(FEED, document(rss([1])), full_text=True)
    await world.live(2 * HOUR)
    assert {ask.url for ask in world.asked} == {FEED, PAGE, "http://paper.example/robots.txt"}
    assert len({ask["user-agent"] for ask in world.asked}) == 1
    allowed = {"host", "user-agent", "accept", "accept-encoding", "if-none-match", "if-modified-since"}
    for ask in world.asked:
        assert {name for name, _ in ask.headers} - {"connection", "proxy-connection"} <= allowed
        assert ask.method == "GET"


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


PAGE = "http://paper.example/1"
LONG = "".join(
    f"<p>The harbour board met a {n}. time and heard at length what the crane drivers say.</p>" for n in range(20)
)


def article(text: str = LONG, head: str = "") -> bytes:
    return f"<html><head><title>News</title>{head}</head><body><article><h1>News</h1>{text}</article></body></html>".encode()


@rule(24, "An article's page is asked only where that is wanted, and once for each version of the entry")
async def pages_once(world: World) -> None:
    for number in (1, 2):
        world.sites[f"http://paper.example/{number}"] = says(article(), Content_Type="text/html")
    world.site("http://plain.example/feed", document(rss([7])))
    world.site(FEED, document(rss([1])), full_text=True)
    await world.live(5 * HOUR)
    assert [len(world.of(PAGE)), len(world.of("http://plain.example/7"))] == [1, 0]
    world.sites[FEED] = document(rss([1, 2]), etag='"2"')
    await world.live(3 * HOUR)
    world.sites[FEED] = document(rss([1, 2]).replace(b"said 1", b"unsaid 1"), etag='"3"')
    await world.live(3 * HOUR)
    assert [len(world.of(f"http://paper.example/{number}")) for number in (1, 2)] == [2, 1]
    entry = entries.find(world.database, "item-1")
    assert entry is not None
    assert "crane drivers" in entry.text
    assert entry.feed_text == "The harbour board met and unsaid 1."
    starts = [time for time, url in world.starts if "paper.example" in url]
    assert min(later - sooner for sooner, later in itertools.pairwise(starts)) >= 5


@rule(24, "robots.txt is obeyed, asked once a day, and conditionally from then on")
async def robots_obeyed(world: World) -> None:
    rules = "http://paper.example/robots.txt"
    world.sites[rules] = document(b"User-agent: *\nDisallow: /1\n", etag='"r"')
    world.sites["http://paper.example/2"] = world.sites[PAGE] = says(article(), Content_Type="text/html")
    newest = START

    def grows(ask: Ask) -> Answer:
        return Answer(body=rss(range(1, 2 + (ask.at - newest) // (3 * HOUR))))

    world.site(FEED, grows, full_text=True, interval="60m")
    await world.live(3 * DAY)
    assert world.of(PAGE) == []
    assert len(world.of("http://paper.example/2")) == 1
    asked = world.of(rules)
    assert [ask["if-none-match"] for ask in asked] == [None, '"r"', '"r"']


@rule(24, "A page that fails leaves the feed's text; a 429 for it holds off the feed as well")
async def page_fails(world: World) -> None:
    world.sites[PAGE] = says(b"", 429, Retry_After="20000")
    world.site(FEED, document(rss([1])), full_text=True)
    await world.live(5 * HOUR)
    assert world.entries() == 1
    assert len(world.of(PAGE)) == 1
    assert len(world.of()) == 1


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
