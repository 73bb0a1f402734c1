"""What happened within a period, for the editions: which stories moved, how earlier editions showed them, who copied.

Read-only; times are compared with when we saw things, never with what outlets claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Select, Text, case, func, or_, select, type_coerce, union

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


class Borrowing(NamedTuple):
    """A printing that copies one of another outlet, with what counting needs of both."""

    entry: int
    of: int
    copier: str
    source: str
    published: datetime | None
    first_seen: datetime
    alarmed: bool
    """Whether the claimed time is not to be believed."""
    source_published: datetime | None
    source_first_seen: datetime
    source_alarmed: bool
    credit: str | None
    credited_name: str | None


def borrowings(db: Database, start: datetime, end: datetime, *, unbelievable: Collection[str]) -> tuple[Borrowing, ...]:
    """The printings that copy another outlet's, both first seen in the period, by entry.

    A year may have a hundred thousand, of which nothing but the count is shown: no titles and no objects in between.
    """
    made, source, mine, theirs = entries.alias(), entries.alias(), copies.alias(), copies.alias()
    wanted = (
        select(made.c.id, source.c.id, made.c.outlet, source.c.outlet, made.c.published, made.c.first_seen,
               _alarmed(unbelievable, mine), source.c.published, source.c.first_seen, _alarmed(unbelievable, theirs),
               mine.c.credit)
        .join(mine, mine.c.entry_id == made.c.id)
        .join(source, source.c.id == mine.c.of)
        .join(theirs, theirs.c.entry_id == source.c.id)
        .where(_within(start, end, made), _within(start, end, source), made.c.outlet != source.c.outlet)
        .order_by(made.c.id)
    )  # fmt: skip
    with db.reading() as connection:
        return tuple(Borrowing(*row[:-1], *_credited(row[-1]).values()) for row in connection.execute(wanted))


def latest(
    db: Database, start: datetime, end: datetime, *, most: int, unbelievable: Collection[str]
) -> tuple[Printing, ...]:
    """Of each outlet the `most` latest printings of the period that are its own, and as many copies, by entry.

    A copy is what copies another outlet's printing of the period. The latest by their believed times: the claim where
    it is the earlier one and no alarm of `unbelievable` is raised.
    """
    claimed, seen, source = entries.c.published, entries.c.first_seen, entries.alias()
    at = case((claimed.is_(None) | _alarmed(unbelievable), seen), (claimed < seen, claimed), else_=seen)
    borrowed = _within(start, end, source) & (source.c.outlet != entries.c.outlet)
    kind = case((borrowed, 1), else_=0)
    place = func.row_number().over(partition_by=(entries.c.outlet, kind), order_by=(at.desc(), entries.c.id.desc()))
    ranked = (
        select(copies.c.entry_id, place.label("place"))
        .join(entries, entries.c.id == copies.c.entry_id)
        .outerjoin(source, source.c.id == copies.c.of)
        .where(_within(start, end))
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


def _alarmed(names: Collection[str], table: FromClause = copies) -> ColumnElement[bool]:
    """Whether any of these alarms is raised."""
    return or_(*(type_coerce(table.c.alarms, Text).contains(f'"{name}"') for name in sorted(names)))


def printed(db: Database, starts: Sequence[datetime], end: datetime) -> tuple[dict[str, int], ...]:
    """For each start of a period outlet to how many of its grouped entries were first seen in it; none is left out."""
    since = [func.count().filter(entries.c.first_seen > start) for start in starts]
    wanted = (
        select(entries.c.outlet, *since)
        .join(copies, copies.c.entry_id == entries.c.id)
        .where(_within(min(starts), end))
        .group_by(entries.c.outlet)
    )
    with db.reading() as connection:
        rows = connection.execute(wanted).all()
    return tuple({row[0]: row[place] for row in rows if row[place]} for place in range(1, len(starts) + 1))


def _within(start: datetime, end: datetime, table: FromClause = entries) -> ColumnElement[bool]:
    return (table.c.first_seen > start) & (table.c.first_seen <= end)


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
