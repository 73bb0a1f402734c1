"""What happened within a period, for the editions: which stories moved, how earlier editions showed them, who copied.

Read-only; times are compared with when we saw things, never with what outlets claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, case, func, or_, select, type_coerce, union

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


def newest_texts(
    db: Database, start: datetime, end: datetime, *, most: int, unbelievable: Collection[str]
) -> tuple[Printing, ...]:
    """Of each outlet the `most` latest printings of the period that copy nothing, by entry.

    The latest by their believed times: the claim where it is the earlier one and no alarm of `unbelievable` is raised.
    """
    claimed, seen = entries.c.published, entries.c.first_seen
    at = case((claimed.is_(None) | _alarmed(unbelievable), seen), (claimed < seen, claimed), else_=seen)
    place = func.row_number().over(partition_by=entries.c.outlet, order_by=(at.desc(), entries.c.id.desc()))
    ranked = (
        select(copies.c.entry_id, place.label("place"))
        .join(entries, entries.c.id == copies.c.entry_id)
        .where(_within(start, end), copies.c.of.is_(None))
        .subquery()
    )
    return _printings(db, copies.c.entry_id.in_(select(ranked.c.entry_id).where(ranked.c.place <= most)))


def misdated(
    db: Database, start: datetime, end: datetime, *, ahead: timedelta, unbelievable: Collection[str]
) -> Counter[int]:
    """Feed to its printings of the period that claim a time later than our first sight by `ahead`, or raise an alarm.

    The databases reckon with times in ways of their own, so that the claims are compared here: few lie ahead at all.
    """
    fields = (entries.c.feed_id, entries.c.published, entries.c.first_seen, _alarmed(unbelievable).label("alarmed"))
    wanted = (
        select(*fields)
        .join(copies, copies.c.entry_id == entries.c.id)
        .where(_within(start, end), _alarmed(unbelievable) | (entries.c.published > entries.c.first_seen))
    )
    with db.reading() as connection:
        rows = connection.execute(wanted).all()
    return Counter(row.feed_id for row in rows if row.alarmed or row.published > row.first_seen + ahead)


def _alarmed(names: Collection[str]) -> ColumnElement[bool]:
    """Whether any of these alarms is raised."""
    return or_(*(type_coerce(copies.c.alarms, Text).contains(f'"{name}"') for name in sorted(names)))


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
