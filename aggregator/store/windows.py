"""What happened within a period, for the editions: which stories moved, how earlier editions showed them, who copied.

Read-only; times are compared with when we saw things, never with what outlets claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union

from aggregator.store.database import Database
from aggregator.store.editions import EditionStory
from aggregator.store.stories import resolve
from aggregator.store.tables import copies, edition_stories, editions, entries, revisions, story_pieces


def active_stories(db: Database, start: datetime, end: datetime) -> tuple[int, ...]:
    """Ids of the stories that gained a printing, or an edit of one, after `start` and not after `end`."""
    seen = _stories_of().where(entries.c.first_seen > start, entries.c.first_seen <= end)
    edited = (
        _stories_of()
        .join(revisions, revisions.c.entry_id == entries.c.id)
        .where(revisions.c.replaced_at > start, revisions.c.replaced_at <= end)
    )
    with db.reading() as connection:
        return tuple(sorted(row.story_id for row in connection.execute(union(seen, edited))))


def _stories_of() -> Select[tuple[int]]:
    return select(story_pieces.c.story_id).join(entries, entries.c.piece_id == story_pieces.c.piece_id)


def shown_pieces(db: Database, *, since: datetime) -> tuple[int, ...]:
    """Pieces that readers have seen in their story, in an edition that ended after `since`."""
    wanted = (
        select(story_pieces.c.piece_id)
        .join(edition_stories, edition_stories.c.story == story_pieces.c.story_id)
        .join(editions, (editions.c.name == edition_stories.c.name) & (editions.c.day == edition_stories.c.day))
        .join(entries, entries.c.id == story_pieces.c.piece_id)
        .where(editions.c.end > since, entries.c.first_seen <= editions.c.end)
        .distinct()
    )
    with db.reading() as connection:
        return tuple(sorted(connection.execute(wanted).scalars()))


def shown_before(db: Database, name: str, day: date, *, since: date) -> dict[int, EditionStory]:
    """How each story stood in the last edition of a digest that showed it, from `since` on and before `day`."""
    table = edition_stories.c
    wanted = (
        select(table.story, table.outlets, table.pieces, table.revisions, table.led)
        .where(table.name == name, table.day >= since, table.day < day)
        .order_by(table.day)
    )
    with db.reading() as connection:
        rows = [EditionStory(**row) for row in connection.execute(wanted).mappings()]
        now_called = resolve(connection, {row.story for row in rows})
    return {now_called[row.story]: row for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """One entry's place among those who print each other; `of` is the entry that it copies."""

    entry: int
    piece: int
    feed: int
    outlet: str
    title: str
    language: str | None
    link: str | None
    published: datetime | None
    first_seen: datetime
    of: int | None
    credit: str | None
    """The outlet that it credits."""
    alarms: tuple[str, ...]
    credited_name: str | None = None
    """The name that it credits, where no outlet is known by it."""


def printings(db: Database, start: datetime, end: datetime) -> tuple[Printing, ...]:
    """Every grouped printing first seen in the period, by entry."""
    return _printings(db, _within(start, end))


def traded(db: Database, start: datetime, end: datetime) -> tuple[Printing, ...]:
    """The printings first seen in the period that copy another, and those that are copied, by entry."""
    sources = select(copies.c.of).where(copies.c.of.is_not(None))
    return _printings(db, _within(start, end) & (copies.c.of.is_not(None) | copies.c.entry_id.in_(sources)))


def printed(db: Database, start: datetime, end: datetime) -> dict[str, int]:
    """Outlet to how many of its grouped entries were first seen in the period."""
    wanted = (
        select(entries.c.outlet, func.count().label("number"))
        .join(copies, copies.c.entry_id == entries.c.id)
        .where(_within(start, end))
        .group_by(entries.c.outlet)
    )
    with db.reading() as connection:
        return {row.outlet: row.number for row in connection.execute(wanted)}


def _within(start: datetime, end: datetime) -> ColumnElement[bool]:
    return (entries.c.first_seen > start) & (entries.c.first_seen <= end)


def _printings(db: Database, condition: ColumnElement[bool]) -> tuple[Printing, ...]:
    fields = [entries.c[name] for name in ("outlet", "title", "language", "link", "published", "first_seen")]
    wanted = (
        select(copies.c.entry_id.label("entry"), copies.c.piece_id.label("piece"), entries.c.feed_id.label("feed"),
               *fields, copies.c.of, copies.c.credit, copies.c.alarms)
        .join(entries, entries.c.id == copies.c.entry_id)
        .where(condition)
        .order_by(copies.c.entry_id)
    )  # fmt: skip
    with db.reading() as connection:
        rows = connection.execute(wanted).mappings().all()
    return tuple(Printing(**{**row, **_credited(row["credit"]), "alarms": tuple(row["alarms"])}) for row in rows)


def _credited(credit: Mapping[str, Any] | None) -> dict[str, str | None]:
    """The outlet that a credit stands for, else its bare name."""
    found = credit or {}
    outlet = found.get("outlet")
    return {"credit": outlet, "credited_name": None if outlet else found.get("name")}


def arrivals(db: Database, since: datetime) -> dict[int, tuple[datetime, ...]]:
    """Feed to the times since then at which a poll brought something new, in order: its rhythm."""
    wanted = select(entries.c.feed_id, entries.c.first_seen).where(entries.c.first_seen > since).distinct()
    found: dict[int, list[datetime]] = {}
    with db.reading() as connection:
        for row in connection.execute(wanted.order_by(entries.c.feed_id, entries.c.first_seen)):
            found.setdefault(row.feed_id, []).append(row.first_seen)
    return {feed: tuple(times) for feed, times in found.items()}
