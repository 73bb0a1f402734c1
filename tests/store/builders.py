"""Records that fill in all that a test is not about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aggregator.config import FeedTable
from aggregator.dedup.records import Fingerprint
from aggregator.model import Copy, Entry, Feed, FeedPlan, Piece, Role, Story
from aggregator.store import entries, feeds
from aggregator.store.database import Database
from aggregator.store.editions import EditionRecord, EditionStory
from aggregator.store.grouping import Grouping, save_grouping
from aggregator.stories.records import PieceVector

NOW = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONDAY = date(2026, 3, 2)


def table(address: str = "https://harbour.example/feed", **settings: Any) -> FeedTable:
    return FeedTable(url=address, **settings)


def listed(db: Database, *addresses: str, now: datetime = NOW) -> tuple[Feed, ...]:
    """Feeds with these addresses, stored."""
    feeds.sync(db, [table(address) for address in addresses or ("https://harbour.example/feed",)], now=now)
    return feeds.all_feeds(db)


def entry(feed: Feed, guid: str = "g1", **fields: Any) -> Entry:
    given: dict[str, Any] = {
        "feed_id": feed.id,
        "outlet": "harbour.example",
        "guid": guid,
        "link": f"https://harbour.example/{guid}?from=feed",
        "url": f"https://harbour.example/{guid}",
        "title": f"About {guid}",
        "first_seen": NOW,
        "text": f"The harbour master spoke about {guid}.",
        "digest": guid.encode("utf-8", "replace"),
    }
    return Entry(**(given | fields))


def plan(feed: Feed, *new: Entry, changed: Sequence[Entry] = (), status: str = "new", **feed_fields: Any) -> FeedPlan:
    """A good poll at NOW with the next one an hour later."""
    polled: dict[str, Any] = {"last_attempt": NOW, "last_success": NOW, "next_poll_at": NOW + HOUR}
    after = replace(feed, **(polled | feed_fields))
    return FeedPlan(feed=after, new=new, changed=tuple(changed), status=status, http_status=200, body_bytes=1000)


def saved(db: Database, feed_plan: FeedPlan, *, now: datetime = NOW) -> tuple[Entry, ...]:
    """Save the plan; the entries that it brought, as they are stored."""
    guids = {new.guid for new in feed_plan.new}
    before = {old.id for old in entries.known(db, feed_plan.feed.id, guids, ())}
    count = entries.save_plan(db, feed_plan, now=now, keep_log=30)
    new = tuple(each for each in entries.known(db, feed_plan.feed.id, guids, ()) if each.id not in before)
    assert len(new) == count
    return new


def stored(db: Database, *guids: str, **fields: Any) -> tuple[Entry, ...]:
    """New entries of one feed."""
    feed = listed(db)[0]
    return saved(db, plan(feed, *(entry(feed, guid, **fields) for guid in guids)))


def piece(founder: int, *others: int) -> Piece:
    """An original and its republications."""
    first = Copy(entry_id=founder, role=Role.ORIGINAL)
    rest = (Copy(entry_id=other, role=Role.REPUBLICATION, of=founder, jaccard=0.5) for other in others)
    return Piece(id=founder, original=founder, confidence=0.9, copies=(first, *rest))


def story(founder: int, *others: int, **fields: Any) -> Story:
    given: dict[str, Any] = {"first_at": NOW, "last_at": NOW}
    return Story(id=founder, pieces=(founder, *others), **(given | fields))


def grouped(db: Database, **parts: Any) -> Grouping:
    """Save a batch and return it."""
    batch = Grouping(**parts)
    save_grouping(db, batch, now=NOW)
    return batch


def fingerprint(key: int, **fields: Any) -> Fingerprint:
    given: dict[str, Any] = {
        "piece": key,
        "outlet": "harbour.example",
        "at": NOW,
        "url": None,
        "scheme": "affine32/1/128/5",
        "body": b"\x00\x01" * 4,
        "lead": b"",
        "sample": b"\xff" * 8,
        "size": 40,
    }
    return Fingerprint(key=key, **(given | fields))


def vector(key: int, **fields: Any) -> PieceVector:
    given: dict[str, Any] = {
        "story": key,
        "at": NOW,
        "language": "en",
        "frozen": False,
        "terms": b"\x01\x00\x00\x00",
        "weights": b"\x00\x00\x80\x3f",
        "numbers": ("12", "3.5"),
        "version": "1",
    }
    return PieceVector(piece=key, **(given | fields))


def edition(day: date = MONDAY, *shown: int, number: int = 1, **fields: Any) -> EditionRecord:
    stories = tuple(EditionStory(story=item, outlets=2, pieces=1, revisions=0, led=False) for item in shown)
    given: dict[str, Any] = {
        "name": "daily",
        "made_at": NOW,
        "start": NOW - DAY,
        "end": NOW,
        "headline": "The harbour opens",
        "payload": {"stories": [1, {"title": "é"}], "none": None},
    }
    return EditionRecord(day=day, number=number, stories=stories, **(given | fields))
