"""The records that travel between layers. This module knows `history` alone and does nothing.

Every record is frozen, slotted, keyword-only; every datetime aware UTC. Foreign texts stand as they came, not cleaned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from aggregator.history import NOTHING_LEARNT, History

# ---------------------------------------------------------------- parsed documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that belongs to an entry (RSS enclosure, Atom link rel=enclosure, Media RSS content)."""

    url: str
    type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """One item as its feed gives it: `html` is the fullest body, not cleaned, `summary` the feed's shorter one."""

    guid: str | None = None
    link: str | None = None
    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    html: str = ""
    summary: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    source_name: str | None = None
    source_url: str | None = None
    """Declared source: RSS `source`, `atom:source`, `dc:source`, JSON Feed `external_url`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A readable feed document. `ttl` and `update_period` are the publisher's wish for the time between polls."""

    format: str
    title: str = ""
    link: str | None = None
    language: str | None = None
    entries: tuple[ParsedEntry, ...] = ()
    ttl: timedelta | None = None
    update_period: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()
    """What had to be repaired or left out, in words for the feed's owner."""
    whole: bool = True  # False when the document broke off on its way


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """The document is no feed; `reason` is one line that names what it is instead, as far as can be told."""

    reason: str


# ---------------------------------------------------------------- answers of servers


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave for the next conditional request, byte for byte (header text as latin-1)."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHints:
    """How long the server says its answer stays good, measured against its own clock (RFC 9111, RFC 9110 10.2.3)."""

    max_age: timedelta | None = None
    """Freshness left: max-age less Age, else Expires less Date; None when absent or `no-cache`."""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A whole body. `permanent_url` is set when every hop (or the first ones) was permanent and led elsewhere."""

    url: str
    status: int
    body: bytes
    content_type: str | None = None
    validators: Validators = Validators()
    hints: ServerHints = ServerHints()
    permanent_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """304. `validators` holds only what the answer carried: an absent one must not clear the stored one."""

    validators: Validators = Validators()
    hints: ServerHints = ServerHints()
    permanent_url: str | None = None


class FailureKind(StrEnum):
    """Why nothing came; each kind has its own reaction in `polling`."""

    DNS = "dns"
    REFUSED_ADDRESS = "refused-address"
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too-large"
    REDIRECT = "redirect"
    PROTOCOL = "protocol"
    GONE = "gone"
    NOT_FOUND = "not-found"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate-limited"
    SERVER = "server"
    CLIENT = "client"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    INTERNAL = "internal"
    OFFLINE = "offline"  # no host answered at all: the fault is on our side
    HELD = "held"  # not asked, since another feed of the host was told to wait


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFailed:
    """No usable answer. `detail` is one line for people; `status` is None when no status line came."""

    kind: FailureKind
    detail: str
    status: int | None = None
    hints: ServerHints = ServerHints()


Outcome: TypeAlias = Fetched | Unchanged | FetchFailed

# ---------------------------------------------------------------- what is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One polled URL and all that is known of it."""

    id: int
    url: str
    title: str = ""
    site_url: str | None = None
    outlet: str | None = None  # name or domain as configured; None: each entry's link decides
    category: str | None = None
    language: str | None = None
    interval: timedelta | None = None  # from the config; None: the general one
    ignore_validators: bool = False
    publisher_interval: timedelta | None = None
    """The longer of ttl and update period in the last readable document, kept for the polls that answer 304."""
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[str] = frozenset()
    validators: Validators = Validators()
    body_hash: bytes | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None
    last_attempt: datetime | None = None
    last_error: str | None = None
    failures: int = 0
    gone: bool = False
    next_poll_at: datetime | None = None
    next_poll_why: str = ""
    history: History = NOTHING_LEARNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of one feed as it stands now; `id` 0 while it is not stored yet.

    `text` is the body's plain text with one paragraph a line; `digest` a hash of all that a reader can see of the
    item, so that an edit is told from a repeat; `url` is the canonical form of `link`, made only for comparing.
    Where `text` is that of the article's page, `feed_text` is the feed's own, and `digest` is of that.
    """

    id: int = 0
    feed_id: int
    outlet: str
    guid: str
    link: str | None
    url: str | None
    title: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    first_seen: datetime
    language: str | None = None
    tags: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    html: str = ""
    summary: str = ""
    text: str = ""
    feed_text: str | None = None
    source_name: str | None = None
    source_url: str | None = None
    publisher: str | None = None  # whom its page names, where nobody knows an outlet of that name: no credit
    digest: bytes = b""
    revisions: int = 0
    piece_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """An earlier version of an entry: what stood there until `replaced_at`."""

    entry_id: int
    replaced_at: datetime
    title: str
    link: str | None
    text: str
    updated: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPlan:
    """All that one poll changes, saved in one transaction."""

    feed: Feed
    """The feed as it will stand: validators, hash, counters, next poll."""
    new: tuple[Entry, ...] = ()
    changed: tuple[Entry, ...] = ()
    """Entries (with their ids) as they stand now; the store keeps the version before as a revision."""
    status: str = ""
    """The outcome in a word: `new`, `unchanged`, `not-modified` or a `FailureKind`; `conditional`: 304 was possible."""
    detail: str = ""
    http_status: int | None = None
    body_bytes: int = 0
    conditional: bool = False


# ---------------------------------------------------------------- copies, pieces, stories


class Role(StrEnum):
    """What one entry is within its piece."""

    ORIGINAL = "original"
    REPUBLICATION = "republication"
    EXCERPT = "excerpt"
    UPDATE = "update"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What a copy says of where its text came from. `outlet` is set when the name or link resolves to one."""

    name: str
    url: str | None = None
    outlet: str | None = None
    quote: str = ""
    position: str = ""
    """`head`, `foot`, `byline`, `markup` (feed or page metadata) or `link`."""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One entry's place in its piece, with the evidence. Measures are against `of`'s text, boilerplate left out.

    `containment` is the shared part of the shorter text, `of_original` of the text of `of`, `of_copy` of the copy's
    own; all in [0, 1], None where nothing was compared.
    """

    entry_id: int
    role: Role
    of: int | None = None
    jaccard: float | None = None
    containment: float | None = None
    of_original: float | None = None
    of_copy: float | None = None
    credit: Credit | None = None
    alarms: tuple[str, ...] = ()
    """`no-credit`, `credits-copy`, `mutual-credit`, `claimed-before-original`, `claimed-in-future`."""
    evidence: tuple[tuple[str, str], ...] = ()
    """(label, fact) rows in words: stage, measures, thresholds, role, dates, versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One text, whoever prints it; `id` is its founding entry's id, `copies` holds every member, original included."""

    id: int
    original: int | None
    confidence: float
    copies: tuple[Copy, ...]
    quoted_in: tuple[int, ...] = ()
    aliases: tuple[int, ...] = ()
    """Ids of pieces that this one absorbed: their addresses lead here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """The pieces about one event; `id` is its founding piece's id and never changes, absorbed ids become `aliases`."""

    id: int
    pieces: tuple[int, ...]
    first_at: datetime
    last_at: datetime
    language: str | None = None
    aliases: tuple[int, ...] = ()
    continues: int | None = None
    see_also: tuple[int, ...] = ()
