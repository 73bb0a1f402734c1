"""Jobs that one process at a time may do: grouping, publishing, sending. Who dies loses the job when its time is up."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, or_, select

from aggregator.errors import StoreError
from aggregator.store.database import Database
from aggregator.store.feeds import CLOCK_SLACK
from aggregator.store.tables import leases
from aggregator.store.upserts import insert_for


class Turn(StrEnum):
    """Whose a job is."""

    TAKEN = "taken"
    """Ours from now on: others may have done the job since we had it, if we ever had it."""
    KEPT = "kept"
    """Ours, as it was when we last asked: nobody else has done it since."""
    ELSEWHERE = "elsewhere"


def take(db: Database, name: str, worker: str, *, now: datetime, duration: timedelta) -> Turn:
    """Take or renew a job for `duration`, unless another worker holds it.

    A lease of ours that lapsed is kept all the same while nobody else has taken it: whoever does puts his name there.
    """
    until = now + duration
    with db.writing() as connection:
        # Locked: given back by another between this and the next statement, our own name would seem to have stood.
        had = connection.execute(select(leases.c.worker).where(leases.c.name == name).with_for_update()).scalar()
        wanted = insert_for(connection, leases).values(name=name, worker=worker, until=until)
        free = or_(leases.c.worker == worker, leases.c.until <= now, leases.c.until > until + CLOCK_SLACK)
        taken = wanted.on_conflict_do_update(
            index_elements=["name"], set_={"worker": worker, "until": until}, where=free
        ).returning(leases.c.name)
        if connection.execute(taken).first() is None:
            return Turn.ELSEWHERE
        return Turn.KEPT if had == worker else Turn.TAKEN


def acquire(db: Database, name: str, worker: str, *, now: datetime, duration: timedelta) -> bool:
    """Take or renew a job for `duration`; False while another worker holds it."""
    return take(db, name, worker, now=now, duration=duration) is not Turn.ELSEWHERE


def holder(db: Database, name: str) -> str | None:
    """The worker that had the job last and did not give it back; None where it is nobody's."""
    with db.reading() as connection:
        return connection.execute(select(leases.c.worker).where(leases.c.name == name)).scalar()


def require(connection: Connection, name: str, worker: str) -> None:
    """Make sure, within the transaction that does the job, that nobody else has taken it meanwhile.

    Raises StoreError; a job that nobody holds may be done.
    """
    found = connection.execute(select(leases.c.worker).where(leases.c.name == name).with_for_update()).scalar()
    if found not in {None, worker}:
        raise StoreError(f"{found} does this job now ({name}): nothing was saved, and the work is left to it")


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
