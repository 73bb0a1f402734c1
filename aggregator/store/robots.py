"""What sites' robots.txt files said when they were asked last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from aggregator.model import Validators
from aggregator.store.columns import MAX_SHORT
from aggregator.store.database import Database
from aggregator.store.tables import robots
from aggregator.store.upserts import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsRecord:
    """The rules for us as (allowed, path pattern), and what is needed to ask for them conditionally."""

    url: str
    asked_at: datetime
    validators: Validators
    rules: tuple[tuple[bool, str], ...]


def robots_record(db: Database, url: str) -> RobotsRecord | None:
    """What is known of the file at `url`."""
    with db.reading() as connection:
        row = connection.execute(select(robots).where(robots.c.url == url)).one_or_none()
    if row is None:
        return None
    rules = tuple((bool(allowed), str(pattern)) for allowed, pattern in row.rules)
    validators = Validators(etag=row.etag, last_modified=row.last_modified)
    return RobotsRecord(url=row.url, asked_at=row.asked_at, validators=validators, rules=rules)


def save_robots(db: Database, record: RobotsRecord) -> None:
    """Keep an answer; addresses too long for the index are not kept."""
    if len(record.url) > MAX_SHORT:
        return
    row = {
        "url": record.url,
        "asked_at": record.asked_at,
        "etag": record.validators.etag,
        "last_modified": record.validators.last_modified,
        "rules": [[allowed, pattern] for allowed, pattern in record.rules],
    }
    with db.writing() as connection:
        upsert(connection, robots, [row])
