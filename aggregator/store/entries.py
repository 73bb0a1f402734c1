"""Entries: what is known of a feed's items, what a poll changes, and what waits for grouping."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, insert, or_, select, update

from aggregator.errors import StoreError
from aggregator.model import Enclosure, Entry, FeedPlan, Revision
from aggregator.store import polled, request_log
from aggregator.store.columns import key_of, key_or_none
from aggregator.store.database import Database
from aggregator.store.tables import entries, feeds, tombstones
from aggregator.store.tables import revisions as versions
from aggregator.store.upserts import portions

DONE, WAITING, TAKEN = 0, 1, 2
"""States of `work`. Taking is a state of its own so that a change which arrives while the grouper thinks is not lost:
saving a grouping clears what was taken, and the change has set it to waiting again."""

MOST_TAKEN = 8_000_000
"""Characters of the entries that are grouped together: five hundred usual ones have two million, and nine feeds of the
largest texts that are kept had ninety, which took grouping 824 MB."""
_TEXTS = entries.c.html + entries.c.summary + entries.c.text + func.coalesce(entries.c.feed_text, "")

MAX_REVISIONS = 100
"""Earlier versions kept of one entry, the first always among them: some feeds change every entry at every poll."""


# ---------------------------------------------------------------- records and rows


def entry_of(row: Row[Any]) -> Entry:
    """The record of a row."""
    return Entry(
        id=row.id,
        feed_id=row.feed_id,
        outlet=row.outlet,
        guid=row.guid,
        link=row.link,
        url=row.url,
        title=row.title,
        authors=tuple(row.authors),
        published=row.published,
        updated=row.updated,
        first_seen=row.first_seen,
        language=row.language,
        tags=tuple(row.tags),
        enclosures=tuple(Enclosure(**item) for item in row.enclosures),
        html=row.html,
        summary=row.summary,
        text=row.text,
        feed_text=row.feed_text,
        source_name=row.source_name,
        source_url=row.source_url,
        publisher=row.publisher,
        digest=row.digest,
        revisions=row.revisions,
        piece_id=row.piece_id,
    )


def shown_columns(entry: Entry) -> dict[str, Any]:
    """The columns that a later version of the same item replaces."""
    return {
        "outlet": entry.outlet,
        "link": entry.link,
        "link_key": key_or_none(entry.link),
        "url": entry.url,
        "url_key": key_or_none(entry.url),
        "title": entry.title,
        "authors": entry.authors,
        "published": entry.published,
        "updated": entry.updated,
        "language": entry.language,
        "tags": entry.tags,
        "enclosures": [asdict(item) for item in entry.enclosures],
        "html": entry.html,
        "summary": entry.summary,
        "text": entry.text,
        "feed_text": entry.feed_text,
        "source_name": entry.source_name,
        "source_url": entry.source_url,
        "publisher": entry.publisher,
        "digest": entry.digest,
        "work": WAITING,
    }


def stub_of(row: Row[Any]) -> Entry:
    """What is left of a purged entry: enough to recognise it, with no text."""
    return Entry(
        id=row.entry_id,
        feed_id=row.feed_id,
        outlet=row.outlet,
        guid=row.guid,
        link=row.url,
        url=row.url,
        title="",
        first_seen=row.first_seen,
        digest=row.digest,
    )


# ---------------------------------------------------------------- reading

_UNDER = {
    column: select(column.table).where(column.table.c.feed_id == bindparam("feed"), column.in_(bindparam("keys")))
    for table in (tombstones, entries)
    for column in (table.c.guid_key, table.c.url_key)
}
"""What a feed has under one of several keys. Put together once: that takes longer than to run it for a few keys."""
_TAKEN = {table: _UNDER[table.c.guid_key].with_only_columns(table.c.guid_key) for table in (entries, tombstones)}
"""The keys themselves that a feed has, or had."""

MOST_UNADDRESSED = 2000
"""Entries without address or date of one feed that a poll is compared with: as many as one document may hold."""


def known(
    db: Database,
    feed_id: int,
    guids: Collection[str],
    urls: Collection[str],
    claims: Collection[datetime | None] = (),
) -> tuple[Entry, ...]:
    """The feed's entries under any of these guids or canonical addresses, by id.

    Of those without an address, the ones that claim any of these times (or none, where None is among them) come too.
    Purged ones come as stubs without text, so that they are told from new ones; saving a change of one does nothing.
    """
    by_guid, by_url = [key_of(guid) for guid in guids], [key_of(url) for url in urls]
    found: dict[int, Entry] = {}
    with db.reading() as connection:
        for table, record in ((tombstones, stub_of), (entries, entry_of)):
            for column, keys in ((table.c.guid_key, by_guid), (table.c.url_key, by_url)):
                for portion in portions(keys):
                    rows = connection.execute(_UNDER[column], {"feed": feed_id, "keys": portion})
                    found |= {one.id: one for one in map(record, rows)}
        for moments in portions(claims):
            wanted = select(entries).where(entries.c.feed_id == feed_id, entries.c.url_key.is_(None), claiming(moments))
            latest = wanted.order_by(entries.c.id.desc()).limit(MOST_UNADDRESSED)
            found |= {row.id: entry_of(row) for row in connection.execute(latest)}
    return tuple(found[entry] for entry in sorted(found))


def claiming(moments: Sequence[datetime | None]) -> ColumnElement[bool]:
    """Entries that claim one of these times, or none where None is among them."""
    claimed = entries.c.published.in_([moment for moment in moments if moment is not None])
    return or_(claimed, entries.c.published.is_(None)) if None in moments else claimed


def waiting(db: Database, limit: int, most: int = MOST_TAKEN) -> tuple[Entry, ...]:
    """Take up to `limit` entries that wait for grouping, by id: new ones have no piece, changed ones have.

    So many that they have `most` characters together, and always one. What was taken and never saved comes again. One
    grouper at a time may do this (see `leases`).
    """
    waits = entries.c.work > DONE
    measured = select(entries.c.id, func.length(_TEXTS)).where(waits).order_by(entries.c.id).limit(limit)
    with db.reading() as connection:
        sizes = connection.execute(measured).all()
    if not sizes:
        return ()
    held = accumulate(characters for _, characters in sizes)
    taken = max(1, sum(characters <= most for characters in held))
    wanted = select(entries).where(waits, entries.c.id <= sizes[taken - 1].id).order_by(entries.c.id).limit(taken)
    with db.writing() as connection:
        rows = connection.execute(wanted.with_for_update()).all()
        for portion in portions(row.id for row in rows):
            connection.execute(update(entries).where(entries.c.id.in_(portion)).values(work=TAKEN))
    return tuple(entry_of(row) for row in rows)


def waiting_count(db: Database) -> int:
    """How many entries wait for grouping; takes none."""
    with db.reading() as connection:
        return connection.execute(select(func.count()).where(entries.c.work > DONE)).scalar_one()


def by_ids(db: Database, ids: Collection[int]) -> tuple[Entry, ...]:
    """The entries with these ids, by id; ids that do not exist are left out."""
    with db.reading() as connection:
        return read(connection, ids)


def read(connection: Connection, ids: Iterable[int]) -> tuple[Entry, ...]:
    """The entries with these ids, by id, within an open transaction."""
    found: list[Entry] = []
    for portion in portions(sorted(set(ids))):
        rows = connection.execute(select(entries).where(entries.c.id.in_(portion)).order_by(entries.c.id))
        found += [entry_of(row) for row in rows]
    return tuple(found)


def revisions(db: Database, entry_ids: Collection[int]) -> dict[int, tuple[Revision, ...]]:
    """The earlier versions of these entries, oldest first; entries without any are left out."""
    found: dict[int, tuple[Revision, ...]] = {}
    fields = ("entry_id", "replaced_at", "title", "link", "text", "updated")
    with db.reading() as connection:
        for portion in portions(sorted(set(entry_ids))):
            wanted = select(*(versions.c[name] for name in fields)).where(versions.c.entry_id.in_(portion))
            for row in connection.execute(wanted.order_by(versions.c.entry_id, versions.c.number)).mappings():
                version = Revision(**row)
                found[version.entry_id] = (*found.get(version.entry_id, ()), version)
    return found


def find(db: Database, reference: str) -> Entry | None:
    """The entry that someone names: by id, canonical address, link or guid; the earliest where several fit."""
    key = key_of(reference)
    wanted: list[Select[Any]] = [
        select(entries).where(or_(entries.c.url_key == key, entries.c.link_key == key)),
        select(entries).where(entries.c.guid_key == key),
    ]
    if reference.isascii() and reference.isdigit() and len(reference) < 19:  # ids are below 2^63
        wanted.insert(0, select(entries).where(entries.c.id == int(reference)))
    with db.reading() as connection:
        for statement in wanted:
            if row := connection.execute(statement.order_by(entries.c.id).limit(1)).first():
                return entry_of(row)
    return None


def outlet_titles(db: Database) -> dict[str, str]:
    """Outlet to the title of a feed that carries nothing else; of several feeds the first listed."""
    alone = (
        select(entries.c.feed_id, func.min(entries.c.outlet).label("outlet"))
        .group_by(entries.c.feed_id)
        .having(func.min(entries.c.outlet) == func.max(entries.c.outlet))
        .subquery()
    )
    title = func.coalesce(feeds.c.configured_title, feeds.c.title)
    named = select(alone.c.outlet, title).join(feeds, feeds.c.id == alone.c.feed_id).where(title != "")
    with db.reading() as connection:
        rows = connection.execute(named.order_by(feeds.c.id.desc()))
        return {outlet: name for outlet, name in rows}  # noqa: C416  (a Row is no pair for dict())


# ---------------------------------------------------------------- saving a poll


def save_plan(db: Database, plan: FeedPlan, *, now: datetime, keep_log: int, asked_at: datetime | None = None) -> int:
    """Save all that one poll changes, in one transaction: feed, new entries, changes, request log, end of the claim.

    Returns how many entries were new to the store. A second call adds no entry and no revision. Raises StoreError
    if the feed does not exist.
    """
    with db.writing() as connection:
        before = polled.lock(connection, plan.feed.id)
        if before is None:
            raise StoreError(f"store {db.name}: feed {plan.feed.id} is not in it")
        new = insert_new(connection, plan, before)
        changed = sum(
            replace_version(connection, entry, now) for entry in sorted(plan.changed, key=lambda entry: entry.id)
        )
        row = request_log.log_row(plan, before, asked_at or now, new=new, changed=changed)
        request_log.append(connection, [row], keep_log)
        polled.save(connection, [(before, plan.feed, plan.status)])
        return new


def save_quiet(db: Database, polls: Sequence[tuple[FeedPlan, datetime]], *, keep_log: int) -> None:
    """Save polls that brought no entry and no change, each with the time when it was asked, in one transaction.

    Most polls are of this kind, and a transaction of its own costs each as much as all the rest of it.
    """
    plans = {plan.feed.id: (plan, asked_at) for plan, asked_at in polls}
    with db.writing() as connection:
        rows = [row for portion in portions(sorted(plans)) for row in polled.lock_all(connection, portion)]
        if not rows:
            return
        logged = [request_log.log_row(plans[row.id][0], row, plans[row.id][1]) for row in rows]
        request_log.append(connection, logged, keep_log)
        polled.save(connection, [(row, plans[row.id][0].feed, plans[row.id][0].status) for row in rows])


def insert_new(connection: Connection, plan: FeedPlan, before: Row[Any]) -> int:
    """Insert the entries whose guid the feed never had, numbered in the plan's order; return how many."""
    by_key = {key_of(entry.guid): entry for entry in reversed(plan.new)}
    for table in (entries, tombstones) if before.last_success is not None else ():
        for portion in portions(list(by_key)):
            for key in connection.execute(_TAKEN[table], {"feed": before.id, "keys": portion}).scalars():
                by_key.pop(bytes(key), None)
    if by_key:
        connection.execute(insert(entries), [new_row(entry, key, before) for key, entry in reversed(by_key.items())])
    return len(by_key)


