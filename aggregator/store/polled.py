"""What a poll leaves in its feed's row. The config's columns stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, select, update

from aggregator.model import Feed
from aggregator.store.columns import key_of
from aggregator.store.tables import feeds

_LOCK = select(feeds).where(feeds.c.id == bindparam("feed")).with_for_update()


def lock(connection: Connection, feed_id: int) -> Row[Any] | None:
    """The feed's row, held against other saves of the same feed until the transaction ends."""
    return connection.execute(_LOCK, {"feed": feed_id}).one_or_none()


def lock_all(connection: Connection, feed_ids: Sequence[int]) -> Sequence[Row[Any]]:
    """The rows of several feeds, held in the same way, by id, so that two such transactions cannot block each other."""
    return connection.execute(
        select(feeds).where(feeds.c.id.in_(feed_ids)).order_by(feeds.c.id).with_for_update()
    ).all()


def polled_columns(before: Row[Any], feed: Feed, status: str) -> Mapping[str, Any]:
    """The columns that a poll owns, and the end of its claim; the config's columns stay as they are."""
    moved = feed.url if feed.url != before.url else None
    history = feed.history
    return {
        "moved_url": moved,
        "moved_key": None if moved is None else key_of(moved),
        "title": before.title if feed.title == before.configured_title else feed.title,
        "site_url": feed.site_url,
        "language": feed.language,
        "publisher_interval": feed.publisher_interval,
        "skip_hours": sorted(feed.skip_hours),
        "skip_days": sorted(feed.skip_days),
        "etag": feed.validators.etag,
        "last_modified": feed.validators.last_modified,
        "body_hash": feed.body_hash,
        "last_success": feed.last_success,
        "last_new": feed.last_new,
        "last_attempt": feed.last_attempt,
        "last_status": status,
        "last_error": feed.last_error,
        "failures": feed.failures,
        "gone": feed.gone,
        "next_poll_at": feed.next_poll_at,
        "next_poll_why": feed.next_poll_why,
        "pace": history.pace,
        "overlap": history.overlap,
        "usual_gap": history.usual_gap,
        "last_document": history.last_document,
        "item_keys": history.item_keys or None,
        "move_url": None if history.move is None else history.move.url,
        "move_since": None if history.move is None else history.move.since,
        "move_polls": None if history.move is None else history.move.polls,
        "lease_worker": None,
        "lease_until": None,
    }


@cache
def _update_of(names: tuple[str, ...]) -> Update:
    return update(feeds).where(feeds.c.id == bindparam("feed")).values({name: bindparam(name) for name in names})


def save(connection: Connection, polls: Sequence[tuple[Row[Any], Feed, str]]) -> None:
    """Write what each poll (the row before it, the feed after it, its outcome in a word) leaves in its feed's row.

    One statement with parameters: putting thirty values into a statement of its own takes longer than writing them.
    """
    columns = [{"feed": before.id, **polled_columns(before, feed, status)} for before, feed, status in polls]
    connection.execute(_update_of(tuple(name for name in columns[0] if name != "feed")), columns)
