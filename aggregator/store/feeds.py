"""Feeds: what the config lists, who polls which now, and what the last polls showed.

The config is the list; polls own everything else of a row, so neither overwrites the other's columns.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, or_, select, tuple_, update

from aggregator.config import FeedTable
from aggregator.history import History, Move
from aggregator.model import FailureKind, Feed, Validators
from aggregator.store.columns import key_of
from aggregator.store.database import Database
from aggregator.store.tables import entries, feeds, requests
from aggregator.store.upserts import insert_missing, portions

CLOCK_SLACK = timedelta(hours=1)
"""A stored time this far ahead of what we could have written ourselves comes from a clock that was wrong: it must not
keep a feed from being polled for the 400 days that the clock had jumped. Honest clocks differ by seconds."""

NEW_FEED = "new feed"
RESUMED = "settings changed"
RETIRED = "no longer in the config"

STOPPED = frozenset({FailureKind.GONE, FailureKind.UNAUTHORIZED})
"""Outcomes after which a feed waits for its owner (etiquette: 401 and 410 stop until the config changes)."""


# ---------------------------------------------------------------- the config's list


def sync(db: Database, listed: Sequence[FeedTable], *, now: datetime) -> None:
    """Make the list of feeds the config's: add, change, retire, bring back; writes only if something differs.

    A feed whose interval, headers or authorisation changed goes on if it had been stopped.
    """
    with db.reading() as connection:
        if not any(differences(connection, listed, now)):
            return
    with db.writing() as connection:
        fresh, changes = differences(connection, listed, now)
        insert_missing(connection, feeds, fresh, ["url_key"])
        for change in changes:
            connection.execute(update(feeds).where(feeds.c.id == change["id"]).values(change))
            if change.get("next_poll_why") == RESUMED:
                note_resumption(connection, change["id"], now)


def note_resumption(connection: Connection, feed: int, now: datetime) -> None:
    """Let the log's last line of a feed that had stopped say why it is asked again."""
    last = select(func.max(requests.c.id)).where(requests.c.feed_id == feed).scalar_subquery()
    wanted = update(requests).where(requests.c.id == last)
    connection.execute(wanted.values(next_poll_at=now, next_poll_why=RESUMED))


COMPARED = (
    *("id", "url", "url_key", "moved_key", "configured_title", "outlet", "category", "interval", "ignore_validators"),
    *("settings", "retired_at", "gone", "next_poll_at", "last_status"),
)
"""What a comparison with the config looks at. It comes with every tick of the daemon: whole rows of ten thousand feeds
took a quarter of a second each time."""


