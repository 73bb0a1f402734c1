"""Manners per host, with a clock that only the waiting itself moves."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest

from aggregator.config import Fetch
from aggregator.fetch.hosts import Hosts, host_key
from aggregator.fetch.request import Request
from aggregator.model import FailureKind, Fetched, FetchFailed, Outcome, ServerHints


class Clock:
    """Monotonic seconds; sleeping moves them and lets others run."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        until = self.seconds + seconds
        await asyncio.sleep(0)
        self.seconds = max(self.seconds, until)


class Web:
    """Answers from a dictionary; keeps when each URL was asked and how many were at once under one key."""

    def __init__(self, clock: Clock, answers: dict[str, Outcome] | None = None) -> None:
        self.clock, self.answers = clock, answers or {}
        self.starts: list[tuple[str, float]] = []
        self.running = self.most = 0

    async def get(self, request: Request) -> Outcome:
        self.starts.append((request.url, self.clock()))
        self.running += 1
        self.most = max(self.most, self.running)
        for _ in range(3):
            await asyncio.sleep(0)
        self.running -= 1
        return self.answers.get(request.url, Fetched(url=request.url, status=200, body=b"x"))


def ask(urls: list[str], answers: dict[str, Outcome] | None = None, **values: object) -> tuple[Web, list[Outcome]]:
    """Ask for all at once."""

    async def run() -> tuple[Web, list[Outcome]]:
        clock = Clock()
        web = Web(clock, answers)
        hosts = Hosts(web, Fetch.model_validate(values), clock=clock, sleep=clock.sleep)
        return web, list(await asyncio.gather(*(hosts.get(Request(url=url)) for url in urls)))

    return asyncio.run(run())


def gaps(web: Web) -> list[float]:
    times = [time for _, time in web.starts]
    return [later - sooner for sooner, later in itertools.pairwise(times)]


def test_one_host_gets_one_request_at_a_time_and_starts_apart() -> None:
    web, _ = ask([f"http://paper.example/{number}" for number in range(4)], host_delay="5s")
    assert web.most == 1
    assert all(gap >= 5 for gap in gaps(web))


def test_two_connections_to_a_host_still_start_apart() -> None:
    web, _ = ask([f"http://paper.example/{number}" for number in range(4)], host_delay="5s", per_host=2)
    assert web.most <= 2
    assert all(gap >= 5 for gap in gaps(web))


def test_different_hosts_do_not_wait_for_each_other() -> None:
    web, _ = ask([f"http://paper{number}.example/" for number in range(4)])
    assert gaps(web) == [0, 0, 0]


def test_blogs_of_one_farm_share_their_host() -> None:
    web, _ = ask(["http://a.tumblr.com/rss", "http://b.tumblr.com/rss"], host_delay="5s")
    assert gaps(web)[0] >= 5


def test_machines_of_our_own_are_asked_without_delay_but_one_at_a_time() -> None:
    web, _ = ask([f"http://127.0.0.1:8000/{number}" for number in range(3)], allow_private=("127.0.0.0/8",))
    assert gaps(web) == [0, 0]
    assert web.most == 1


def limited(retry_after: timedelta | None) -> FetchFailed:
    return FetchFailed(kind=FailureKind.RATE_LIMITED, detail="429", hints=ServerHints(retry_after=retry_after))


def test_a_429_with_retry_after_speaks_for_the_whole_host() -> None:
    urls = ["http://paper.example/1", "http://paper.example/2", "http://other.example/"]
    web, outcomes = ask(urls, {urls[0]: limited(timedelta(hours=1))})
    assert [url for url, _ in web.starts] == [urls[0], urls[2]]
    held = outcomes[1]
    assert isinstance(held, FetchFailed)
    assert held.kind is FailureKind.HELD
    assert held.hints.retry_after == timedelta(hours=1)


def test_a_429_without_a_time_closes_the_host_for_hours() -> None:
    web, (_, held) = ask(
        ["http://paper.example/1", "http://paper.example/2"], {"http://paper.example/1": limited(None)}
    )
    assert len(web.starts) == 1
    assert isinstance(held, FetchFailed)
    assert held.hints.retry_after == timedelta(hours=4)


def test_a_429_of_our_own_machine_speaks_for_one_feed() -> None:
    first, second = "http://127.0.0.1/1", "http://127.0.0.1/2"
    web, _ = ask([first, second], {first: limited(timedelta(hours=1))}, allow_private=("127.0.0.0/8",))
    assert len(web.starts) == 2


def test_what_an_earlier_run_has_heard_and_done_is_remembered() -> None:
    async def run() -> tuple[Outcome, list[tuple[str, float]]]:
        clock = Clock()
        web = Web(clock)
        held, starts = {"held.example": clock() + 60}, {"paper.example": clock() - 2}
        hosts = Hosts(web, Fetch(), clock=clock, sleep=clock.sleep, held=held, last_starts=starts)
        outcome = await hosts.get(Request(url="http://held.example/feed"))
        await hosts.get(Request(url="http://paper.example/feed"))
        return outcome, web.starts

    outcome, starts = asyncio.run(run())
    assert isinstance(outcome, FetchFailed)
    assert outcome.kind is FailureKind.HELD
    assert starts == [("http://paper.example/feed", 1003.0)]


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://Paper.example/feed", "paper.example"),
        ("https://paper.example/", "paper.example"),
        ("http://paper.example:8080/", "paper.example:8080"),
        ("https://a.substack.com/feed", "substack.com"),
        ("http://a.blogspot.co.uk/feeds", "blogspot.com"),
        ("http://a.blogspot.de/feeds", "blogspot.com"),
        ("https://nottumblr.com/", "nottumblr.com"),
    ],
)
def test_the_key_of_a_host(url: str, key: str) -> None:
    assert host_key(url) == key


def test_hosts_with_nothing_to_remember_are_forgotten() -> None:
    async def run() -> int:
        clock = Clock()
        hosts = Hosts(Web(clock), Fetch(), clock=clock, sleep=clock.sleep)
        for number in range(5000):
            await hosts.get(Request(url=f"http://paper{number}.example/"))
            clock.seconds += 10
        return len(hosts._hosts)

    assert asyncio.run(run()) < 4200
