"""Editions as they were published, frozen in one transaction with the messages that carry them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from aggregator.digest.edition import EditionSummary
from aggregator.store.columns import key_of
from aggregator.store.database import Database
from aggregator.store.outbox import QUEUED
from aggregator.store.stories import resolve
from aggregator.store.tables import edition_stories, editions, outbox, story_aliases
from aggregator.store.upserts import insert_missing, portions, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionStory:
    """How one story stood in one edition."""

    story: int
    outlets: int
    pieces: int
    revisions: int
    led: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionRecord:
    """One issue. `payload` is a JSON object with all that its pages show; `stories` stand in rank order."""

    name: str
    day: date
    number: int
    made_at: datetime
    start: datetime
    end: datetime
    headline: str
    payload: dict[str, Any]
    stories: tuple[EditionStory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to queue: the bytes as they will be sent."""

    recipient: str
    message_id: str
    message: bytes


def save_edition(db: Database, record: EditionRecord, messages: Sequence[NewMessage], *, now: datetime) -> None:
    """Freeze an edition and queue its messages, in one transaction.

    Saving the same (name, day) again replaces what its pages show and adds recipients; a message that was queued
    once is never changed, so that its Message-ID stands for the same bytes for ever.
    """
    with db.writing() as connection:
        upsert(connection, editions, [edition_row(record)])
        ours = (edition_stories.c.name == record.name) & (edition_stories.c.day == record.day)
        connection.execute(delete(edition_stories).where(ours))
        if rows := story_rows(record):
            connection.execute(insert(edition_stories), rows)
        queued = [outbox_row(record, message, now) for message in messages]
        insert_missing(connection, outbox, queued, ["name", "day", "recipient_key"])


def edition_row(record: EditionRecord) -> dict[str, Any]:
    """An edition's own columns."""
    fields = ("name", "day", "number", "made_at", "start", "end", "headline", "payload")
    return {name: getattr(record, name) for name in fields}


def story_rows(record: EditionRecord) -> list[dict[str, Any]]:
    """One row for each story, in rank order."""
    shared = {"name": record.name, "day": record.day}
    return [shared | asdict(story) | {"position": position} for position, story in enumerate(record.stories)]


def outbox_row(record: EditionRecord, message: NewMessage, now: datetime) -> dict[str, Any]:
    """A message that waits for its first attempt."""
    fresh: dict[str, Any] = {"state": QUEUED, "attempts": 0, "queued_at": now, "last_reply": ""}
    place = {"name": record.name, "day": record.day, "recipient_key": key_of(message.recipient)}
    return asdict(message) | place | fresh


def edition(db: Database, name: str, day: date) -> EditionRecord | None:
    """The edition of a day, None where none was made."""
    with db.reading() as connection:
        return first(connection, select(editions).where(editions.c.name == name, editions.c.day == day))


def every(db: Database, names: Collection[str]) -> tuple[EditionRecord, ...]:
    """The editions of these digests, in the order in which they ended."""
    wanted = select(editions).where(editions.c.name.in_(names)).order_by(editions.c.end, editions.c.name)
    with db.reading() as connection:
        return tuple(record_of(row, stories_of(connection, row.name, row.day)) for row in connection.execute(wanted))


def latest_before(db: Database, name: str, day: date) -> EditionRecord | None:
    """The last edition of an earlier day."""
    earlier = select(editions).where(editions.c.name == name, editions.c.day < day).order_by(editions.c.day.desc())
    with db.reading() as connection:
        return first(connection, earlier.limit(1))


def first(connection: Connection, wanted: Select[Any]) -> EditionRecord | None:
    """The record of a statement's first row."""
    row = connection.execute(wanted).first()
    return None if row is None else record_of(row, stories_of(connection, row.name, row.day))


def record_of(row: Row[Any], stories: tuple[EditionStory, ...]) -> EditionRecord:
    """The record of a row and its stories."""
    return EditionRecord(**row._mapping, stories=stories)  # noqa: SLF001  (SQLAlchemy's documented name)


def stories_of(connection: Connection, name: str, day: date) -> tuple[EditionStory, ...]:
    """How stories stood in an edition, in rank order."""
    fields = [edition_stories.c[field] for field in ("story", "outlets", "pieces", "revisions", "led")]
    wanted = select(*fields).where(edition_stories.c.name == name, edition_stories.c.day == day)
    rows = connection.execute(wanted.order_by(edition_stories.c.position)).mappings()
    return tuple(EditionStory(**row) for row in rows)


def summaries(db: Database, name: str) -> tuple[EditionSummary, ...]:
    """One line for each edition of a digest, oldest first."""
    same = (edition_stories.c.name == editions.c.name) & (edition_stories.c.day == editions.c.day)
    counted = select(func.count()).where(same).scalar_subquery().label("stories")
    wanted = select(editions.c.name, editions.c.day, editions.c.number, counted, editions.c.headline)
    with db.reading() as connection:
        rows = connection.execute(wanted.where(editions.c.name == name).order_by(editions.c.day)).mappings()
        return tuple(EditionSummary(**row) for row in rows)


def payloads(db: Database, first: date, last: date) -> dict[tuple[str, date], dict[str, Any]]:
    """(digest, day) to what its pages show, of the editions of some days, oldest first."""
    wanted = select(editions.c.name, editions.c.day, editions.c.payload)
    between = wanted.where(editions.c.day >= first, editions.c.day <= last).order_by(editions.c.day, editions.c.name)
    with db.reading() as connection:
        return {(row.name, row.day): row.payload for row in connection.execute(between)}


def editions_of_stories(db: Database, ids: Collection[int]) -> dict[int, tuple[date, ...]]:
    """Story to the days on which an edition held it, under any id it has had; stories never shown are left out."""
    with db.reading() as connection:
        now = resolve(connection, ids)
        former = former_ids(connection, now.values())
        days = shown_days(connection, set(former) | set(now.values()))
    shown: dict[int, set[date]] = {}
    for old, dates in days.items():
        shown.setdefault(former.get(old, old), set()).update(dates)
    return {story: tuple(sorted(shown[current])) for story, current in now.items() if current in shown}


def former_ids(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """Old id to present id, for all old ids of these stories."""
    found: dict[int, int] = {}
    for portion in portions(sorted(set(ids))):
        wanted = select(story_aliases.c.alias, story_aliases.c.story_id).where(story_aliases.c.story_id.in_(portion))
        found |= {row.alias: row.story_id for row in connection.execute(wanted)}
    return found


def shown_days(connection: Connection, ids: Collection[int]) -> dict[int, list[date]]:
    """Story id, as it was then, to the days of editions."""
    found: dict[int, list[date]] = {}
    for portion in portions(sorted(ids)):
        wanted = select(edition_stories.c.story, edition_stories.c.day).where(edition_stories.c.story.in_(portion))
        for row in connection.execute(wanted):
            found.setdefault(row.story, []).append(row.day)
    return found


def next_number(db: Database, name: str) -> int:
    """The number of the digest's next new edition, from 1; a remade edition keeps its own."""
    with db.reading() as connection:
        last = connection.execute(select(func.max(editions.c.number)).where(editions.c.name == name)).scalar()
        return 1 if last is None else last + 1
