"""What polls brought: feeds, the request log, entries and their earlier versions.

Bodies stand last in their rows: SQLite then reads the small columns without touching overflow pages.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Double, Index, Integer, SmallInteger, Table, text

from aggregator.store.columns import Bytes, CleanText, JsonText, Key, Seconds, ShortText, UtcTime
from aggregator.store.tables.schema import column, metadata, reference

feeds = Table(
    "feeds",
    metadata,
    column("id", Key, "Stable number of the feed", primary_key=True),
    column("url", CleanText, "Address as the config gives it"),
    column("url_key", Bytes, "Short key of url", unique=True),
    column("moved_url", CleanText, "Address that permanent redirects led to; polled instead of url", null=True),
    column("moved_key", Bytes, "Short key of moved_url", null=True),
    column("configured_title", CleanText, "Title from the config; wins over the feed's own", null=True),
    column("outlet", CleanText, "Outlet from the config", null=True),
    column("category", CleanText, "Category from the config", null=True),
    column("interval", Seconds, "Interval from the config, seconds", null=True),
    column("ignore_validators", Boolean, "From the config: never ask conditionally"),
    column("settings", Bytes, "Key of interval, headers and authorisation: a change lets a stopped feed go on"),
    column("retired_at", UtcTime, "When the config stopped listing the feed; its entries stay", null=True),
    column("added_at", UtcTime, "When the config first listed the feed"),
    column("title", CleanText, "The feed's own title"),
    column("site_url", CleanText, "The site that the feed names as its own", null=True),
    column("language", ShortText, "The feed's declared language", null=True),
    column("publisher_interval", Seconds, "Time between polls that the feed's document asks for, seconds", null=True),
    column("skip_hours", JsonText, "List of UTC hours at which the feed asks not to be polled"),
    column("skip_days", JsonText, "List of UTC weekdays at which the feed asks not to be polled"),
    column("etag", CleanText, "ETag of the last good answer, byte for byte", null=True),
    column("last_modified", CleanText, "Last-Modified of the last good answer, byte for byte", null=True),
    column("body_hash", Bytes, "Hash of the last good body", null=True),
    column("last_success", UtcTime, "Last good answer, 304 included", null=True),
    column("last_new", UtcTime, "Last time that something new came", null=True),
    column("last_attempt", UtcTime, "Last poll, whatever came of it", null=True),
    column("last_status", ShortText, "Outcome of the last poll in a word", null=True),
    column("last_error", CleanText, "Why the last poll failed, for people", null=True),
    column("failures", Integer, "Failed polls in a row"),
    column("gone", Boolean, "Stopped until the config changes (410 and the like)"),
    column("next_poll_at", UtcTime, "Due time; empty: stopped", null=True),
    column("next_poll_why", CleanText, "Why then, for people"),
    column("lease_worker", ShortText, "Who polls it now", null=True),
    column("lease_until", UtcTime, "When that claim lapses", null=True),
    column("pace", Seconds, "Our own interval as adapted to the feed's rhythm, seconds", null=True),
    column("overlap", Double, "Share of known items at the last poll on time, 0 to 1", null=True),
    column("usual_gap", Seconds, "Running mean of the time between news, seconds", null=True),
    column("last_document", UtcTime, "Last time that a whole document came, changed or not", null=True),
    column("move_url", CleanText, "Where permanent redirects lead, while that is being watched", null=True),
    column("move_since", UtcTime, "When that was first seen", null=True),
    column("move_polls", Integer, "On how many polls in a row", null=True),
    column("item_keys", Bytes, "Keys of the last document's items, eight bytes each", null=True),
    Index("ix_feeds_next_poll_at", "next_poll_at"),
    comment="Every polled address, what the config says of it and what polls have shown",
    sqlite_autoincrement=True,
)

requests = Table(
    "requests",
    metadata,
    column("id", Key, "Grows with time", primary_key=True),
    column("feed_id", Key, "The feed", reference("feeds.id")),
    column("url", CleanText, "Address asked"),
    column("at", UtcTime, "When"),
    column("status", ShortText, "Outcome in a word: new, unchanged, not-modified, or the kind of failure"),
    column("http_status", Integer, "Status line's number", null=True),
    column("detail", CleanText, "Outcome for people"),
    column("body_bytes", Key, "Size of the decoded body"),
    column("had_validators", Boolean, "Whether a conditional request was possible"),
    column("new", Integer, "New entries"),
    column("changed", Integer, "Changed entries"),
    column("next_poll_at", UtcTime, "Due time set by this poll", null=True),
    column("next_poll_why", CleanText, "Why then"),
    column("conditional", Boolean, "Whether validators were sent", null=True),
    column("validators_changed", Boolean, "Whether the answer changed the stored validators", null=True),
    Index("ix_requests_feed_id_id", "feed_id", "id"),
    comment="The last polls of each feed",
    sqlite_autoincrement=True,
)

holds = Table(
    "holds",
    metadata,
    column("host", ShortText, "What shares one server's patience", primary_key=True),
    column("until", UtcTime, "When it may be asked again"),
    comment="Hosts that answered 429: none of their feeds is asked before the time",
)

robots = Table(
    "robots",
    metadata,
    column("url", ShortText, "Where it stands", primary_key=True),
    column("asked_at", UtcTime, "When it was asked last"),
    column("etag", CleanText, "ETag of the last answer, byte for byte", null=True),
    column("last_modified", CleanText, "Last-Modified of the last answer, byte for byte", null=True),
    column("rules", JsonText, "List of allowed and path pattern, those for us"),
    comment="What sites let us fetch beside their feeds",
)

WAITING = text("work > 0")

entries = Table(
    "entries",
    metadata,
    column("id", Key, "Grows with arrival, never used twice", primary_key=True),
    column("feed_id", Key, "The feed", reference("feeds.id")),
    column("guid_key", Bytes, "Short key of guid"),
    column("url_key", Bytes, "Short key of url", null=True),
    column("link_key", Bytes, "Short key of link", null=True),
    column("outlet", ShortText, "Who publishes it"),
    column("piece_id", Key, "The piece it belongs to; empty until grouped", null=True),
    column("work", SmallInteger, "0 grouped, 1 waits for grouping, 2 taken up by the grouper"),
    column("revisions", Integer, "How often it changed"),
    column("first_seen", UtcTime, "When it first came"),
    column("seen_after", UtcTime, "The feed's last good poll before that, at which it was not there", null=True),
    column("published", UtcTime, "Claimed time of publication", null=True),
    column("updated", UtcTime, "Claimed time of the last change", null=True),
    column("language", ShortText, "Language", null=True),
    column("digest", Bytes, "Hash of what a reader can see"),
    column("guid", CleanText, "The feed's name for it, unique within the feed"),
    column("link", CleanText, "Address as given", null=True),
    column("url", CleanText, "Canonical form of link", null=True),
    column("title", CleanText, "Title"),
    column("authors", JsonText, "List of names"),
    column("tags", JsonText, "List of tags"),
    column("enclosures", JsonText, "List of url, type, length"),
    column("source_name", CleanText, "Declared source's name", null=True),
    column("source_url", CleanText, "Declared source's address", null=True),
    column("publisher", CleanText, "Publisher that its page names and nobody knows", null=True),
    column("summary", CleanText, "The feed's short form, as sent"),
    column("text", CleanText, "Plain text of the body"),
    column("html", CleanText, "The body as sent, not cleaned"),
    column("feed_text", CleanText, "The feed's own text where text is that of the article's page", null=True),
    Index("uq_entries_feed_id_guid_key", "feed_id", "guid_key", unique=True),
    Index("ix_entries_url_key", "url_key"),
    Index("ix_entries_link_key", "link_key"),
    Index("ix_entries_piece_id", "piece_id"),
    Index("ix_entries_first_seen", "first_seen"),
    Index("ix_entries_feed_id_outlet", "feed_id", "outlet"),
    # on PostgreSQL of the same rows only (first migration): to say so here would load that dialect at every start
    Index("ix_entries_work", "id", sqlite_where=WAITING),
    comment="Items of feeds as they stand now",
    sqlite_autoincrement=True,
)

revisions = Table(
    "revisions",
    metadata,
    column("entry_id", Key, "The entry", reference("entries.id"), primary_key=True, autoincrement=False),
    column("number", Integer, "0 is the first version", primary_key=True, autoincrement=False),
    column("replaced_at", UtcTime, "Until when it stood there"),
    column("title", CleanText, "Title then"),
    column("link", CleanText, "Link then", null=True),
    column("text", CleanText, "Plain text then"),
    column("updated", UtcTime, "Claimed time of change then", null=True),
    Index("ix_revisions_replaced_at", "replaced_at"),
    comment="Earlier versions of entries",
)

tombstones = Table(
    "tombstones",
    metadata,
    column("feed_id", Key, "The feed", reference("feeds.id"), primary_key=True, autoincrement=False),
    column("guid_key", Bytes, "Short key of guid", primary_key=True),
    column("url_key", Bytes, "Short key of url", null=True),
    column("entry_id", Key, "The id it had"),
    column("guid", CleanText, "The feed's name for it"),
    column("url", CleanText, "Canonical address", null=True),
    column("outlet", ShortText, "Who published it"),
    column("first_seen", UtcTime, "When it first came"),
    column("digest", Bytes, "Hash of what stood there"),
    column("purged_at", UtcTime, "The age limit that it fell under"),
    comment="What was purged by age, so that a feed that still lists it does not bring it back",
)
