"""How a run asks: what each feed's request says, when each began, and how a run that is to stop begins no other."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aggregator.config import FeedTable
from aggregator.config_file import secret
from aggregator.fetch.client import Client
from aggregator.fetch.guard import Target, target
from aggregator.fetch.hosts import Hosts, hold_after, host_key
from aggregator.fetch.request import Getter, Request, authorization
from aggregator.fetch.room import Room
from aggregator.model import Feed, Outcome
from aggregator.pipeline.app import App
from aggregator.polling import ask_conditionally, is_own_host
from aggregator.store import holds

MINUTE = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Watch:
    """A run's clock: how long it has lasted, when each address was asked, when each host was asked last.

    `last_starts` may outlive the run: the next one then keeps its distance from this one's last requests.
    """

    clock: Callable[[], float] = time.monotonic
    last_starts: dict[str, float] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    room: Room = field(default_factory=Room)
    """Where the run's large bodies stand."""
    start: float = 0.0

    def __post_init__(self) -> None:
        self.start = self.clock()

    def starting(self, request: Request) -> None:
        """Note that a request begins now."""
        self.begun[request.url] = self.last_starts[host_key(request.url)] = self.clock()

    def moment(self, now: datetime) -> datetime:
        """The present time of a run that began at `now`, in whole minutes of its length.

        Many feeds of one host take long, and what is planned from the run's first moment would come due too soon. What
        came within a minute came together: in which order we ask says nothing about who published first.
        """
        return now + timedelta(seconds=self.clock() - self.start) // MINUTE * MINUTE

    def asked_at(self, url: str, now: datetime) -> datetime:
        """When `url` was asked in a run that began at `now`."""
        return now + timedelta(seconds=self.begun.get(url, self.start) - self.start)


def never() -> bool:
    """Nobody asks the run to stop."""
    return False


class StoppingError(Exception):
    """The run is to stop and this request was not begun."""


@dataclass(frozen=True, slots=True)
class Halting:
    """A Getter that begins no request once the run is to stop."""

    inner: Getter
    stopping: Callable[[], bool]

    async def get(self, request: Request) -> Outcome:
        """The inner outcome. Raises StoppingError."""
        if self.stopping():
            raise StoppingError
        return await self.inner.get(request)

    async def sleep(self, seconds: float) -> None:
        """Wait for a host's turn, a second at a time. Raises StoppingError."""
        while seconds > 0 and not self.stopping():
            await asyncio.sleep(min(seconds, 1.0))
            seconds -= 1.0
        if self.stopping():
            raise StoppingError


@asynccontextmanager
async def polite_web(
    app: App,
    watch: Watch,
    stopping: Callable[[], bool] = never,
    sleep: Callable[[float], Awaitable[None]] | None = None,
) -> AsyncIterator[Getter]:
    """The web as a run sees it: guarded, one at a time for each host, holds of earlier runs remembered."""
    held = {
        host: watch.start + (until - app.now).total_seconds()
        for host, until in holds.held(app.database, now=app.now).items()
    }
    async with Client(app.config.fetch, watch.starting, watch.room) as client:
        halting = Halting(client, stopping)
        yield Hosts(
            halting,
            app.config.fetch,
            clock=watch.clock,
            sleep=sleep or halting.sleep,
            held=held,
            last_starts=watch.last_starts,
        )


def hear(app: App, url: str, outcome: Outcome) -> None:
    """Keep a host's 429, so that none of its feeds is asked by any process before the time."""
    wait = hold_after(outcome)
    if wait is not None and not is_own_host(url, app.config.fetch.allow_private):
        holds.hold(app.database, host_key(url), app.now + wait, now=app.now)


def request(app: App, feed: Feed, settings: FeedTable | None) -> Request:
    """The conditional request for a feed, with what its table in the config adds.

    Headers and credentials are for the address that the config names them beside: a feed that has moved elsewhere is
    asked without. Raises UsageError when a secret is not where the config says.
    """
    at_home = settings is not None and (settings.url == feed.url or origin(settings.url) == origin(feed.url))
    asked = Request(url=feed.url, validators=feed.validators, conditional=ask_conditionally(feed, now=app.now))
    if settings is None:
        return asked
    asked = replace(asked, proxy=settings.proxy, agent=settings.user_agent)
    return logged_in(asked, settings) if settings.has_login and at_home else asked


def logged_in(asked: Request, settings: FeedTable) -> Request:
    """The request with the feed's own headers, login and cookies. Raises UsageError when a secret is not there."""
    login = secret(os.environ, env=settings.auth_env, file=settings.auth_file)
    return replace(
        asked,
        headers=tuple(settings.headers.items()),
        authorization=None if login is None else authorization(login),
        cookie=secret(os.environ, env=settings.cookie_env, file=settings.cookie_file),
    )


def origin(url: str) -> tuple[str, str, int] | str:
    """What credentials belong to (RFC 6454); of an address that cannot be asked, itself."""
    goal = target(url)
    return goal.origin if isinstance(goal, Target) else url