def differences(
    connection: Connection, listed: Sequence[FeedTable], now: datetime
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows to insert and changes by id, so that the table says what the config says."""
    rows = connection.execute(select(*(feeds.c[name] for name in COMPARED)).order_by(feeds.c.id)).all()
    by_moved = {row.moved_key: row for row in rows if row.moved_key is not None}
    by_key = by_moved | {row.url_key: row for row in rows}
    fresh: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    met: set[int] = set()
    for key, table in {key_of(table.url): table for table in reversed(listed)}.items():
        row = by_key.get(key)
        if row is None or row.id in met:
            fresh.append(new_row(table, now))
            continue
        met.add(row.id)
        if change := changed_columns(row, table, now):
            changes.append({"id": row.id, **change})
    retired = [row.id for row in rows if row.id not in met and row.retired_at is None]
    changes += [{"id": feed, "retired_at": now, "lease_worker": None, "lease_until": None} for feed in retired]
    return fresh[::-1], sorted(changes, key=lambda change: int(change["id"]))


def configured(table: FeedTable) -> dict[str, Any]:
    """The columns that the config owns."""
    return {
        "url": table.url,
        "url_key": key_of(table.url),
        "configured_title": table.title,
        "outlet": table.outlet,
        "category": table.category,
        "interval": table.interval,
        "ignore_validators": table.ignore_validators,
        "settings": settings_key(table),
    }


def settings_key(table: FeedTable) -> bytes:
    """A key of what may cure a stopped feed; headers may be secret, so only their hash is kept."""
    interval = table.interval.total_seconds() if table.interval is not None else None
    others = [table.auth_file, table.cookie_env, table.cookie_file, table.proxy, table.user_agent]
    more = others if any(others) else []
    return key_of(json.dumps([interval, sorted(table.headers.items()), table.auth_env, *more]))


def new_row(table: FeedTable, now: datetime) -> dict[str, Any]:
    """A feed that was never polled: due at once."""
    polled: dict[str, Any] = {"title": "", "failures": 0, "gone": False, "added_at": now}
    polled |= {"skip_hours": [], "skip_days": []}
    return configured(table) | polled | {"next_poll_at": now, "next_poll_why": NEW_FEED}


def changed_columns(row: Row[Any], table: FeedTable, now: datetime) -> dict[str, Any]:
    """What differs between the stored feed and the config, with what follows from it."""
    stored = row._mapping  # noqa: SLF001  (SQLAlchemy's documented way to columns by name)
    change = {name: value for name, value in configured(table).items() if stored[name] != value}
    if row.moved_key is not None and row.moved_key == key_of(table.url):
        change |= {"moved_url": None, "moved_key": None}
    back = row.retired_at is not None
    if back:
        change["retired_at"] = None
    stopped = row.gone or row.next_poll_at is None or row.last_status in STOPPED
    if stopped and (back or "settings" in change):
        change |= {"gone": False, "failures": 0, "next_poll_at": now, "next_poll_why": RESUMED}
    return change


# ---------------------------------------------------------------- reading


def feed_of(row: Row[Any]) -> Feed:
    """The record of a row; `url` is where it is polled, which a permanent move may have changed."""
    return Feed(
        id=row.id,
        url=row.moved_url or row.url,
        title=row.configured_title or row.title,
        site_url=row.site_url,
        outlet=row.outlet,
        category=row.category,
        language=row.language,
        interval=row.interval,
        ignore_validators=row.ignore_validators,
        publisher_interval=row.publisher_interval,
        skip_hours=frozenset(row.skip_hours),
        skip_days=frozenset(row.skip_days),
        validators=Validators(etag=row.etag, last_modified=row.last_modified),
        body_hash=row.body_hash,
        last_success=row.last_success,
        last_new=row.last_new,
        last_attempt=row.last_attempt,
        last_error=row.last_error,
        failures=row.failures,
        gone=row.gone,
        next_poll_at=row.next_poll_at,
        next_poll_why=row.next_poll_why,
        history=history_of(row),
    )


def history_of(row: Row[Any]) -> History:
    """What polls have taught."""
    watching = row.move_url is not None and row.move_since is not None
    return History(
        pace=row.pace,
        overlap=row.overlap,
        usual_gap=row.usual_gap,
        last_document=row.last_document,
        item_keys=row.item_keys or b"",
        move=Move(url=row.move_url, since=row.move_since, polls=row.move_polls or 1) if watching else None,
    )


def all_feeds(db: Database) -> tuple[Feed, ...]:
    """Every feed that the config lists, by id; retired ones are left out."""
    with db.reading() as connection:
        rows = connection.execute(select(feeds).where(feeds.c.retired_at.is_(None)).order_by(feeds.c.id))
        return tuple(feed_of(row) for row in rows)


def configured_urls(db: Database) -> dict[int, str]:
    """Feed id to the address in the config, which differs from `Feed.url` after a permanent move."""
    with db.reading() as connection:
        return {row.id: row.url for row in connection.execute(select(feeds.c.id, feeds.c.url))}


def last_asked(db: Database, limit: int) -> tuple[tuple[str, str], ...]:
    """(address, outcome in a word) of the feeds polled last, the latest first."""
    wanted = select(func.coalesce(feeds.c.moved_url, feeds.c.url), feeds.c.last_status)
    asked = wanted.where(feeds.c.last_attempt.is_not(None), feeds.c.last_status.is_not(None))
    with db.reading() as connection:
        rows = connection.execute(asked.order_by(feeds.c.last_attempt.desc(), feeds.c.id).limit(limit))
        return tuple((url, status) for url, status in rows)


def other_at(db: Database, url: str, feed_id: int) -> str | None:
    """The configured address of another listed feed that is polled at `url`."""
    there = or_(feeds.c.moved_key == key_of(url), and_(feeds.c.moved_key.is_(None), feeds.c.url_key == key_of(url)))
    wanted = select(feeds.c.url).where(there, feeds.c.id != feed_id, feeds.c.retired_at.is_(None))
    with db.reading() as connection:
        return connection.execute(wanted.order_by(feeds.c.id).limit(1)).scalar()


def poll_before(db: Database, pairs: Sequence[tuple[int, datetime]]) -> tuple[datetime | None, ...]:
    """For each (feed id, an entry's first_seen): the last good poll before it, at which the entry was not there.

    None where the entry came with the feed's first poll, or is not stored.
    """
    place = tuple_(entries.c.feed_id, entries.c.first_seen)
    found: dict[tuple[int, datetime], datetime | None] = {}
    with db.reading() as connection:
        for portion in portions(sorted(set(pairs))):
            wanted = select(entries.c.feed_id, entries.c.first_seen, func.max(entries.c.seen_after))
            grouped = wanted.where(place.in_(portion)).group_by(entries.c.feed_id, entries.c.first_seen)
            found |= {(feed, seen): before for feed, seen, before in connection.execute(grouped)}
    return tuple(found.get(pair) for pair in pairs)


# ---------------------------------------------------------------- claims


def claim_due(
    db: Database,
    *,
    now: datetime,
    limit: int,
    worker: str,
    lease: timedelta,
    everything: bool = False,
    floor: timedelta = timedelta(0),
) -> tuple[Feed, ...]:
    """Lease the feeds that are due and that nobody polls, longest due first; no two workers get the same.

    `everything` takes sound feeds before their time too, unless polled less than `floor` ago; a server's wish after
    a failure, a back-off and a stop hold all the same.
    """
    ready = due(now) if not everything else or_(due(now), early(now, floor))
    free = or_(
        feeds.c.lease_until.is_(None), feeds.c.lease_until <= now, feeds.c.lease_until > now + lease + CLOCK_SLACK
    )
    wanted = (
        select(feeds)
        .where(feeds.c.retired_at.is_(None), feeds.c.gone.is_(false()), free, ready)
        .order_by(feeds.c.next_poll_at, feeds.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    with db.writing() as connection:
        rows = connection.execute(wanted).all()
        for portion in portions(row.id for row in rows):
            claimed = update(feeds).where(feeds.c.id.in_(portion))
            connection.execute(claimed.values(lease_worker=worker, lease_until=now + lease))
    return tuple(feed_of(row) for row in rows)


def due(now: datetime) -> ColumnElement[bool]:
    """Its time has come, or was set by a clock that ran ahead."""
    ahead = and_(feeds.c.next_poll_at.is_not(None), feeds.c.last_attempt > now + CLOCK_SLACK)
    return or_(feeds.c.next_poll_at <= now, ahead)


def early(now: datetime, floor: timedelta) -> ColumnElement[bool]:
    """A sound feed whose last poll is long enough ago to be asked before its time."""
    rested = or_(feeds.c.last_attempt.is_(None), feeds.c.last_attempt <= now - floor)
    return and_(feeds.c.next_poll_at.is_not(None), feeds.c.failures == 0, rested)


def release(db: Database, feed_ids: Collection[int], worker: str) -> None:
    """Give up the worker's claims on these feeds; what others have claimed since stays theirs."""
    with db.writing() as connection:
        for portion in portions(sorted(feed_ids)):
            let_go(connection, and_(feeds.c.id.in_(portion), feeds.c.lease_worker == worker))


def holders(db: Database) -> tuple[str, ...]:
    """The workers that hold claims, lapsed ones too: a caller may know that one of them is dead."""
    with db.reading() as connection:
        held = select(feeds.c.lease_worker).where(feeds.c.lease_worker.is_not(None)).distinct()
        return tuple(sorted(connection.execute(held).scalars()))


def release_all(db: Database, worker: str) -> None:
    """Give up every claim of a worker that is known to be dead."""
    with db.writing() as connection:
        let_go(connection, feeds.c.lease_worker == worker)


def let_go(connection: Connection, which: ColumnElement[bool]) -> None:
    """Clear claims."""
    connection.execute(update(feeds).where(which).values(lease_worker=None, lease_until=None))
