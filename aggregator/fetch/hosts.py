"""Politeness per host: few connections, starts apart, and a 429 heard by all feeds of the same host.

The clock is monotonic seconds and is passed in, like the sleep, so that a test needs no time. One object per
event loop; whatever has its `get` may stand inside it, and it may stand wherever a `Getter` is wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from aggregator.config import Fetch
from aggregator.fetch.guard import Target, is_private, target
from aggregator.fetch.request import Getter, Request
from aggregator.model import FailureKind, FetchFailed, Outcome, ServerHints
from aggregator.polling import FIRST_REFUSAL, LONGEST_PROMISE

FARMS = frozenset(
    "tumblr.com blogspot.com substack.com medium.com wordpress.com livejournal.com dreamwidth.org typepad.com "
    "blogger.com github.io gitlab.io ghost.io beehiiv.com hatenablog.com hatenablog.jp over-blog.com weebly.com "
    "wixsite.com squarespace.com bearblog.dev micro.blog write.as neocities.org feedburner.com".split()
)
"""Registrable domains under which every blog has a host name of its own but all share one server."""

MOST_IDLE_HOSTS = 4096
"""Hosts remembered before those with nothing to remember are dropped; a hundred bytes each."""


class _Host:
    """One server's slots, and how many requests stand at them."""

    __slots__ = ("slots", "waiting")

    def __init__(self, slots: int) -> None:
        self.slots = asyncio.Semaphore(slots)
        self.waiting = 0


def host_key(url: str) -> str:
    """What shares one server's patience: the registrable domain for known farms, else the host, with an odd port."""
    goal = target(url)
    if not isinstance(goal, Target):
        return url
    labels = goal.host.rstrip(".").split(".")
    if labels[-2:-1] == ["blogspot"] or labels[-3:-2] == ["blogspot"]:
        return "blogspot.com"  # one farm under many country domains
    farm = ".".join(labels[-2:])
    if farm in FARMS:
        return farm
    return goal.host if goal.port in {80, 443} else f"{goal.host}:{goal.port}"


def hold_after(outcome: Outcome) -> timedelta | None:
    """How long an answer closes its host to us: what a 429 asks for, four hours where it names no time."""
    if not isinstance(outcome, FetchFailed) or outcome.kind is not FailureKind.RATE_LIMITED:
        return None
    return min(outcome.hints.retry_after or FIRST_REFUSAL, LONGEST_PROMISE)


class Hosts:
    """A Getter around a Getter that keeps the manners of etiquette rules 14 and 15.

    At most `per_host` requests at once and `host_delay` between starts per host; machines of our own (inside
    `allow_private`) are exempt from the delay, and there a 429 speaks for its own feed only. `held` are holds that an
    earlier run has heard of, in seconds of `clock`; `last_starts` may outlive the object, so that the next one knows.
    """

    def __init__(
        self,
        inner: Getter,
        settings: Fetch,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        held: Mapping[str, float] | None = None,
        last_starts: dict[str, float] | None = None,
    ) -> None:
        self._inner, self._settings, self._clock, self._sleep = inner, settings, clock, sleep
        self._hosts: dict[str, _Host] = {}
        self._last_starts = {} if last_starts is None else last_starts
        self._held = dict(held or {})

    async def get(self, request: Request) -> Outcome:
        """The inner outcome, in the host's turn; HELD without asking while the host holds us off."""
        key = host_key(request.url)
        host = self._host(key)
        host.waiting += 1
        try:
            async with host.slots:
                held = self.held(request.url)
                if held is None:
                    await self._turn(key, request.url)
                    return self._heard(key, request.url, await self._inner.get(request))
        finally:
            host.waiting -= 1
        return FetchFailed(
            kind=FailureKind.HELD,
            detail="not asked: the host limits our requests (429 to another of its feeds)",
            hints=ServerHints(retry_after=held),
        )

    def held(self, url: str) -> timedelta | None:
        """How much longer a 429 keeps this URL's host closed to us; None when it is open."""
        left = self._held.get(host_key(url), 0.0) - self._clock()
        return timedelta(seconds=left) if left > 0 and not self.is_ours(url) else None

    async def _turn(self, key: str, url: str) -> None:
        """Wait until `host_delay` after the start before; the start is booked first, so that starts stay apart."""
        if self.is_ours(url):
            return
        now, delay = self._clock(), self._settings.host_delay.total_seconds()
        start = max(now, self._last_starts.get(key, now - delay) + delay)
        self._last_starts[key] = start
        if start > now:
            await self._sleep(start - now)

    def _heard(self, key: str, url: str, outcome: Outcome) -> Outcome:
        """Note a 429 for the whole host (FreshRSS #7880: not on hosts of our own)."""
        wait = hold_after(outcome)
        if wait is not None and not self.is_ours(url):
            self._held[key] = max(self._held.get(key, 0.0), self._clock() + wait.total_seconds())
        return outcome

    def is_ours(self, url: str) -> bool:
        """Whether `url` names a machine of our own by its literal address."""
        goal = target(url)
        return isinstance(goal, Target) and is_private(goal.host, self._settings.allow_private)

    def _host(self, key: str) -> _Host:
        if key not in self._hosts and len(self._hosts) >= MOST_IDLE_HOSTS:
            self._forget()
        return self._hosts.setdefault(key, _Host(self._settings.per_host))

    def _forget(self) -> None:
        """Drop what there is no need to remember."""
        now, delay = self._clock(), self._settings.host_delay.total_seconds()
        self._hosts = {key: host for key, host in self._hosts.items() if host.waiting}
        for key in [key for key, start in self._last_starts.items() if start + delay <= now]:
            del self._last_starts[key]
        self._held = {key: until for key, until in self._held.items() if until > now}
