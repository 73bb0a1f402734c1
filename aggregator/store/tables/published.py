"""What went out and what people decided: editions, messages, leases, corrections by hand."""

from __future__ import annotations

from sqlalchemy import Boolean, Date, Index, Integer, Table

from aggregator.store.columns import Bytes, CleanText, JsonText, Key, ShortText, UtcTime
from aggregator.store.tables.schema import column, metadata

editions = Table(
    "editions",
    metadata,
    column("name", ShortText, "The digest", primary_key=True),
    column("day", Date, "The local day it is for", primary_key=True),
    column("number", Integer, "Counts the digest's editions from 1"),
    column("made_at", UtcTime, "When it was made"),
    column("start", UtcTime, "Beginning of its window"),
    column("end", UtcTime, "End of its window"),
    column("headline", CleanText, "Its first headline"),
    column("payload", JsonText, "Everything that its pages show"),
    comment="Issues of digests, as published",
)

edition_stories = Table(
    "edition_stories",
    metadata,
    column("name", ShortText, "The digest", primary_key=True),
    column("day", Date, "The edition", primary_key=True),
    column("story", Key, "The story, by its id at that time", primary_key=True, autoincrement=False),
    column("position", Integer, "Rank in the edition, from 0"),
    column("outlets", Integer, "Outlets that carried it then"),
    column("pieces", Integer, "Pieces it had then"),
    column("revisions", Integer, "Changes its entries had seen by then"),
    column("led", Boolean, "Whether it stood among the leads"),
    Index("ix_edition_stories_story", "story"),
    comment="How each story stood in each edition",
)

outbox = Table(
    "outbox",
    metadata,
    column("id", Key, "Grows with time", primary_key=True),
    column("name", ShortText, "The digest"),
    column("day", Date, "The edition"),
    column("recipient", CleanText, "Address"),
    column("recipient_key", Bytes, "Short key of recipient"),
    column("message_id", CleanText, "Message-ID, the same at every attempt"),
    column("message", Bytes, "The message as it is sent; emptied when it is past the age limit"),
    column("state", ShortText, "queued, deferred, sent or refused"),
    column("attempts", Integer, "Attempts so far"),
    column("queued_at", UtcTime, "When it was queued"),
    column("next_attempt_at", UtcTime, "Not before; empty: at once, or never again", null=True),
    column("last_attempt_at", UtcTime, "Last attempt", null=True),
    column("last_reply", CleanText, "The server's last words"),
    Index("uq_outbox_name_day_recipient_key", "name", "day", "recipient_key", unique=True),
    Index("ix_outbox_state", "state"),
    comment="One message for each recipient of each edition",
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    column("name", ShortText, "The job", primary_key=True),
    column("worker", ShortText, "Who does it"),
    column("until", UtcTime, "When another may take over"),
    comment="Jobs that one process at a time may do",
)

overrides = Table(
    "overrides",
    metadata,
    column("id", Key, "Grows with time", primary_key=True),
    column("kind", ShortText, "merge, split, pin-original, never-join"),
    column("arguments", JsonText, "What it is about"),
    column("made_at", UtcTime, "When"),
    column("undone_at", UtcTime, "When it was taken back", null=True),
    comment="Corrections by hand, never edited or removed",
    sqlite_autoincrement=True,
)