def new_row(entry: Entry, key: bytes, before: Row[Any]) -> dict[str, Any]:
    """The row of an entry that comes for the first time."""
    last = before.last_success
    return shown_columns(entry) | {
        "feed_id": before.id,
        "guid": entry.guid,
        "guid_key": key,
        "first_seen": entry.first_seen,
        "seen_after": last if last is not None and last < entry.first_seen else None,
        "revisions": 0,
    }


def replace_version(connection: Connection, entry: Entry, now: datetime) -> bool:
    """Put a changed entry in the place of its stored version, which becomes a revision; False if nothing differs."""
    old = connection.execute(select(entries).where(entries.c.id == entry.id).with_for_update()).one_or_none()
    if old is None or (entry.digest and old.digest == entry.digest):
        return False
    kept = {name: getattr(old, name) for name in ("title", "link", "text", "updated")}
    version = {"entry_id": old.id, "number": old.revisions, "replaced_at": now, **kept}
    connection.execute(insert(versions), [version])
    changed = update(entries).where(entries.c.id == bindparam("entry")).values(revisions=entries.c.revisions + 1)
    connection.execute(changed.values(shown_columns(entry)), {"entry": old.id})
    surplus = versions.c.number.between(1, old.revisions + 1 - MAX_REVISIONS)
    connection.execute(delete(versions).where(versions.c.entry_id == old.id, surplus))
    return True
