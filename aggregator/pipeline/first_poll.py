"""The first poll of feeds whose documents are at hand: who adds a feed has fetched it, and that is the one request."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from aggregator.fetch.request import Request
from aggregator.model import Fetched
from aggregator.pipeline.app import App
from aggregator.pipeline.asking import Watch
from aggregator.pipeline.full_text import wants_full_text
from aggregator.pipeline.refresh import Polled, Run, flush, poll
from aggregator.store import feeds


@dataclass(frozen=True, slots=True)
class AtHand:
    """A Getter of what has been fetched already; the address at which it was kept is no redirect any more."""

    documents: Mapping[str, Fetched]

    async def get(self, request: Request) -> Fetched:
        """The document of a feed."""
        return replace(self.documents[request.url], permanent_url=None)


def poll_first(app: App, documents: Mapping[str, Fetched]) -> tuple[Polled, ...]:
    """Save the documents, by the addresses of feeds that the config has and nobody polled yet, as those feeds' polls.

    Feeds that want their articles' pages are left to a poll that can ask for them. Raises StoreError.
    """
    feeds.sync(app.database, app.config.feeds, now=app.now)
    tables = {table.url: table for table in app.config.feeds}
    wanted = {url for url in documents if not wants_full_text(app.config, tables.get(url))}
    fresh = [one for one in feeds.all_feeds(app.database) if one.url in wanted and one.last_attempt is None]
    settings = {one.id: tables.get(one.url) for one in fresh}
    run = Run(app=app, web=AtHand(documents), watch=Watch(), settings=settings)

    async def each() -> tuple[Polled, ...]:
        polled = [await poll(run, one) for one in fresh]
        flush(run)
        return tuple(one for one in polled if isinstance(one, Polled))

    return asyncio.run(each())
