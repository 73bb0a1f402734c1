"""Stories, their old ids, and what story grouping is rebuilt from. The writing half runs inside `save_grouping`.

A story's id is its founding piece's for ever. A story that loses its last piece becomes an alias of the story that
its founding piece went to, so that its address keeps working.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select, update

from aggregator.model import Story
from aggregator.store.database import Database
from aggregator.store.pieces import ROWS_AT_ONCE, drop_pieces
from aggregator.store.tables import copies, pieces, story_aliases, story_moves, story_pieces, terms
from aggregator.store.tables import stories as story_rows
from aggregator.store.tables import vectors as vector_rows
from aggregator.store.upserts import insert_missing, portions, upsert
from aggregator.stories.records import PieceVector, StoryMove, TermCounts

# ---------------------------------------------------------------- reading


def stories(db: Database, ids: Collection[int]) -> tuple[Story, ...]:
    """The stories under these ids, old ids included, by id and each once."""
    with db.reading() as connection:
        return assemble(connection, rows_of(connection, resolve(connection, ids).values()))


def rows_of(connection: Connection, ids: Iterable[int]) -> list[Row[Any]]:
    """Rows of stories, by id."""
    found: list[Row[Any]] = []
    for portion in portions(sorted(set(ids))):
        found += connection.execute(by_id(select(story_rows).where(story_rows.c.id.in_(portion)))).all()
    return found


def stories_between(db: Database, start: datetime, end: datetime) -> tuple[Story, ...]:
    """The stories that were alive in a period: last_at after `start`, first_at not after `end`; by id."""
    alive = select(story_rows).where(story_rows.c.last_at > start, story_rows.c.first_at <= end)
    with db.reading() as connection:
        return assemble(connection, connection.execute(by_id(alive)).all())


def by_id(wanted: Select[Any]) -> Select[Any]:
    """The order in which stories are read."""
    return wanted.order_by(story_rows.c.id)


def resolve(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """Each id to the id that it has now."""
    found = {story: story for story in ids}
    for portion in portions(sorted(found)):
        wanted = select(story_aliases.c.alias, story_aliases.c.story_id).where(story_aliases.c.alias.in_(portion))
        found |= {row.alias: row.story_id for row in connection.execute(wanted)}
    return found


def assemble(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Story, ...]:
    """The records of rows, with pieces in the story's order and old ids."""
    ids = [row.id for row in rows]
    members = listed(connection, story_pieces.c.story_id, story_pieces.c.piece_id, story_pieces.c.position, ids)
    aliases = listed(connection, story_aliases.c.story_id, story_aliases.c.alias, story_aliases.c.alias, ids)
    return tuple(
        Story(
            id=row.id,
            pieces=members.get(row.id, ()),
            first_at=row.first_at,
            last_at=row.last_at,
            language=row.language,
            aliases=aliases.get(row.id, ()),
            continues=row.continues,
            see_also=tuple(row.see_also),
        )
        for row in rows
    )


def listed(
    connection: Connection, owner: Any, value: Any, order: Any, ids: Iterable[int]
) -> dict[int, tuple[int, ...]]:
    """Owner to its values, in order."""
    found: dict[int, list[int]] = {}
    for portion in portions(ids):
        for story, item in connection.execute(select(owner, value).where(owner.in_(portion)).order_by(owner, order)):
            found.setdefault(story, []).append(item)
    return {story: tuple(items) for story, items in found.items()}


def story_of_pieces(db: Database, ids: Collection[int]) -> dict[int, int]:
    """Piece to story; pieces without a story are left out."""
    with db.reading() as connection:
        return homes(connection, ids)


def homes(connection: Connection, ids: Iterable[int]) -> dict[int, int]:
    """The same within an open transaction."""
    found: dict[int, int] = {}
    for portion in portions(sorted(set(ids))):
        wanted = select(story_pieces.c.piece_id, story_pieces.c.story_id).where(story_pieces.c.piece_id.in_(portion))
        found |= {row.piece_id: row.story_id for row in connection.execute(wanted)}
    return found


