"""Jobs that one process at a time may do: grouping, publishing, sending. Who dies loses the job when its time is up."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from aggregator.store.database import Database
from aggregator.store.feeds import CLOCK_SLACK
from aggregator.store.tables import leases
from aggregator.store.upserts import insert_for


def acquire(db: Database, name: str, worker: str, *, now: datetime, duration: timedelta) -> bool:
    """Take or renew a job for `duration`; False while another worker holds it."""
    until = now + duration
    with db.writing() as connection:
        wanted = insert_for(connection, leases).values(name=name, worker=worker, until=until)
        free = or_(leases.c.worker == worker, leases.c.until <= now, leases.c.until > until + CLOCK_SLACK)
        taken = wanted.on_conflict_do_update(
            index_elements=["name"], set_={"worker": worker, "until": until}, where=free
        ).returning(leases.c.name)
        return connection.execute(taken).first() is not None


def give_back(db: Database, name: str, worker: str) -> None:
    """Let others have the job at once; does nothing for a worker that no longer holds it."""
    with db.writing() as connection:
        connection.execute(delete(leases).where(leases.c.name == name, leases.c.worker == worker))


def holders(db: Database) -> tuple[str, ...]:
    """The workers that hold jobs, lapsed ones too: a caller may know that one of them is dead."""
    with db.reading() as connection:
        return tuple(sorted(connection.execute(select(leases.c.worker).distinct()).scalars()))


def give_back_all(db: Database, worker: str) -> None:
    """Let others have every job of a worker that is known to be dead."""
    with db.writing() as connection:
        connection.execute(delete(leases).where(leases.c.worker == worker))
