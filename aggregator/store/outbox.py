"""Messages and what became of them, one row for each recipient of each edition."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from sqlalchemy import or_, select, update

from aggregator.store.database import Database
from aggregator.store.tables import outbox

QUEUED, DEFERRED, SENT, REFUSED = "queued", "deferred", "sent", "refused"
"""Waiting for a first attempt, waiting for another, done, and given up."""

State: TypeAlias = Literal["sent", "deferred", "refused"]
"""What an attempt can come to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """One message to one recipient."""

    id: int
    name: str
    day: date
    recipient: str
    message_id: str
    message: bytes
    state: str
    attempts: int
    next_attempt_at: datetime | None
    last_reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one message, without its bytes."""

    name: str
    day: date
    recipient: str
    message_id: str
    state: str
    attempts: int
    queued_at: datetime
    last_attempt_at: datetime | None
    next_attempt_at: datetime | None
    last_reply: str


def unsent(
    db: Database, *, now: datetime, name: str | None = None, day: date | None = None, limit: int
) -> tuple[OutboxRow, ...]:
    """Messages whose time has come, oldest first; of one digest or day, or of all.

    One sender at a time may act on them (see `leases`).
    """
    timely = or_(outbox.c.next_attempt_at.is_(None), outbox.c.next_attempt_at <= now)
    fields = [outbox.c[field] for field in OutboxRow.__slots__]
    wanted = select(*fields).where(outbox.c.state.in_([QUEUED, DEFERRED]), timely)
    if name is not None:
        wanted = wanted.where(outbox.c.name == name)
    if day is not None:
        wanted = wanted.where(outbox.c.day == day)
    with db.reading() as connection:
        rows = connection.execute(wanted.order_by(outbox.c.id).limit(limit)).mappings()
        return tuple(OutboxRow(**row) for row in rows)


def record(
    db: Database,
    row_id: int,
    *,
    state: State,
    reply: str,
    next_attempt_at: datetime | None,
    now: datetime,
) -> None:
    """Keep the server's answer to one attempt; what was sent once stays sent, whoever reports later."""
    attempt = update(outbox).where(outbox.c.id == row_id, outbox.c.state != SENT)
    answer = {"state": state, "last_reply": reply, "next_attempt_at": next_attempt_at, "last_attempt_at": now}
    with db.writing() as connection:
        connection.execute(attempt.values(answer | {"attempts": outbox.c.attempts + 1}))


def deliveries(db: Database) -> tuple[Delivery, ...]:
    """Every message's state, newest edition first."""
    fields = [outbox.c[field] for field in Delivery.__slots__]
    with db.reading() as connection:
        rows = connection.execute(select(*fields).order_by(outbox.c.day.desc(), outbox.c.id)).mappings()
        return tuple(Delivery(**row) for row in rows)