def labels(
    db: Database, *, pieces: Collection[int] = (), stories: Collection[int] = ()
) -> dict[int, tuple[int, datetime]]:
    """Piece to (story by grouping alone, date), of these pieces and of all pieces of these stories."""
    found: dict[int, tuple[int, datetime]] = {}
    with db.reading() as connection:
        for column, values in ((vector_rows.c.piece, pieces), (vector_rows.c.story, stories)):
            for portion in portions(sorted(set(values))):
                wanted = select(vector_rows.c.piece, vector_rows.c.story, vector_rows.c.at).where(column.in_(portion))
                found |= {row.piece: (row.story, row.at) for row in connection.execute(wanted)}
    return found


def vectors(db: Database, *, since: datetime) -> Iterator[PieceVector]:
    """The vectors of pieces of `since` or later, by piece, streamed."""
    wanted = select(vector_rows).where(vector_rows.c.at >= since).order_by(vector_rows.c.piece)
    with db.reading() as connection, connection.execution_options(yield_per=ROWS_AT_ONCE).execute(wanted) as rows:
        for row in rows.mappings():
            yield PieceVector(**{**row, "numbers": tuple(row["numbers"])})


def term_counts(db: Database) -> tuple[TermCounts, ...]:
    """How common terms are, by language."""
    with db.reading() as connection:
        return tuple(
            TermCounts(**row) for row in connection.execute(select(terms).order_by(terms.c.language)).mappings()
        )


def moves(db: Database, ids: Collection[int]) -> tuple[StoryMove, ...]:
    """The later corrections that these pieces have seen, oldest first."""
    fields = [story_moves.c[name] for name in ("piece", "old", "new", "at", "reason")]
    found: list[StoryMove] = []
    with db.reading() as connection:
        for portion in portions(sorted(set(ids))):
            wanted = select(*fields).where(story_moves.c.piece.in_(portion)).order_by(story_moves.c.id)
            found += [StoryMove(**row) for row in connection.execute(wanted).mappings()]
    return tuple(sorted(found, key=lambda move: (move.at, move.piece)))


# ---------------------------------------------------------------- writing, within save_grouping's transaction


def save_stories(
    connection: Connection, given: Sequence[Story], corrections: Sequence[StoryMove], empty: Collection[int]
) -> None:
    """Replace these stories' members, keep the ids of absorbed ones, keep the corrections, drop the `empty` pieces."""
    losers = former_stories(connection, empty)
    drop_pieces(connection, empty)
    alive = existing_pieces(connection, [piece for story in given for piece in story.pieces])
    kept = [story for story in given if alive.intersection(story.pieces)]
    members = {piece: (story.id, position) for story in kept for position, piece in enumerate(story.pieces)}
    members = {piece: place for piece, place in members.items() if piece in alive}
    losers |= former_stories(connection, members) | {story.id for story in given} | {move.old for move in corrections}
    upsert(connection, story_rows, [story_row(story) for story in kept])
    place(connection, [story.id for story in kept], members)
    absorb(connection, kept)
    keep_moves(connection, corrections)
    retire_empty(connection, losers, {move.old: move.new for move in corrections})


def existing_pieces(connection: Connection, ids: Iterable[int]) -> set[int]:
    """Those of the pieces that are stored; a purge may have been quicker than the grouper's memory."""
    found: set[int] = set()
    for portion in portions(sorted(set(ids))):
        found |= set(connection.execute(select(pieces.c.id).where(pieces.c.id.in_(portion))).scalars())
    return found


def former_stories(connection: Connection, members: Iterable[int]) -> set[int]:
    """The stories that these pieces were in."""
    return set(homes(connection, members).values())


def story_row(story: Story) -> dict[str, Any]:
    """A story's own columns."""
    return {
        "id": story.id,
        "first_at": story.first_at,
        "last_at": story.last_at,
        "language": story.language,
        "continues": story.continues,
        "see_also": story.see_also,
    }


