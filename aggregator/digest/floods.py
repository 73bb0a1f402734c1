"""What a feed brings when it is read for the first time is mostly archive, not news. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from aggregator.model import Entry


def archive_of_new_feeds(
    entries: Iterable[Entry], seen_before: Mapping[int, datetime | None], *, news: int
) -> frozenset[int]:
    """Ids of the entries that came with their feed's first poll and are not among its `news` newest.

    `seen_before` is the last good poll of each entry's feed that did not have it: None for a first poll.
    """
    first: defaultdict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if seen_before.get(entry.id) is None:
            first[entry.feed_id].append(entry)
    return frozenset(entry.id for held in first.values() for entry in newest_first(held)[news:])


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """By claimed time, the undated last; equals in the feed's own order, which begins with the newest."""
    return sorted(entries, key=lambda entry: (-(entry.published.timestamp() if entry.published else 0.0), entry.id))
