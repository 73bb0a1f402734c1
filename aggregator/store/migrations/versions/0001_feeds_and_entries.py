"""What polls bring: feeds, the request log, entries and their earlier versions."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)
WAITING = sa.text("work > 0")


def upgrade() -> None:
    make_feeds()
    make_requests()
    make_entries()
    make_revisions()
    make_tombstones()


def column(name: str, kind: Any, comment: str, *, null: bool = False, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null, comment=comment, **options)


def make_feeds() -> None:
    op.create_table(
        "feeds",
        column("id", KEY, "Stable number of the feed"),
        column("url", sa.Text(), "Address as the config gives it"),
        column("url_key", sa.LargeBinary(), "Short key of url"),
        column("moved_url", sa.Text(), "Address that permanent redirects led to; polled instead of url", null=True),
        column("moved_key", sa.LargeBinary(), "Short key of moved_url", null=True),
        column("configured_title", sa.Text(), "Title from the config; wins over the feed's own", null=True),
        column("outlet", sa.Text(), "Outlet from the config", null=True),
        column("category", sa.Text(), "Category from the config", null=True),
        column("interval", sa.Double(), "Interval from the config, seconds", null=True),
        column("ignore_validators", sa.Boolean(), "From the config: never ask conditionally"),
        column(
            "settings",
            sa.LargeBinary(),
            "Key of interval, headers and authorisation: a change lets a stopped feed go on",
        ),
        column("retired_at", TIME, "When the config stopped listing the feed; its entries stay", null=True),
        column("added_at", TIME, "When the config first listed the feed"),
        column("title", sa.Text(), "The feed's own title"),
        column("site_url", sa.Text(), "The site that the feed names as its own", null=True),
        column("language", sa.Text(), "The feed's declared language", null=True),
        column(
            "publisher_interval",
            sa.Double(),
            "Time between polls that the feed's document asks for, seconds",
            null=True,
        ),
        column("skip_hours", sa.Text(), "List of UTC hours at which the feed asks not to be polled"),
        column("skip_days", sa.Text(), "List of UTC weekdays at which the feed asks not to be polled"),
        column("etag", sa.Text(), "ETag of the last good answer, byte for byte", null=True),
        column("last_modified", sa.Text(), "Last-Modified of the last good answer, byte for byte", null=True),
        column("body_hash", sa.LargeBinary(), "Hash of the last good body", null=True),
        column("last_success", TIME, "Last good answer, 304 included", null=True),
        column("last_new", TIME, "Last time that something new came", null=True),
        column("last_attempt", TIME, "Last poll, whatever came of it", null=True),
        column("last_status", sa.Text(), "Outcome of the last poll in a word", null=True),
        column("last_error", sa.Text(), "Why the last poll failed, for people", null=True),
        column("failures", sa.Integer(), "Failed polls in a row"),
        column("gone", sa.Boolean(), "Stopped until the config changes (410 and the like)"),
        column("next_poll_at", TIME, "Due time; empty: stopped", null=True),
        column("next_poll_why", sa.Text(), "Why then, for people"),
        column("lease_worker", sa.Text(), "Who polls it now", null=True),
        column("lease_until", TIME, "When that claim lapses", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.UniqueConstraint("url_key", name="uq_feeds_url_key"),
        comment="Every polled address, what the config says of it and what polls have shown",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feeds_next_poll_at", "feeds", ["next_poll_at"])


def make_requests() -> None:
    op.create_table(
        "requests",
        column("id", KEY, "Grows with time"),
        column("feed_id", KEY, "The feed"),
        column("url", sa.Text(), "Address asked"),
        column("at", TIME, "When"),
        column("status", sa.Text(), "Outcome in a word: new, unchanged, not-modified, or the kind of failure"),
        column("http_status", sa.Integer(), "Status line's number", null=True),
        column("detail", sa.Text(), "Outcome for people"),
        column("body_bytes", KEY, "Size of the decoded body"),
        column("had_validators", sa.Boolean(), "Whether a conditional request was possible"),
        column("new", sa.Integer(), "New entries"),
        column("changed", sa.Integer(), "Changed entries"),
        column("next_poll_at", TIME, "Due time set by this poll", null=True),
        column("next_poll_why", sa.Text(), "Why then"),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_requests_feed_id", ondelete="CASCADE"),
        comment="The last polls of each feed",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_requests_feed_id_id", "requests", ["feed_id", "id"])


def make_entries() -> None:
    op.create_table(
        "entries",
        column("id", KEY, "Grows with arrival, never used twice"),
        column("feed_id", KEY, "The feed"),
        column("guid_key", sa.LargeBinary(), "Short key of guid"),
        column("url_key", sa.LargeBinary(), "Short key of url", null=True),
        column("link_key", sa.LargeBinary(), "Short key of link", null=True),
        column("outlet", sa.Text(), "Who publishes it"),
        column("piece_id", KEY, "The piece it belongs to; empty until grouped", null=True),
        column("work", sa.SmallInteger(), "0 grouped, 1 waits for grouping, 2 taken up by the grouper"),
        column("revisions", sa.Integer(), "How often it changed"),
        column("first_seen", TIME, "When it first came"),
        column("seen_after", TIME, "The feed's last good poll before that, at which it was not there", null=True),
        column("published", TIME, "Claimed time of publication", null=True),
        column("updated", TIME, "Claimed time of the last change", null=True),
        column("language", sa.Text(), "Language", null=True),
        column("digest", sa.LargeBinary(), "Hash of what a reader can see"),
        column("guid", sa.Text(), "The feed's name for it, unique within the feed"),
        column("link", sa.Text(), "Address as given", null=True),
        column("url", sa.Text(), "Canonical form of link", null=True),
        column("title", sa.Text(), "Title"),
        column("authors", sa.Text(), "List of names"),
        column("tags", sa.Text(), "List of tags"),
        column("enclosures", sa.Text(), "List of url, type, length"),
        column("source_name", sa.Text(), "Declared source's name", null=True),
        column("source_url", sa.Text(), "Declared source's address", null=True),
        column("summary", sa.Text(), "The feed's short form, as sent"),
        column("text", sa.Text(), "Plain text of the body"),
        column("html", sa.Text(), "The body as sent, not cleaned"),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_entries_feed_id", ondelete="CASCADE"),
        comment="Items of feeds as they stand now",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entries_feed_id_outlet", "entries", ["feed_id", "outlet"])
    op.create_index("ix_entries_first_seen", "entries", ["first_seen"])
    op.create_index("ix_entries_link_key", "entries", ["link_key"])
    op.create_index("ix_entries_piece_id", "entries", ["piece_id"])
    op.create_index("ix_entries_url_key", "entries", ["url_key"])
    op.create_index("ix_entries_work", "entries", ["id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("uq_entries_feed_id_guid_key", "entries", ["feed_id", "guid_key"], unique=True)


def make_revisions() -> None:
    op.create_table(
        "revisions",
        column("entry_id", KEY, "The entry", autoincrement=False),
        column("number", sa.Integer(), "0 is the first version"),
        column("replaced_at", TIME, "Until when it stood there"),
        column("title", sa.Text(), "Title then"),
        column("link", sa.Text(), "Link then", null=True),
        column("text", sa.Text(), "Plain text then"),
        column("updated", TIME, "Claimed time of change then", null=True),
        sa.PrimaryKeyConstraint("entry_id", "number", name="pk_revisions"),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_revisions_entry_id", ondelete="CASCADE"),
        comment="Earlier versions of entries",
    )
    op.create_index("ix_revisions_replaced_at", "revisions", ["replaced_at"])


def make_tombstones() -> None:
    op.create_table(
        "tombstones",
        column("feed_id", KEY, "The feed", autoincrement=False),
        column("guid_key", sa.LargeBinary(), "Short key of guid"),
        column("url_key", sa.LargeBinary(), "Short key of url", null=True),
        column("entry_id", KEY, "The id it had"),
        column("guid", sa.Text(), "The feed's name for it"),
        column("url", sa.Text(), "Canonical address", null=True),
        column("outlet", sa.Text(), "Who published it"),
        column("first_seen", TIME, "When it first came"),
        column("digest", sa.LargeBinary(), "Hash of what stood there"),
        column("purged_at", TIME, "The age limit that it fell under"),
        sa.PrimaryKeyConstraint("feed_id", "guid_key", name="pk_tombstones"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_tombstones_feed_id", ondelete="CASCADE"),
        comment="What was purged by age, so that a feed that still lists it does not bring it back",
    )
