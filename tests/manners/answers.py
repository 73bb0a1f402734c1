"""Rules 15 to 21: what each kind of answer means."""

from __future__ import annotations

import itertools
from datetime import timedelta

from aggregator.model import FailureKind
from tests.manners.sheet import rule
from tests.manners.web import (
    DAY,
    FEED,
    HOUR,
    MINUTE,
    Answer,
    World,
    always,
    document,
    gaps,
    in_turn,
    packed,
    rss,
    says,
    silent,
)

SECOND = "http://paper.example/second"
MOVED = "http://new.example/feed"


@rule(15, "429 with Retry-After holds off the whole host, through restarts, and counts for the others as no failure")
async def limited(world: World) -> None:
    world.site(FEED, in_turn(says(b"", 429, Retry_After="10800"), document(rss([1]))))
    await world.poll()
    world.site(SECOND, document(rss([1])))
    start = world.clock.now
    for _ in range(8):
        world.restart()
        await world.poll()
        world.clock.now += 20 * MINUTE
    assert world.of(SECOND) == []
    assert (world.feed(SECOND).failures, world.feed(FEED).failures) == (0, 1)
    assert world.feed(SECOND).next_poll_why == "its host asked us to wait 3 h (429)"
    await world.live(2 * HOUR)
    assert world.of(SECOND)[0].at - start >= 3 * HOUR
    assert gaps(world.of())[0] >= 3 * HOUR


@rule(15, "503 with Retry-After (a date, too) is kept to, never shortened, and speaks for its feed alone")
async def overloaded(world: World) -> None:
    world.site(FEED, in_turn(says(b"", 503, Retry_After="100000"), document(rss([1]))))
    world.site(SECOND, document(rss([1])))
    await world.live(2 * DAY)
    assert timedelta(seconds=100_000) <= gaps(world.of())[0] <= timedelta(seconds=110_001)
    assert len(world.of(SECOND)) > 10


@rule(15, "A Retry-After that is shorter than our own back-off does not shorten it")
async def impatient(world: World) -> None:
    world.site(FEED, says(b"", 503, Retry_After="60"))
    await world.live(2 * DAY)
    waits = gaps(world.of())
    assert waits[0] > HOUR
    assert waits == sorted(waits)


@rule(15, "429 without a time, or with nonsense: four hours, then eight")
async def limited_without_time(world: World) -> None:
    world.site(FEED, says(b"", 429, Retry_After="-5"))
    await world.live(DAY)
    first, second = gaps(world.of())[:2]
    assert 4 * HOUR <= first <= 4.5 * HOUR
    assert 8 * HOUR <= second <= 9 * HOUR


@rule(16, "403 waits four hours and doubles; the browser's mask is never put on")
async def forbidden(world: World) -> None:
    world.site(FEED, says(b"", 403))
    await world.live(3 * DAY)
    waits = gaps(world.of())
    assert 4 * HOUR <= waits[0] < 4.5 * HOUR
    assert all(later >= 1.8 * sooner for sooner, later in itertools.pairwise(waits[:3]))
    assert len({ask["user-agent"] for ask in world.asked}) == 1


@rule(16, "A Cloudflare challenge is named as such")
async def challenge(world: World) -> None:
    world.site(FEED, says(b"<html>Just a moment</html>", 403, cf_mitigated="challenge"))
    await world.poll()
    assert "Cloudflare challenge" in (world.feed().last_error or "")


@rule(17, "400, 406 and 451 are refusals like 403")
async def other_refusals(world: World) -> None:
    urls = {status: f"http://refuses{status}.example/feed" for status in (400, 406, 451)}
    for status, url in urls.items():
        world.site(url, says(b"", status))
    await world.live(2 * DAY)
    for url in urls.values():
        first, second = gaps(world.of(url))[:2]
        assert 4 * HOUR <= first < 4.5 * HOUR
        assert 8 * HOUR <= second < 9 * HOUR


@rule(17, "401 stops until the settings change, and is reported")
async def login(world: World) -> None:
    world.site(FEED, says(b"", 401))
    await world.live(60 * DAY)
    assert len(world.of()) == 1
    assert "login" in world.feed().next_poll_why
    world.subscribed[0]["headers"] = {"X-Key": "given"}
    await world.poll()
    assert world.of()[1]["x-key"] == "given"


@rule(17, "404 backs off and is asked again; the feed may come back")
async def missing(world: World) -> None:
    world.site(FEED, says(b"", 404))
    await world.live(10 * DAY)
    waits = gaps(world.of())
    assert waits == sorted(waits)
    assert waits[-1] >= DAY
    world.sites[FEED] = document(rss([1]))
    await world.live(3 * DAY)
    assert (world.feed().failures, world.entries()) == (0, 1)


