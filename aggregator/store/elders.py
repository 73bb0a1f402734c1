"""Documents from beyond the window, by address: texts are compared within it only, addresses for ever."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from aggregator.dedup.records import Fingerprint
from aggregator.store.columns import key_of
from aggregator.store.database import Database
from aggregator.store.tables import entries
from aggregator.store.tables import fingerprints as fingerprint_rows
from aggregator.store.upserts import portions


def fingerprints_at(db: Database, addresses: Collection[str], *, before: datetime) -> dict[str, Fingerprint]:
    """What is kept of documents older than `before`, for those of the canonical addresses where one is; the latest."""
    found: dict[str, Fingerprint] = {}
    with db.reading() as connection:
        for portion in portions(sorted({key_of(address) for address in addresses})):
            wanted = (
                select(fingerprint_rows)
                .join(entries, entries.c.id == fingerprint_rows.c.key)
                .where(entries.c.url_key.in_(portion), fingerprint_rows.c.at < before)
                .order_by(fingerprint_rows.c.at, fingerprint_rows.c.key)
            )
            found |= {row["url"]: Fingerprint(**row) for row in connection.execute(wanted).mappings()}
    return {address: found[address] for address in addresses if address in found}