def place(connection: Connection, story_ids: Iterable[int], members: Mapping[int, tuple[int, int]]) -> None:
    """Put pieces into their stories at their positions; what the stories held before is forgotten."""
    for portion in portions(sorted(story_ids)):
        connection.execute(delete(story_pieces).where(story_pieces.c.story_id.in_(portion)))
    for portion in portions(sorted(members)):
        connection.execute(delete(story_pieces).where(story_pieces.c.piece_id.in_(portion)))
    rows = [{"piece_id": piece, "story_id": story, "position": at} for piece, (story, at) in sorted(members.items())]
    if rows:
        connection.execute(insert(story_pieces), rows)


def absorb(connection: Connection, kept: Sequence[Story]) -> None:
    """Make old ids lead to the stories that name them; an id that is a story again is no alias."""
    for portion in portions(sorted(story.id for story in kept)):
        connection.execute(delete(story_aliases).where(story_aliases.c.alias.in_(portion)))
    living = {story.id for story in kept}
    for story in kept:
        for alias in story.aliases:
            if alias not in living:
                redirect(connection, alias, story.id)


def redirect(connection: Connection, old: int, new: int) -> None:
    """Turn a story into an alias; its own aliases and whatever it still held follow."""
    upsert(connection, story_aliases, [{"alias": old, "story_id": new}])
    for table in (story_aliases, story_pieces):
        connection.execute(update(table).where(table.c.story_id == old).values(story_id=new))
    connection.execute(delete(story_rows).where(story_rows.c.id == old))


def keep_moves(connection: Connection, corrections: Sequence[StoryMove]) -> None:
    """Append corrections; the same one again changes nothing."""
    rows = [asdict(move) for move in corrections]
    insert_missing(connection, story_moves, rows, ["piece", "old", "new", "at"])


def retire_empty(connection: Connection, candidates: Iterable[int], targets: Mapping[int, int]) -> None:
    """Stories that hold nothing become aliases of where their founder or the named piece went, else they go."""
    full = select(story_pieces.c.story_id).where(story_pieces.c.story_id == story_rows.c.id).exists()
    empty: list[int] = []
    for portion in portions(sorted(candidates)):
        wanted = by_id(select(story_rows.c.id).where(story_rows.c.id.in_(portion), ~full))
        empty += connection.execute(wanted).scalars()
    founders = founders_of(connection, empty)
    for story in [*empty, *never_saved(connection, targets)]:
        new = founders.get(story, targets.get(story, story))
        new = resolve(connection, [new])[new]
        if new == story or not rows_of(connection, [new]):
            connection.execute(delete(story_rows).where(story_rows.c.id == story))
        else:
            redirect(connection, story, new)


def never_saved(connection: Connection, ids: Iterable[int]) -> list[int]:
    """Those ids that are neither a story nor an alias: founded and emptied within one batch."""
    known = {story for story, present in resolve(connection, ids).items() if present != story}
    return sorted(set(ids) - known - {row.id for row in rows_of(connection, ids)})


def founders_of(connection: Connection, story_ids: Iterable[int]) -> dict[int, int]:
    """Story to the story in which its founding piece is now, or the piece that absorbed that one."""
    absorbed: dict[int, int] = {}
    for portion in portions(sorted(story_ids)):
        wanted = select(copies.c.entry_id, copies.c.piece_id).where(copies.c.entry_id.in_(portion))
        absorbed |= {row.entry_id: row.piece_id for row in connection.execute(wanted)}
    direct = homes(connection, story_ids)
    through = homes(connection, absorbed.values())
    return {founder: through[piece] for founder, piece in absorbed.items() if piece in through} | direct


def save_vectors(connection: Connection, given: Iterable[PieceVector]) -> None:
    """Keep vectors; those of pieces that are gone are left out."""
    by_piece = {item.piece: item for item in given}
    alive = existing_pieces(connection, by_piece)
    upsert(connection, vector_rows, [asdict(by_piece[piece]) for piece in sorted(alive)])


def move_vectors(connection: Connection, corrections: Iterable[StoryMove]) -> None:
    """Tell pieces that have left the window, whose vectors are not saved again, the story they went to."""
    for move in corrections:
        moved = update(vector_rows).where(vector_rows.c.piece == move.piece)
        connection.execute(moved.values(story=move.new))


def save_terms(connection: Connection, given: Iterable[TermCounts]) -> None:
    """Keep how common terms are."""
    upsert(connection, terms, [asdict(item) for item in given])
