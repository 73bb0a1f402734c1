"""What goes out, and what people decide."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    make_editions()
    make_edition_stories()
    make_outbox()
    make_leases()
    make_overrides()


def column(name: str, kind: Any, comment: str, *, null: bool = False, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null, comment=comment, **options)


def make_editions() -> None:
    op.create_table(
        "editions",
        column("name", sa.Text(), "The digest"),
        column("day", sa.Date(), "The local day it is for"),
        column("number", sa.Integer(), "Counts the digest's editions from 1"),
        column("made_at", TIME, "When it was made"),
        column("start", TIME, "Beginning of its window"),
        column("end", TIME, "End of its window"),
        column("headline", sa.Text(), "Its first headline"),
        column("payload", sa.Text(), "Everything that its pages show"),
        sa.PrimaryKeyConstraint("name", "day", name="pk_editions"),
        comment="Issues of digests, as published",
    )


def make_edition_stories() -> None:
    op.create_table(
        "edition_stories",
        column("name", sa.Text(), "The digest"),
        column("day", sa.Date(), "The edition"),
        column("story", KEY, "The story, by its id at that time", autoincrement=False),
        column("position", sa.Integer(), "Rank in the edition, from 0"),
        column("outlets", sa.Integer(), "Outlets that carried it then"),
        column("pieces", sa.Integer(), "Pieces it had then"),
        column("revisions", sa.Integer(), "Changes its entries had seen by then"),
        column("led", sa.Boolean(), "Whether it stood among the leads"),
        sa.PrimaryKeyConstraint("name", "day", "story", name="pk_edition_stories"),
        comment="How each story stood in each edition",
    )
    op.create_index("ix_edition_stories_story", "edition_stories", ["story"])


def make_outbox() -> None:
    op.create_table(
        "outbox",
        column("id", KEY, "Grows with time"),
        column("name", sa.Text(), "The digest"),
        column("day", sa.Date(), "The edition"),
        column("recipient", sa.Text(), "Address"),
        column("recipient_key", sa.LargeBinary(), "Short key of recipient"),
        column("message_id", sa.Text(), "Message-ID, the same at every attempt"),
        column("message", sa.LargeBinary(), "The message as it is sent; emptied when it is past the age limit"),
        column("state", sa.Text(), "queued, deferred, sent or refused"),
        column("attempts", sa.Integer(), "Attempts so far"),
        column("queued_at", TIME, "When it was queued"),
        column("next_attempt_at", TIME, "Not before; empty: at once, or never again", null=True),
        column("last_attempt_at", TIME, "Last attempt", null=True),
        column("last_reply", sa.Text(), "The server's last words"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        comment="One message for each recipient of each edition",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_state", "outbox", ["state"])
    op.create_index("uq_outbox_name_day_recipient_key", "outbox", ["name", "day", "recipient_key"], unique=True)


def make_leases() -> None:
    op.create_table(
        "leases",
        column("name", sa.Text(), "The job"),
        column("worker", sa.Text(), "Who does it"),
        column("until", TIME, "When another may take over"),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
        comment="Jobs that one process at a time may do",
    )


def make_overrides() -> None:
    op.create_table(
        "overrides",
        column("id", KEY, "Grows with time"),
        column("kind", sa.Text(), "merge, split, pin-original, never-join"),
        column("arguments", sa.Text(), "What it is about"),
        column("made_at", TIME, "When"),
        column("undone_at", TIME, "When it was taken back", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_overrides"),
        comment="Corrections by hand, never edited or removed",
        sqlite_autoincrement=True,
    )
