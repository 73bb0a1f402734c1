"""Why an entry, piece or story is where it is; why two entries are or are not together. Reads, decides nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aggregator.dedup.matcher import Matcher
from aggregator.errors import UsageError
from aggregator.model import Copy, Entry, Piece, Story
from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.batch import document
from aggregator.pipeline.group import credits_of
from aggregator.store import entries, grouping


def alone(app: App, reference: str) -> dict[str, Any]:
    """One entry, piece (`piece:ID`) or story (`story:ID`). Raises UsageError when there is none."""
    kind, _, number = reference.partition(":")
    if kind == "story" and number.isdecimal():
        return story_facts(app, one_story(app, int(number)))
    if kind == "piece" and number.isdecimal():
        return piece_facts(app, one_piece(app, int(number)))
    entry = one_entry(app, reference)
    piece = next(iter(grouping.pieces_of_entries(app.database, [entry.id])), None)
    return {"entry": entry_facts(entry)} | (
        {"piece": piece_facts(app, piece)} if piece else {"piece": "not grouped yet"}
    )


def together(app: App, first: str, second: str) -> dict[str, Any]:
    """Both measures of two entries against the thresholds, their pieces and stories, and what each credits."""
    one, other = one_entry(app, first), one_entry(app, second)
    matcher = Matcher(app.config.dedup)
    matcher.restore((), grouping.boilerplate(app.database))
    measured = matcher.compare(document(one), document(other))
    stories = grouping.story_of_pieces(app.database, [e.piece_id for e in (one, other) if e.piece_id is not None])
    book = outlet_book(app)
    return {
        "same_piece": one.piece_id is not None and one.piece_id == other.piece_id,
        "same_story": None not in (one.piece_id, other.piece_id)
        and stories.get(one.piece_id or 0) == stories.get(other.piece_id or 0),
        "measures": asdict(measured),
        "thresholds": app.config.dedup.model_dump(mode="json"),
        "a": entry_facts(one) | {"credits": [asdict(credit) for credit in credits_of(one, book)]},
        "b": entry_facts(other) | {"credits": [asdict(credit) for credit in credits_of(other, book)]},
    }


def one_entry(app: App, reference: str) -> Entry:
    """The entry of that id, address or guid. Raises UsageError."""
    entry = entries.find(app.database, reference)
    if entry is None:
        raise UsageError(f"no entry has the id, address or guid {reference!r}")
    return entry


def one_piece(app: App, number: int) -> Piece:
    """The piece of that id. Raises UsageError."""
    found = grouping.pieces(app.database, [number])
    if not found:
        raise UsageError(f"there is no piece {number}")
    return found[0]


def one_story(app: App, number: int) -> Story:
    """The story of that id, or the one that absorbed it. Raises UsageError."""
    found = grouping.stories(app.database, [number])
    if not found:
        raise UsageError(f"there is no story {number}")
    return found[0]


def entry_facts(entry: Entry) -> dict[str, Any]:
    """What an entry is."""
    return {
        "id": entry.id,
        "outlet": entry.outlet,
        "title": entry.title,
        "link": entry.link,
        "published": entry.published,
        "first_seen": entry.first_seen,
        "revisions": entry.revisions,
        "piece": entry.piece_id,
    }


def copy_facts(copy: Copy) -> dict[str, Any]:
    """One entry's place in its piece, with the evidence."""
    facts = asdict(copy) | {"evidence": dict(copy.evidence), "alarms": list(copy.alarms)}
    return {name: value for name, value in facts.items() if value not in (None, [], {})}


def piece_facts(app: App, piece: Piece) -> dict[str, Any]:
    """A piece, its members and its story."""
    return {
        "id": piece.id,
        "original": piece.original,
        "confidence": round(piece.confidence, 2),
        "story": grouping.story_of_pieces(app.database, [piece.id]).get(piece.id),
        "quoted_in": list(piece.quoted_in),
        "copies": [copy_facts(copy) for copy in piece.copies],
    }


def story_facts(app: App, story: Story) -> dict[str, Any]:
    """A story, its pieces and the corrections that it saw."""
    moves = grouping.moves(app.database, [story.id])
    return {
        **{name: list(value) if isinstance(value, tuple) else value for name, value in asdict(story).items()},
        "moves": [asdict(move) for move in moves],
    }
