"""Whether what the store holds agrees with itself. Reads only; each finding is a line for people.

Every save is one transaction, so none of this should ever be found; it would come from a hand in the tables, from a
half copied file, or from a mistake of ours.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select

from aggregator.store.database import Database
from aggregator.store.tables import copies, entries, fingerprints, pieces, stories, story_pieces


def inconsistencies(db: Database, scheme: str) -> tuple[str, ...]:
    """What does not fit together; `scheme` is that of the signatures which this program makes."""
    with db.reading() as connection:
        counts = [(connection.execute(wanted).scalar_one(), words) for words, wanted in questions(scheme)]
    return tuple(f"{number} {words}" for number, words in counts if number)


def questions(scheme: str) -> list[tuple[str, Select[Any]]]:
    """(what is wrong with so many, how to count them)."""
    count = select(func.count())
    placed = select(copies.c.entry_id).where(copies.c.entry_id == entries.c.id)
    members = select(copies.c.entry_id).where(copies.c.piece_id == pieces.c.id)
    home = select(story_pieces.c.piece_id).where(story_pieces.c.piece_id == pieces.c.id)
    held = select(story_pieces.c.piece_id).where(story_pieces.c.story_id == stories.c.id)
    return [
        (
            "entries name a piece and have no place in it",
            count.select_from(entries).where(entries.c.piece_id.is_not(None), ~placed.exists()),
        ),
        (
            "entries name another piece than the one that holds them",
            count.select_from(entries.join(copies, copies.c.entry_id == entries.c.id)).where(
                entries.c.piece_id.is_distinct_from(copies.c.piece_id)
            ),
        ),
        ("pieces hold no entry", count.select_from(pieces).where(~members.exists())),
        ("pieces are in no story", count.select_from(pieces).where(~home.exists())),
        ("stories hold no piece", count.select_from(stories).where(~held.exists())),
        (
            "signatures were made by another version and cannot be compared with new ones",
            count.select_from(fingerprints).where(fingerprints.c.scheme != scheme),
        ),
    ]
