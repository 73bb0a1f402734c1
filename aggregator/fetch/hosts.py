"""Politeness per host: few connections, starts apart, and a 429 heard by all feeds of the same host.

The clock is monotonic seconds and is passed in, like the sleep, so that a test needs no time. One object per
event loop; whatever has its `get` may stand inside it, and it may stand wherever a `Getter` is wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aggregator.config import Fetch
from aggregator.fetch.guard import Target, is_private, target
from aggregator.fetch.request import Getter, Request
from aggregator.model import FailureKind, FetchFailed, Outcome, ServerHints

FARMS = frozenset(
    "tumblr.com blogspot.com substack.com medium.com wordpress.com livejournal.com dreamwidth.org typepad.com "
    "blogger.com github.io gitlab.io ghost.io beehiiv.com hatenablog.com hatenablog.jp over-blog.com weebly.com "
    "wixsite.com squarespace.com bearblog.dev micro.blog write.as neocities.org feedburner.com".split()
)
"""Registrable domains under which every blog has a host name of its own but all share one server."""

MOST_IDLE_HOSTS = 4096
"""Hosts remembered before those with nothing to remember are dropped; a hundred bytes each."""

LONGEST_HOLD = timedelta(days=7)
"""How long one 429 can hold a host's other feeds; `polling` honours no longer promise either."""


class _Host:
    """One server's slots and the clock's reading before which nothing new starts."""

    __slots__ = ("held_until", "next_start", "slots", "waiting")

    def __init__(self, slots: int) -> None:
        self.slots = asyncio.Semaphore(slots)
        self.next_start = 0.0
        self.held_until = 0.0
        self.waiting = 0


def host_key(url: str) -> str:
    """What shares one server's patience: the registrable domain for known farms, else the host with its port."""
    goal = target(url)
    if not isinstance(goal, Target):
        return url
    labels = goal.host.rstrip(".").split(".")
    if labels[-2:-1] == ["blogspot"] or labels[-3:-2] == ["blogspot"]:
        return "blogspot.com"  # one farm under many country domains
    farm = ".".join(labels[-2:])
    return farm if farm in FARMS else f"{goal.host}:{goal.port}"


class Hosts:
    """A Getter around a Getter that keeps the manners of etiquette rules 14 and 15.

    At most `per_host` requests at once and `host_delay` between starts per host; machines of our own (inside
    `allow_private`) are exempt from the delay, and there a 429 speaks for its own feed only.
    """

    def __init__(
        self,
        inner: Getter,
        settings: Fetch,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inner, self._settings, self._clock, self._sleep = inner, settings, clock, sleep
        self._hosts: dict[str, _Host] = {}

    async def get(self, request: Request) -> Outcome:
        """The inner outcome, in the host's turn; RATE_LIMITED without asking while the host holds us off."""
        host = self._host(request.url)
        host.waiting += 1
        try:
            async with host.slots:
                held = self.held(request.url)
                if held is None:
                    await self._turn(host, request.url)
                    return self._heard(host, request.url, await self._inner.get(request))
        finally:
            host.waiting -= 1
        return FetchFailed(
            kind=FailureKind.RATE_LIMITED,
            detail="not asked: the host limits our requests (429 to another of its feeds)",
            hints=ServerHints(retry_after=held),
        )

    def held(self, url: str) -> timedelta | None:
        """How much longer a 429 keeps this URL's host closed to us; None when it is open."""
        host = self._hosts.get(host_key(url))
        left = 0.0 if host is None else host.held_until - self._clock()
        return timedelta(seconds=left) if left > 0 else None

    async def _turn(self, host: _Host, url: str) -> None:
        """Wait until `host_delay` after the start before; the start is booked first, so that starts stay apart."""
        if self._is_ours(url):
            return
        now = self._clock()
        start = max(now, host.next_start)
        host.next_start = start + self._settings.host_delay.total_seconds()
        if start > now:
            await self._sleep(start - now)

    def _heard(self, host: _Host, url: str, outcome: Outcome) -> Outcome:
        """Note a 429's Retry-After for the whole host (FreshRSS #7880: not on hosts of our own)."""
        if isinstance(outcome, FetchFailed) and outcome.kind is FailureKind.RATE_LIMITED and not self._is_ours(url):
            wait = min(outcome.hints.retry_after or timedelta(0), LONGEST_HOLD)
            host.held_until = max(host.held_until, self._clock() + wait.total_seconds())
        return outcome

    def _is_ours(self, url: str) -> bool:
        goal = target(url)
        return isinstance(goal, Target) and is_private(goal.host, self._settings.allow_private)

    def _host(self, url: str) -> _Host:
        key = host_key(url)
        if key not in self._hosts and len(self._hosts) >= MOST_IDLE_HOSTS:
            now = self._clock()
            self._hosts = {
                name: host
                for name, host in self._hosts.items()
                if host.waiting or max(host.next_start, host.held_until) > now
            }
        return self._hosts.setdefault(key, _Host(self._settings.per_host))
