"""The request log: the last polls of each feed, and what was set after each (etiquette rule 26)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Delete, Row, bindparam, delete, func, insert, select

from aggregator.model import FeedPlan, Validators
from aggregator.store.database import Database
from aggregator.store.tables import requests
from aggregator.store.upserts import portions


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One poll as the request log keeps it; `had_validators`: a conditional request was possible.

    `conditional` (validators were sent) and `validators_changed` are None in rows of older programs.
    """

    id: int
    feed_id: int
    url: str
    at: datetime
    status: str
    http_status: int | None
    detail: str
    body_bytes: int
    had_validators: bool
    new: int
    changed: int
    next_poll_at: datetime | None
    next_poll_why: str
    conditional: bool | None
    validators_changed: bool | None


def request_log(db: Database, feed_id: int | None = None) -> tuple[RequestRow, ...]:
    """The polls that are kept, oldest first; of one feed or of all."""
    wanted = select(requests).order_by(requests.c.id)
    if feed_id is not None:
        wanted = wanted.where(requests.c.feed_id == feed_id)
    with db.reading() as connection:
        return tuple(RequestRow(**row) for row in connection.execute(wanted).mappings())


def log_row(plan: FeedPlan, before: Row[Any], at: datetime, *, new: int = 0, changed: int = 0) -> dict[str, Any]:
    """The row of one poll; `before` is the feed's row as it stood, `at` when it was asked."""
    stored = Validators(etag=before.etag, last_modified=before.last_modified)
    return {
        "feed_id": before.id,
        "url": before.moved_url or before.url,
        "at": at,
        "status": plan.status,
        "http_status": plan.http_status,
        "detail": plan.detail,
        "body_bytes": plan.body_bytes,
        "had_validators": not before.ignore_validators and stored != Validators(),
        "new": new,
        "changed": changed,
        "next_poll_at": plan.feed.next_poll_at,
        "next_poll_why": plan.feed.next_poll_why,
        "conditional": plan.conditional,
        "validators_changed": plan.feed.validators != stored,
    }


def _surplus() -> Delete:
    """The rows beyond `keep` of each feed of `fed`, the oldest."""
    rank = func.row_number().over(partition_by=requests.c.feed_id, order_by=requests.c.id.desc())
    own = requests.c.feed_id.in_(bindparam("fed", expanding=True))
    ranked = select(requests.c.id, rank.label("rank")).where(own).subquery()
    return delete(requests).where(requests.c.id.in_(select(ranked.c.id).where(ranked.c.rank > bindparam("keep"))))


SURPLUS = _surplus()
"""Built once: putting a statement together takes as long as running it."""


def append(connection: Connection, rows: Sequence[dict[str, Any]], keep: int) -> None:
    """Add the rows and drop the oldest beyond `keep` of each feed."""
    connection.execute(insert(requests), list(rows))
    for portion in portions(sorted({row["feed_id"] for row in rows})):
        connection.execute(SURPLUS, {"fed": portion, "keep": keep})
