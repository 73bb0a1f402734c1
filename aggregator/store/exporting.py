"""The store as plain JSON values, in the format that other programs rely on (README.md, "Export").

Times are ISO 8601 in UTC with `Z`. Addresses lose user names, passwords and values of parameters named like secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Connection, Row, select

from aggregator.model import Copy, Piece, Story
from aggregator.store.database import Database
from aggregator.store.feeds import RETIRED
from aggregator.store.pieces import read_pieces
from aggregator.store.stories import assemble, homes, rows_of
from aggregator.store.tables import entries, feeds
from aggregator.store.upserts import portions

SECRET_PARAMETER = re.compile(
    r"((?:^|&)[^=&]*(?:token|secret|passw|pwd|auth|api_?key|sig)[^=&]*|(?:^|&)key)=[^&]+", re.IGNORECASE
)
"""Parameters whose values let their reader in."""

HEADS = ("id", "feed_id", "outlet", "guid", "link", "title", "authors", "published", "first_seen", "updated")
TAILS = ("language", "tags", "enclosures", "piece_id", "revisions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is exported: entries, the pieces that hold them, the stories of those, and every printing's outlet."""

    entries: Sequence[Row[Any]]
    pieces: tuple[Piece, ...]
    stories: tuple[Story, ...]
    printings: dict[int, Row[Any]]
    """Title and outlet of every copy of the pieces that the stories hold."""
    homes: dict[int, int]


def export(db: Database, *, since: datetime | None = None) -> dict[str, list[dict[str, Any]]]:
    """Feeds, entries, pieces and stories; `since` leaves out entries first seen earlier and what they alone make."""
    with db.reading() as connection:
        feed_rows = connection.execute(select(feeds).order_by(feeds.c.id)).all()
        scope = scope_of(connection, since)
    addresses = {row.id: public(row.moved_url or row.url) for row in feed_rows}
    copies = {copy.entry_id: copy for piece in scope.pieces for copy in piece.copies}
    by_id = {piece.id: piece for piece in scope.pieces}
    return {
        "feeds": [feed_value(row) for row in feed_rows],
        "entries": [entry_value(row, addresses, copies.get(row.id), scope.homes) for row in scope.entries],
        "pieces": [piece_value(piece) for piece in scope.pieces],
        "stories": [story_value(story, by_id, scope.printings) for story in scope.stories],
    }


def scope_of(connection: Connection, since: datetime | None) -> Scope:
    """Read all of one snapshot; stories are whole even where only one of their entries is recent enough."""
    wanted = select(*(entries.c[name] for name in HEADS + TAILS)).order_by(entries.c.id)
    if since is not None:
        wanted = wanted.where(entries.c.first_seen >= since)
    rows = connection.execute(wanted).all()
    touched = {row.piece_id for row in rows if row.piece_id is not None}
    stories = assemble(connection, rows_of(connection, homes(connection, touched).values()))
    held = touched | {piece for story in stories for piece in story.pieces}
    pieces = read_pieces(connection, held)
    copies = [copy.entry_id for piece in pieces for copy in piece.copies]
    return Scope(
        entries=rows,
        pieces=pieces,
        stories=stories,
        printings=printings(connection, copies),
        homes={piece: story.id for story in stories for piece in story.pieces},
    )


def printings(connection: Connection, ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Title and outlet of entries."""
    found: dict[int, Row[Any]] = {}
    for portion in portions(sorted(ids)):
        wanted = select(entries.c.id, entries.c.title, entries.c.outlet).where(entries.c.id.in_(portion))
        found |= {row.id: row for row in connection.execute(wanted)}
    return found


def moment(at: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def public(url: str) -> str:
    """An address without what lets its reader in."""
    try:
        parts = urlsplit(url)
    except ValueError:  # an address that cannot be taken apart
        return url.rpartition("@")[2]
    query = SECRET_PARAMETER.sub(r"\1=…", parts.query)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))


def feed_value(row: Row[Any]) -> dict[str, Any]:
    """One feed; those that the config no longer lists are there because their entries are."""
    retired = row.retired_at is not None
    return {
        "url": public(row.moved_url or row.url),
        "title": row.configured_title or row.title,
        "outlet": row.outlet,
        "category": row.category,
        "last_success": moment(row.last_success),
        "last_error": row.last_error,
        "next_poll_at": None if retired else moment(row.next_poll_at),
        "next_poll_why": RETIRED if retired else row.next_poll_why,
    }


def entry_value(
    row: Row[Any], addresses: dict[int, str], copy: Copy | None, story_of: dict[int, int]
) -> dict[str, Any]:
    """One entry with its place; what is not grouped yet has none."""
    return {
        "id": row.id,
        "feed_url": addresses[row.feed_id],
        "outlet": row.outlet,
        "guid": row.guid,
        "link": row.link,
        "title": row.title,
        "authors": row.authors,
        "published": moment(row.published),
        "first_seen": moment(row.first_seen),
        "updated": moment(row.updated),
        "language": row.language,
        "tags": row.tags,
        "enclosures": row.enclosures,
        "piece": row.piece_id,
        "role": None if copy is None else copy.role.value,
        "of": None if copy is None else copy.of,
        "credit": None if copy is None or copy.credit is None else asdict(copy.credit),
        "jaccard": None if copy is None else copy.jaccard,
        "containment": None if copy is None else copy.containment,
        "story": story_of.get(row.piece_id),
        "revisions": row.revisions,
    }


def piece_value(piece: Piece) -> dict[str, Any]:
    """One piece; `copies` are its entries, the original included."""
    return {
        "id": piece.id,
        "original": piece.original,
        "copies": [copy.entry_id for copy in piece.copies],
        "quoted_in": list(piece.quoted_in),
    }


def story_value(story: Story, pieces: dict[int, Piece], printed: dict[int, Row[Any]]) -> dict[str, Any]:
    """One story, under the title of its founding piece's original, or of its earliest printing."""
    rows = [printed[copy.entry_id] for piece in story.pieces if piece in pieces for copy in pieces[piece].copies]
    return {
        "id": story.id,
        "aliases": list(story.aliases),
        "title": next((printed[entry].title for entry in candidates(story, pieces) if entry in printed), ""),
        "pieces": list(story.pieces),
        "outlets": sorted({row.outlet for row in rows}),
        "first_at": moment(story.first_at),
        "last_at": moment(story.last_at),
        "continues": story.continues,
    }


def candidates(story: Story, pieces: dict[int, Piece]) -> Iterator[int]:
    """Entries that may name the story, the best first."""
    for piece in sorted((pieces[piece] for piece in story.pieces if piece in pieces), key=lambda p: p.id != story.id):
        if piece.original is not None:
            yield piece.original
        yield from (copy.entry_id for copy in piece.copies)
