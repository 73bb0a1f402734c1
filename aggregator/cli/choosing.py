"""From an address that someone typed to the one feed that they mean.

What was found is shown on standard error, so that standard output holds only what was done.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from aggregator.cli.context import Context, warn, without_secrets
from aggregator.errors import AggregatorError, UsageError

if TYPE_CHECKING:
    from aggregator.fetch.discover import Candidate, Discovery
    from aggregator.fetch.request import Getter, Request
    from aggregator.model import Fetched, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed's address, and its document where that was fetched on the way."""

    url: str
    document: Fetched | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How time goes, and when each host was asked last: handed to one search after another, it keeps them apart."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    last_starts: dict[str, float] = field(default_factory=dict)


def find_feed(context: Context, address: str, pick: int | None, pace: Pace) -> Found:
    """The feed that is meant: `address` itself, the only feed that its page names, or the chosen one (`pick` from 1).

    Raises AggregatorError when there is none, UsageError when there are several and nobody chooses.
    """
    discovery, asked = asyncio.run(_discover(context, address, pace))
    if discovery.feed is not None:
        warn(f"{without_secrets(address)}: {_title(context, discovery.feed)}")
        # A temporary redirect is followed and never stored (etiquette 19), hence not `discovery.url`.
        return Found(url=discovery.feed.permanent_url or asked, document=discovery.feed)
    if not discovery.candidates:
        raise AggregatorError(f"{without_secrets(address)}: {discovery.problem}")
    return Found(url=_choose(discovery.candidates, address, pick).url)


class _LastAsked:
    """A getter that remembers the last address it was asked for: the one at which the feed stands, redirects aside."""

    def __init__(self, getter: Getter, address: str) -> None:
        self.getter = getter
        self.address = address

    async def get(self, request: Request) -> Outcome:
        self.address = request.url
        return await self.getter.get(request)


async def _discover(context: Context, address: str, pace: Pace) -> tuple[Discovery, str]:
    from aggregator.fetch.client import Client  # noqa: PLC0415  (aiohttp is dear)
    from aggregator.fetch.discover import discover  # noqa: PLC0415
    from aggregator.fetch.hosts import Hosts  # noqa: PLC0415

    async with Client(context.config.fetch) as client:
        settings = context.config.fetch
        polite = Hosts(client, settings, clock=pace.clock, sleep=pace.sleep, last_starts=pace.last_starts)
        getter = _LastAsked(polite, address)
        return await discover(getter, address), getter.address


def _title(context: Context, document: Fetched) -> str:
    """What the feed calls itself. Raises AggregatorError when it only looks like a feed."""
    from aggregator.model import Unreadable  # noqa: PLC0415
    from aggregator.parse.feed import parse  # noqa: PLC0415  (feedparser is dear)

    parsed = parse(
        document.body,
        content_type=document.content_type,
        url=document.url,
        now=context.now,
        max_entries=context.config.fetch.max_entries,
    )
    if isinstance(parsed, Unreadable):
        raise AggregatorError(f"{without_secrets(document.url)}: {parsed.reason}")
    return f"{parsed.title or '(untitled)'} ({parsed.format}, {len(parsed.entries)} entries)"


def _choose(candidates: Sequence[Candidate], address: str, pick: int | None) -> Candidate:
    for number, candidate in enumerate(candidates, start=1):
        title = " ".join(candidate.title.split()) or "(untitled)"
        warn(f"{number:3}  {title}  {without_secrets(candidate.url)}  ({candidate.format})")
    if pick is None and len(candidates) == 1:
        return candidates[0]
    if pick is None and sys.stdin.isatty() and sys.stderr.isatty():
        pick = _asked()
    if pick is None:
        raise UsageError(f"{without_secrets(address)} has {len(candidates)} feeds: choose with --pick N")
    if not 1 <= pick <= len(candidates):
        raise UsageError(f"{without_secrets(address)} has feeds 1 to {len(candidates)}, not {pick}")
    return candidates[pick - 1]


def _asked() -> int:
    """The number that someone types. typer's own prompt would print a blank on standard output."""
    typer.echo("Which one? ", nl=False, err=True)
    answer = sys.stdin.readline().strip()
    if not answer.isdecimal():
        raise UsageError("nothing was chosen")
    return int(answer)
