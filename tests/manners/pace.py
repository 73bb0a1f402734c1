"""Rules 9 to 14 and 27: how often, and how far apart."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta
from email.utils import format_datetime

from tests.manners.sheet import rule
from tests.manners.web import DAY, FEED, HOUR, MINUTE, START, Answer, Ask, Site, World, document, gaps, rss, says


@rule(9, "The default is an hour, and never less than a quarter of one without being told")
async def floor(world: World) -> None:
    world.site(FEED, document(rss([1])))
    world.site("http://fast.example/feed", document(rss([1])), interval="1m")
    await world.live(6 * HOUR)
    assert min(gaps(world.of())) >= HOUR
    fast = gaps(world.of("http://fast.example/feed"))
    assert len(fast) > 15
    assert min(fast) >= 15 * MINUTE


@rule(9, "A lower floor must be named; machines of our own have none, and no distance either")
async def named_floor(world: World) -> None:
    world.fetch |= {"min_interval": "5m", "allow_private": ("127.0.0.1",)}
    ours = [f"http://127.0.0.1:{port}/feed" for port in (8001, 8002)]
    ours.append("http://127.0.0.1:8001/second")
    for url in (FEED, *ours):
        world.site(url, document(rss([1])), interval="1m")
    await world.live(HOUR / 2)
    assert 5 * MINUTE <= min(gaps(world.of())) < 6 * MINUTE
    assert MINUTE <= min(gaps(world.of(ours[0]))) < 2 * MINUTE
    at_home = [time for time, url in world.starts if url in ours]
    assert at_home[0] == at_home[1] == at_home[2]


@rule(9, "Due times outlive the program: a restart asks nobody before the time")
async def restart(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.poll()
    for _ in range(5):
        world.clock.now += 5 * MINUTE
        world.restart()
        await world.poll()
    assert len(world.of()) == 1


@rule(9, "A poll by hand obeys the floor, Retry-After, back-off and 410")
async def by_hand(world: World) -> None:
    world.site(FEED, document(rss([1])))
    world.site("http://gone.example/feed", says(b"", 410))
    world.site("http://busy.example/feed", says(b"", 503, Retry_After="7200"))
    world.site("http://broken.example/feed", says(b"", 500))
    for _ in range(6):
        await world.poll(everything=True)
        world.clock.now += 10 * MINUTE
    assert len(world.of()) == 3
    assert {url: len(world.of(url)) for url in world.sites if url != FEED} == dict.fromkeys(list(world.sites)[1:], 1)


@rule(10, "The longest wish wins: max-age less Age, Expires by the server's clock, ttl, sy:updatePeriod")
async def longest_wish(world: World) -> None:
    skewed = START + 400 * DAY
    expires = {"Date": format_datetime(skewed, usegmt=True), "Expires": format_datetime(skewed + 3 * HOUR, usegmt=True)}
    rdf = rss(
        [1], head="<sy:updatePeriod xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>daily</sy:updatePeriod>"
    )
    wishes = {
        "http://age.example/feed": (says(rss([1]), Cache_Control="max-age=14400", Age="3600"), 3 * HOUR),
        "http://expires.example/feed": (says(rss([1]), **expires), 3 * HOUR),
        "http://ttl.example/feed": (says(rss([1], head="<ttl>300</ttl>")), 5 * HOUR),
        "http://period.example/feed": (says(rdf), DAY),
        "http://most.example/feed": (says(rss([1], head="<ttl>180</ttl>"), Cache_Control="max-age=28800"), 8 * HOUR),
        "http://no-cache.example/feed": (says(rss([1]), Cache_Control="no-cache, max-age=28800"), HOUR),
        "http://month.example/feed": (says(rss([1]), Cache_Control="max-age=2592000"), 7 * DAY),
    }
    for url, (site, _) in wishes.items():
        world.site(url, site)
    await world.live(16 * DAY)
    for url, (_, wish) in wishes.items():
        assert wish <= min(gaps(world.of(url))) < wish * 1.2 + HOUR, url


@rule(
    10, "sy:updateFrequency divides the period; unknown periods, nought and negative numbers are no wish; a day at most"
)
async def odd_wishes(world: World) -> None:
    def wishing(period: str, often: str) -> Site:
        module = "xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
        head = f"<sy:updatePeriod {module}>{period}</sy:updatePeriod>"
        return says(rss([1], head=f"{head}<sy:updateFrequency {module}>{often}</sy:updateFrequency>"))

    wishes = {
        "http://twice.example/feed": (wishing("daily", "2"), {}, 12 * HOUR),
        "http://always.example/feed": (wishing("always", "1"), {}, HOUR),
        "http://whenever.example/feed": (wishing("fortnightly", "1"), {}, HOUR),
        "http://nought.example/feed": (wishing("hourly", "0"), {}, HOUR),
        "http://negative.example/feed": (wishing("hourly", "-2"), {}, HOUR),
        "http://never.example/feed": (says(rss([1], head="<ttl>-60</ttl>")), {}, HOUR),
        "http://own.example/feed": (says(rss([1])), {"interval": "48h"}, DAY),
    }
    for url, (site, settings, _) in wishes.items():
        world.site(url, site, **settings)
    await world.live(3 * DAY)
    for url, (_, _, wish) in wishes.items():
        assert wish <= min(gaps(world.of(url))[1:]) < wish * 1.2 + 10 * MINUTE, url


@rule(11, "skipHours and skipDays are kept; lists that skip everything are mistakes")
async def skipped(world: World) -> None:
    night = "".join(f"<hour>{hour}</hour>" for hour in (0, 1, 2, 3, 4, 5, 22, 23))
    days = "<skipDays><day>Saturday</day><day>Sunday</day></skipDays>"
    world.site(FEED, document(rss([1], head=f"<skipHours>{night}</skipHours>{days}")), interval="60m")
    every = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    world.site("http://never.example/feed", document(rss([1], head=f"<skipHours>{every}</skipHours>")), interval="60m")
    await world.live(8 * DAY)
    asked = world.of()
    assert len(asked) > 40
    assert all(6 <= ask.at.hour < 22 and ask.at.weekday() < 5 for ask in asked)
    assert len(world.of("http://never.example/feed")) > 40


def publishes(every: timedelta, shown: int = 10) -> Site:
    """A feed of the last few items that publishes one so often."""

    def site(ask: Ask) -> Answer:
        newest = 100 + (ask.at - START) // every
        return Answer(body=rss(range(newest, newest - shown, -1)))

    return site


@rule(12, "Who publishes little is asked less and less, within six hours while it lives")
async def slower(world: World) -> None:
    world.site(FEED, publishes(8 * HOUR))
    await world.live(20 * DAY)
    asked = gaps(world.of())
    assert HOUR <= asked[1] < 80 * MINUTE
    assert 6 * HOUR <= asked[-1] < 7 * HOUR
    assert sorted(asked[1:]) == asked[1:] or max(asked) < 7 * HOUR


@rule(12, "After a month without news a feed is asked once a day at the least")
async def idle(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.live(60 * DAY)
    assert DAY <= gaps(world.of())[-1] < 27 * HOUR
    assert world.feed().next_poll_why == "every 24 h"


@rule(12, "Who publishes more than its feed holds is asked sooner, down to the floor")
async def faster(world: World) -> None:
    world.site(FEED, publishes(2 * MINUTE))
    await world.live(DAY)
    assert 15 * MINUTE <= gaps(world.of())[-1] < 20 * MINUTE


@rule(12, "An interval of one's own is not adapted")
async def own_interval(world: World) -> None:
    world.site(FEED, document(rss([1])), interval="2h")
    await world.live(10 * DAY)
    assert max(gaps(world.of())[1:]) < 2.3 * HOUR


@rule(13, "Feeds that start together are spread over the interval, and keep their phase")
async def spread(world: World) -> None:
    urls = [f"http://paper{number}.example/feed" for number in range(60)]
    for url in urls:
        world.site(url, document(rss([1])), interval="60m")
    await world.live(5 * HOUR)
    second = [world.of(url)[1].at - START for url in urls]
    quarters = Counter((time - HOUR) // (15 * MINUTE) for time in second)
    assert set(quarters) == {0, 1, 2, 3}
    assert max(quarters.values()) < 30
    for url in urls:
        assert max(gaps(world.of(url))[1:]) - min(gaps(world.of(url))[1:]) < MINUTE


@rule(14, "One connection and five seconds between starts for a host; a blog farm is one host")
async def one_host(world: World) -> None:
    farm = [f"http://blog{number}.tumblr.com/rss" for number in range(6)]
    paper = [f"http://paper.example/{number}.xml" for number in range(6)]
    for url in (*farm, *paper):
        world.site(url, document(rss([1])))
    await world.live(3 * HOUR)
    for urls in (farm, paper):
        starts = [time for time, url in world.starts if url in urls]
        assert min(later - sooner for sooner, later in itertools.pairwise(starts)) >= 5


@rule(14, "The distance is kept from one run to the next")
async def between_runs(world: World) -> None:
    world.site("http://paper.example/a", document(rss([1])))
    await world.poll()
    world.site("http://paper.example/b", document(rss([1])))
    await world.poll()
    assert world.asked[1].at - world.asked[0].at >= timedelta(seconds=5)


@rule(14, "An address that the config has twice is fetched once")
async def listed_twice(world: World) -> None:
    world.site(FEED, document(rss([1])))
    world.subscribed.append({"url": FEED, "category": "again"})
    await world.live(30 * MINUTE)
    assert len(world.of()) == 1


@rule(27, "A clock that jumps forward runs each feed once; one that jumps back causes no burst")
async def jumps(world: World) -> None:
    world.site(FEED, document(rss([1])))
    await world.poll()
    world.clock.now += 400 * DAY
    for _ in range(3):
        await world.poll()
    assert len(world.of()) == 2
    world.clock.now -= 400 * DAY - HOUR
    for _ in range(3):
        await world.poll()
    assert len(world.of()) == 3


@rule(27, "Durations are measured by the server's own clock, however wrong that is")
async def servers_clock(world: World) -> None:
    wrong = START - 900 * DAY
    stamps = {
        "Date": format_datetime(wrong, usegmt=True),
        "Retry_After": format_datetime(wrong + 5 * HOUR, usegmt=True),
    }
    world.site(FEED, says(b"", 503, **stamps))
    await world.live(6 * HOUR)
    assert 5 * HOUR <= gaps(world.of())[0] < 6 * HOUR