@rule(17, "410 stops for good, outlives the program, and is shown")
async def gone(world: World) -> None:
    world.site(FEED, says(b"", 410))
    await world.poll()
    world.restart()
    await world.live(400 * DAY)
    assert len(world.of()) == 1
    assert world.feed().gone
    assert "410" in world.feed().next_poll_why


@rule(17, "What was gone goes on when its owner says so, by a change in the config")
async def resumed(world: World) -> None:
    world.site(FEED, in_turn(says(b"", 410), document(rss([1]))))
    await world.live(30 * DAY)
    assert len(world.of()) == 1
    world.subscribed[0]["interval"] = "2h"
    await world.poll()
    assert (len(world.of()), world.feed().gone, world.entries()) == (2, False, 1)


@rule(18, "Server errors back off to a day; after thirty failures to a week; never silently dead")
async def broken(world: World) -> None:
    world.site(FEED, says(b"", 500))
    await world.live(120 * DAY)
    waits = gaps(world.of())
    assert waits == sorted(waits)
    assert 7 * DAY <= waits[-1] <= 7.8 * DAY
    assert DAY <= waits[20] <= 1.2 * DAY
    world.sites[FEED] = document(rss([1]))
    await world.live(8 * DAY)
    assert world.entries() == 1


@rule(18, "When no host answers, the fault is ours: nothing is counted, and all are asked again soon")
async def outage(world: World) -> None:
    urls = [f"http://paper{number}.example/feed" for number in range(8)]
    for url in urls:
        world.site(url, document(rss([1])))
    await world.live(3 * HOUR)
    for url in urls:
        world.sites[url] = silent
    await world.live(6 * HOUR)
    failures = [world.feed(url).failures for url in urls]
    assert sum(failures) <= 2
    assert "offline" in world.feed(urls[-1]).next_poll_why
    for url in urls:
        world.sites[url] = document(rss([1]))
    await world.live(90 * MINUTE)
    assert [world.feed(url).failures for url in urls] == [0] * 8


@rule(18, "One host that is down while others answer is its own fault")
async def one_is_down(world: World) -> None:
    for number in range(4):
        world.site(f"http://paper{number}.example/feed", document(rss([1])))
    world.site(FEED, silent)
    await world.live(DAY)
    assert world.feed().failures > 3


@rule(19, "A permanent move is adopted after three polls over a day at least, keeps the entries, and is reported")
async def moved(world: World) -> None:
    world.site(FEED, document(rss([1, 2])))
    await world.live(30 * MINUTE)
    world.sites[FEED] = says(b"", 301, Location=MOVED)
    world.sites[MOVED] = document(rss([1, 2, 3]), etag='"new"')
    began = world.clock.now
    await world.live(20 * HOUR)
    assert world.feed().url == FEED
    assert any(f"moved permanently to {MOVED}" in row.detail for row in world.log())
    await world.live(20 * HOUR)
    assert world.feed().url == MOVED
    adopted = next(row for row in world.log() if "polled there from now on" in row.detail)
    assert adopted.at - began >= DAY
    assert world.of()[-1].at <= adopted.at
    after = [ask for ask in world.of(MOVED) if ask.at > adopted.at]
    assert not after[0].conditional
    assert world.entries() == 3


@rule(19, "Sightings of a move outlive the program; a target that changes each time is none")
async def moved_through_restarts(world: World) -> None:
    world.site(FEED, document(rss([1])))
    world.site(SECOND, document(rss([1])))
    await world.live(30 * MINUTE)
    steps = itertools.count()
    world.sites[FEED] = says(b"", 301, Location=MOVED)
    world.sites[SECOND] = lambda _: Answer(status=301, headers=(("Location", f"{MOVED}?{next(steps)}"),))
    world.sites[MOVED] = document(rss([1]))
    world.sites |= {f"{MOVED}?{step}": document(rss([1])) for step in range(200)}
    for _ in range(12):
        await world.live(4 * HOUR)
        world.restart()
    assert [world.feed(url).url for url in (FEED, SECOND)] == [MOVED, SECOND]


