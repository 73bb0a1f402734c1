"""What someone means by an id, an address, `piece:7` or `story:7`. Old ids lead to what they have become."""

from __future__ import annotations

from aggregator.errors import UsageError
from aggregator.model import Entry, Piece, Story
from aggregator.pipeline.app import App
from aggregator.pipeline.overriding import PIECE, STORY
from aggregator.store import entries, grouping


def grouped_entry(app: App, reference: str) -> Entry:
    """The entry of that id, address or guid, or the one that stands for `piece:ID`. Raises UsageError."""
    if reference.startswith("piece:"):
        return entries.by_ids(app.database, [stands_for(one_piece(app, reference))])[0]
    entry = one_entry(app, reference)
    if entry.piece_id is None:
        raise UsageError(f"entry {entry.id} is not grouped yet")
    return entry


def one_entry(app: App, reference: str) -> Entry:
    """The entry of that id, address or guid. Raises UsageError."""
    entry = entries.find(app.database, reference)
    if entry is None:
        raise UsageError(f"no entry has the id, address or guid {reference!r}")
    return entry


def one_piece(app: App, reference: str) -> Piece:
    """The piece of `piece:ID`, by its id or one that it absorbed. Raises UsageError."""
    found = grouping.pieces(app.database, [numbered(reference, PIECE)])
    if not found:
        raise UsageError(f"there is no {reference.replace(':', ' ')}")
    return found[0]


def one_story(app: App, reference: str) -> Story:
    """The story of `story:ID`, by its id or one that it absorbed. Raises UsageError."""
    found = grouping.stories(app.database, [numbered(reference, STORY)])
    if not found:
        raise UsageError(f"there is no {reference.replace(':', ' ')}")
    return found[0]


def numbered(reference: str, kind: str) -> int:
    """The number in `piece:7`. Raises UsageError."""
    given, _, number = reference.partition(":")
    if given != kind or not (number.isascii() and number.isdigit() and len(number) < 19):
        raise UsageError(f"write {kind}:NUMBER, not {reference!r}")
    return int(number)


def stands_for(piece: Piece) -> int:
    """The entry by which a correction names a piece."""
    held = [copy.entry_id for copy in piece.copies]
    return piece.id if piece.id in held else held[0]
