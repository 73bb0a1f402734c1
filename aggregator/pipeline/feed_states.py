"""Which feeds are not as they should be, and in what way. Pure but for `feed_states`, which reads the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from aggregator.digest.views import UNBELIEVABLE
from aggregator.model import Feed
from aggregator.pipeline.app import App
from aggregator.render.records import Ailment, FeedState
from aggregator.store import feeds, windows

MEMORY = timedelta(days=90)
"""How far back a feed's rhythm is learnt: a weekly feed then has a dozen arrivals."""
FEWEST = 6
"""Arrivals from which a rhythm can be told at all."""
PATIENCE, LEAST = 3, timedelta(days=1)
"""A feed is silent after so many times its usual longest gap, and never within a day."""
FROZEN = timedelta(days=30)
"""Nothing new for so long, though it answers: the matching window, after which it plays no part in any edition."""
ODD_DATES = timedelta(days=7)
"""The period over which unbelievable times are counted."""
AHEAD = timedelta(hours=1)
"""A claimed time may be so much later than our first sight of the entry: clocks differ, zones are mistaken."""


def feed_states(app: App, end: datetime) -> tuple[FeedState, ...]:
    """Every feed that is not as it should be, the worst first, once for each thing that is odd about it."""
    arrived = windows.arrivals(app.database, end - MEMORY)
    odd = windows.misdated(app.database, end - ODD_DATES, end, ahead=AHEAD, unbelievable=UNBELIEVABLE)
    configured = feeds.configured_urls(app.database)
    found = [
        state
        for feed in feeds.all_feeds(app.database)
        for state in ailments(
            feed, arrived.get(feed.id, ()), now=end, configured=configured.get(feed.id, feed.url), odd=odd[feed.id]
        )
    ]
    order = list(Ailment)
    return tuple(sorted(found, key=lambda state: (order.index(state.ailment), state.title, state.url)))


def rhythm(arrived: Sequence[datetime]) -> timedelta | None:
    """The gap that nine of ten gaps between arrivals stay within; None where there are too few to tell."""
    if len(arrived) < FEWEST:
        return None
    gaps = sorted(later - earlier for earlier, later in pairwise(arrived))
    return gaps[int(len(gaps) * 0.9)]


def ailments(feed: Feed, arrived: Sequence[datetime], *, now: datetime, configured: str, odd: int) -> list[FeedState]:
    """All that is odd about one feed."""
    usual = rhythm(arrived)
    kinds = [standing(feed, usual, now)]
    kinds += [Ailment.MOVED] if configured != feed.url else []
    kinds += [Ailment.REDATED] if odd else []
    return [
        FeedState(
            title=feed.title or configured,
            url=configured,
            ailment=kind,
            reason=feed.last_error or "",
            failures=feed.failures,
            last_success=feed.last_success,
            last_new=feed.last_new,
            rhythm=usual,
            moved_to=feed.url if kind is Ailment.MOVED else "",
            odd_dates=odd,
            next_poll=feed.next_poll_at,
        )
        for kind in kinds
        if kind is not None
    ]


def standing(feed: Feed, usual: timedelta | None, now: datetime) -> Ailment | None:
    """Gone, failing, frozen or silent; None when it is well."""
    if feed.gone:
        return Ailment.GONE
    if feed.failures:
        return Ailment.FAILING
    return quiet(now - feed.last_new, usual) if feed.last_new is not None else None


def quiet(since: timedelta, usual: timedelta | None) -> Ailment | None:
    """Whether nothing new for so long is too long."""
    if since > FROZEN and (usual is None or since > PATIENCE * usual):
        return Ailment.FROZEN
    return Ailment.SILENT if usual is not None and since > max(PATIENCE * usual, LEAST) else None