@rule(19, "A move that does not last, or leads to no feed or another one, is never adopted")
async def not_moved(world: World) -> None:
    login = "http://login.example/"
    elsewhere = "http://parked.example/feed"
    world.sites[login] = says(b"<html><title>Log in</title></html>")
    world.sites[elsewhere] = document(rss(["for-sale"], title="Domains"))
    world.site(FEED, document(rss([1])))
    world.site(SECOND, document(rss([1])))
    third = "http://brief.example/feed"
    world.site(third, document(rss([1])))
    world.sites[MOVED] = document(rss([1]))
    await world.live(HOUR)
    world.sites[FEED] = says(b"", 301, Location=login)
    world.sites[SECOND] = says(b"", 308, Location=elsewhere)
    world.sites[third] = says(b"", 301, Location=MOVED)
    await world.live(10 * HOUR)
    world.sites[third] = document(rss([1]))
    await world.live(3 * DAY)
    assert [world.feed(url).url for url in (FEED, SECOND, third)] == [FEED, SECOND, third]


@rule(19, "302, 303 and 307 are followed and never stored; what follows a temporary hop neither")
async def temporary(world: World) -> None:
    for status, name in ((302, "a"), (303, "b"), (307, "c")):
        world.site(f"http://{name}.example/feed", says(b"", status, Location=MOVED))
    world.site(FEED, says(b"", 301, Location="http://half.example/feed"))
    world.sites["http://half.example/feed"] = says(b"", 302, Location=MOVED)
    world.sites[MOVED] = document(rss([1]))
    await world.live(3 * DAY)
    assert [world.feed(f"http://{name}.example/feed").url for name in "abc"] == [
        f"http://{name}.example/feed" for name in "abc"
    ]
    assert world.feed().url == "http://half.example/feed"


@rule(19, "Loops, more than five hops and other schemes are errors")
async def bad_redirects(world: World) -> None:
    world.site("http://loop.example/feed", says(b"", 302, Location="http://loop.example/feed"))
    world.site("http://chain.example/0", says(b"", 302, Location="http://chain.example/1"))
    for hop in range(1, 9):
        world.sites[f"http://chain.example/{hop}"] = says(b"", 302, Location=f"http://chain.example/{hop + 1}")
    world.site("http://file.example/feed", says(b"", 302, Location="file:///etc/passwd"))
    await world.poll()
    assert {row.status for row in world.log()} == {FailureKind.REDIRECT}
    assert sum("chain" in ask.url for ask in world.asked) == 6


@rule(19, "Two feeds that land on one address are merged, with a notice")
async def landed_together(world: World) -> None:
    world.site(FEED, document(rss([1])))
    world.site(MOVED, document(rss([1])))
    await world.live(HOUR)
    world.sites[FEED] = says(b"", 301, Location=MOVED)
    await world.live(3 * DAY)
    before = len(world.of())
    await world.live(6 * DAY)
    assert world.feed().url == FEED
    assert f"its address now leads to {MOVED}, which is polled already" in world.feed().next_poll_why
    assert len(world.of()) - before <= 1


@rule(19, "A login that the config gives a feed is not taken along to another host")
async def login_stays(world: World) -> None:
    world.site(FEED, document(rss([1])), headers={"X-Key": "secret"})
    await world.live(HOUR)
    world.sites[FEED] = says(b"", 301, Location=MOVED)
    world.sites[MOVED] = document(rss([1]))
    await world.live(3 * DAY)
    assert world.of(MOVED)
    assert all(ask["x-key"] is None for ask in world.of(MOVED))
    assert world.feed().url == FEED
    assert any("change the config" in row.detail for row in world.log())


@rule(20, "A web page, an empty body, cut gzip, or no items where there were many: a failure that deletes nothing")
async def no_use(world: World) -> None:
    world.site(FEED, document(rss([1, 2, 3])))
    await world.live(HOUR)
    body = packed(rss([4]))
    gzipped = (("Content-Encoding", "gzip"),)
    for answer in (
        Answer(body=b"<!doctype html><title>Sorry</title>"),
        Answer(body=b""),
        Answer(body=body[:-12], headers=gzipped),
        Answer(body=body, headers=gzipped, cut=20),
        Answer(body=rss([])),
    ):
        world.sites[FEED] = in_turn(always(answer), document(rss([1, 2, 3])))
        before = world.feed().failures
        world.clock.now += 2 * DAY
        await world.poll()
        assert world.feed().failures == before + 1
        assert world.feed().last_error
        assert world.entries() == 3


@rule(20, "What is too large is cut off and named")
async def too_large(world: World) -> None:
    world.fetch["max_body"] = "100KB"
    world.site(FEED, says(packed(b" " * 5_000_000 + rss([1])), Content_Encoding="gzip"))
    await world.poll()
    assert world.feed().last_error == "the body is larger than 100,000 bytes unpacked"


@rule(21, "A-IM is not sent, and a 226 that comes nevertheless is no document")
async def instance_manipulation(world: World) -> None:
    world.site(FEED, says(rss([1]), 226))
    await world.poll()
    assert world.of()[0]["a-im"] is None
    assert world.entries() == 0
