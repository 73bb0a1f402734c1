"""Pieces, their copies, and what the index of texts is rebuilt from. The writing half runs inside `save_grouping`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, case, delete, insert, literal, select, type_coerce, update

from aggregator.dedup.records import Columns, Fingerprint, OutletBoilerplate
from aggregator.model import Copy, Credit, Piece, Role
from aggregator.store.columns import seconds
from aggregator.store.database import Database
from aggregator.store.entries import DONE, TAKEN, WAITING
from aggregator.store.tables import boilerplate as boilerplate_rows
from aggregator.store.tables import copies, entries, piece_aliases
from aggregator.store.tables import fingerprints as fingerprint_rows
from aggregator.store.tables import pieces as piece_rows
from aggregator.store.upserts import portions, upsert

ROWS_AT_ONCE = 1_000
"""Rows fetched at a time where a whole table streams through: a million signatures must not stand in memory twice, and
what is read stays in the processor's cache until it is taken over."""

# ---------------------------------------------------------------- reading


def pieces(db: Database, ids: Collection[int]) -> tuple[Piece, ...]:
    """The pieces with these ids, by id, copies by entry; a piece that was absorbed leads to its founder's new one."""
    with db.reading() as connection:
        return read_pieces(connection, ids)


def read_pieces(connection: Connection, ids: Collection[int]) -> tuple[Piece, ...]:
    """The same within an open transaction."""
    found = [row for portion in portions(sorted(set(ids))) for row in piece_table(connection, portion)]
    missing = set(ids) - {row.id for row in found}
    homes = homes_of(connection, missing) - {row.id for row in found}
    found += [row for portion in portions(sorted(homes)) for row in piece_table(connection, portion)]
    members = copies_by_piece(connection, [row.id for row in found])
    aliases = aliases_by_piece(connection, [row.id for row in found])
    ordered = sorted(found, key=lambda row: int(row.id))
    return tuple(piece_of(row, members.get(row.id, ()), aliases.get(row.id, ())) for row in ordered)


def piece_table(connection: Connection, ids: Sequence[int]) -> Sequence[Row[Any]]:
    """Rows of pieces."""
    return connection.execute(select(piece_rows).where(piece_rows.c.id.in_(ids))).all()


def homes_of(connection: Connection, entry_ids: Iterable[int]) -> set[int]:
    """The pieces that these entries belong to."""
    found: set[int] = set()
    for portion in portions(sorted(entry_ids)):
        found |= set(connection.execute(select(copies.c.piece_id).where(copies.c.entry_id.in_(portion))).scalars())
    return found


def copies_by_piece(connection: Connection, ids: Iterable[int]) -> dict[int, tuple[Copy, ...]]:
    """The members of pieces, by entry."""
    found: dict[int, list[Copy]] = {}
    for portion in portions(ids):
        wanted = select(copies).where(copies.c.piece_id.in_(portion)).order_by(copies.c.entry_id)
        for row in connection.execute(wanted):
            found.setdefault(row.piece_id, []).append(copy_of(row))
    return {piece: tuple(members) for piece, members in found.items()}


def aliases_by_piece(connection: Connection, ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """The old ids that lead to each piece, ascending."""
    found: dict[int, tuple[int, ...]] = {}
    for portion in portions(ids):
        wanted = select(piece_aliases).where(piece_aliases.c.piece_id.in_(portion)).order_by(piece_aliases.c.alias)
        for row in connection.execute(wanted):
            found[row.piece_id] = (*found.get(row.piece_id, ()), row.alias)
    return found


def pieces_of_entries(db: Database, ids: Collection[int]) -> tuple[Piece, ...]:
    """The pieces that hold any of these entries, by id."""
    with db.reading() as connection:
        return read_pieces(connection, homes_of(connection, set(ids)))


def quotations(db: Database) -> tuple[tuple[int, int], ...]:
    """(piece of a round-up, piece that it quotes) for all that the store holds, ascending.

    One sweep over the pieces, since few are quoted and `quoted_in` has no index.
    """
    quoted = piece_rows.c.quoted_in
    wanted = select(piece_rows.c.id, quoted).where(quoted != literal([], quoted.type))
    with db.reading() as connection:
        found = [(entry, row.id) for row in connection.execute(wanted) for entry in row.quoted_in]
        homes = homes_by_entry(connection, {entry for entry, _ in found})
    return tuple(sorted({(homes[entry], piece) for entry, piece in found if homes.get(entry, piece) != piece}))


def homes_by_entry(connection: Connection, ids: Collection[int]) -> dict[int, int]:
    """Entry to its piece."""
    found: dict[int, int] = {}
    for portion in portions(sorted(ids)):
        wanted = select(copies.c.entry_id, copies.c.piece_id).where(copies.c.entry_id.in_(portion))
        found |= {row.entry_id: row.piece_id for row in connection.execute(wanted)}
    return found


def piece_of(row: Row[Any], members: tuple[Copy, ...], aliases: tuple[int, ...]) -> Piece:
    """The record of a row, its copies and its old ids."""
    return Piece(
        id=row.id,
        original=row.original,
        confidence=row.confidence,
        copies=members,
        quoted_in=tuple(row.quoted_in),
        aliases=aliases,
    )


def copy_of(row: Row[Any]) -> Copy:
    """The record of a row."""
    return Copy(
        entry_id=row.entry_id,
        role=Role(row.role),
        of=row.of,
        jaccard=row.jaccard,
        containment=row.containment,
        of_original=row.of_original,
        of_copy=row.of_copy,
        credit=None if row.credit is None else Credit(**row.credit),
        alarms=tuple(row.alarms),
        evidence=tuple((label, fact) for label, fact in row.evidence),
    )


def fingerprints(db: Database, *, since: datetime) -> Iterator[Fingerprint]:
    """The signatures of documents of `since` or later, by key, streamed."""
    wanted = select(fingerprint_rows).where(fingerprint_rows.c.at >= since).order_by(fingerprint_rows.c.key)
    with db.reading() as connection, connection.execution_options(yield_per=ROWS_AT_ONCE).execute(wanted) as rows:
        for row in rows.mappings():
            yield Fingerprint(**row)


def fingerprint_columns(db: Database, *, since: datetime) -> Iterator[Columns]:
    """The same by columns, some thousand documents at a time: a third of the time."""
    at = type_coerce(fingerprint_rows.c.at, Text)  # made a time by itself, each costs as much as all else
    chosen = [at if name == "at" else fingerprint_rows.c[name] for name in Columns._fields]
    wanted = select(*chosen).where(fingerprint_rows.c.at >= since).order_by(fingerprint_rows.c.key)
    with db.reading() as connection, connection.execution_options(yield_per=ROWS_AT_ONCE).execute(wanted) as rows:
        for part in rows.partitions():
            columns = Columns(*zip(*part, strict=True))
            yield columns._replace(at=seconds(columns.at))


def boilerplate(db: Database) -> Iterator[OutletBoilerplate]:
    """Every outlet's counters, by outlet, streamed."""
    wanted = select(boilerplate_rows).order_by(boilerplate_rows.c.outlet)
    with db.reading() as connection, connection.execution_options(yield_per=ROWS_AT_ONCE).execute(wanted) as rows:
        for row in rows.mappings():
            yield OutletBoilerplate(**row)


# ---------------------------------------------------------------- writing, within save_grouping's transaction


def save_pieces(connection: Connection, given: Sequence[Piece], done: Collection[int]) -> set[int]:
    """Replace these pieces and all their copies; their entries follow, and the `done` ones wait no longer.

    Entries that lost their piece and got no other wait for grouping again. Entries that were purged meanwhile are
    left out; a piece without any entry is not kept: their ids are returned.
    """
    alive = standing(connection, [copy.entry_id for piece in given for copy in piece.copies])
    members = {copy.entry_id: (piece, copy) for piece in given for copy in piece.copies if copy.entry_id in alive}
    kept = {piece.id: piece for piece, _ in members.values()}
    before = former_members(connection, [piece.id for piece in given], members)
    upsert(connection, piece_rows, [piece_row(piece) for piece in kept.values()])
    for portion in portions(sorted(before.keys() | members.keys())):
        connection.execute(delete(copies).where(copies.c.entry_id.in_(portion)))
    if members:
        connection.execute(insert(copies), [copy_row(piece, copy) for piece, copy in members.values()])
    homes = {entry: piece.id for entry, (piece, _) in members.items()}
    move_entries(connection, homes)
    orphan(connection, before.keys() - members.keys())
    finish(connection, done)
    empty = empty_pieces(connection, {piece.id for piece in given} | set(before.values()))
    keep_aliases(connection, homes, empty, kept)
    return empty


def standing(connection: Connection, ids: Iterable[int]) -> set[int]:
    """Those of the entries that exist, locked in order of their ids against a purge and against other saves."""
    found: set[int] = set()
    for portion in portions(sorted(set(ids))):
        wanted = select(entries.c.id).where(entries.c.id.in_(portion)).order_by(entries.c.id).with_for_update()
        found |= set(connection.execute(wanted).scalars())
    return found


def former_members(
    connection: Connection, piece_ids: Sequence[int], members: Mapping[int, tuple[Piece, Copy]]
) -> dict[int, int]:
    """Entry to piece as they stood: all members of the given pieces, and the given members wherever they were."""
    found: dict[int, int] = {}
    for column, values in ((copies.c.piece_id, piece_ids), (copies.c.entry_id, sorted(members))):
        for portion in portions(values):
            for row in connection.execute(select(copies.c.entry_id, copies.c.piece_id).where(column.in_(portion))):
                found[row.entry_id] = row.piece_id
    return found


def piece_row(piece: Piece) -> dict[str, Any]:
    """A piece's own columns."""
    return {
        "id": piece.id,
        "original": piece.original,
        "confidence": piece.confidence,
        "quoted_in": piece.quoted_in,
    }


def copy_row(piece: Piece, copy: Copy) -> dict[str, Any]:
    """A copy's columns."""
    return {
        "entry_id": copy.entry_id,
        "piece_id": piece.id,
        "role": copy.role.value,
        "of": copy.of,
        "jaccard": copy.jaccard,
        "containment": copy.containment,
        "of_original": copy.of_original,
        "of_copy": copy.of_copy,
        "credit": None if copy.credit is None else asdict(copy.credit),
        "alarms": copy.alarms,
        "evidence": copy.evidence,
    }


def move_entries(connection: Connection, homes: Mapping[int, int]) -> None:
    """Tell entries their piece, in order of ids so that two writers cannot wait for each other."""
    rows = [{"entry": entry, "piece": homes[entry]} for entry in sorted(homes)]
    differs = entries.c.piece_id.is_distinct_from(bindparam("piece"))
    moved = update(entries).where(entries.c.id == bindparam("entry"), differs)
    if rows:
        connection.execute(moved.values(piece_id=bindparam("piece")), rows)


def keep_aliases(
    connection: Connection, homes: Mapping[int, int], empty: Collection[int], kept: Collection[int]
) -> None:
    """Let old ids lead to where their founding entries are; an id that is a piece again is no alias."""
    old = set(empty)
    for portion in portions(sorted(homes)):
        old |= set(
            connection.execute(select(piece_aliases.c.alias).where(piece_aliases.c.alias.in_(portion))).scalars()
        )
    for portion in portions(sorted(kept)):
        connection.execute(delete(piece_aliases).where(piece_aliases.c.alias.in_(portion)))
    leading = [{"alias": alias, "piece_id": homes[alias]} for alias in sorted(old & homes.keys()) if alias not in kept]
    upsert(connection, piece_aliases, leading)


def orphan(connection: Connection, ids: Iterable[int]) -> None:
    """Entries without a piece are work."""
    for portion in portions(sorted(ids)):
        connection.execute(update(entries).where(entries.c.id.in_(portion)).values(piece_id=None, work=WAITING))


def finish(connection: Connection, ids: Iterable[int]) -> None:
    """These wait no longer, except those that changed since they were taken up."""
    state = case((entries.c.work == TAKEN, DONE), else_=entries.c.work)
    for portion in portions(sorted(set(ids))):
        connection.execute(update(entries).where(entries.c.id.in_(portion)).values(work=state))


def empty_pieces(connection: Connection, ids: Iterable[int]) -> set[int]:
    """Those of the pieces that hold nothing any more."""
    full = select(copies.c.piece_id).where(copies.c.piece_id == piece_rows.c.id).exists()
    found: set[int] = set()
    for portion in portions(sorted(ids)):
        found |= set(connection.execute(select(piece_rows.c.id).where(piece_rows.c.id.in_(portion), ~full)).scalars())
    return found


def drop_pieces(connection: Connection, ids: Iterable[int]) -> None:
    """Remove empty pieces, and their places in stories; their founders' addresses lead to where they went."""
    for portion in portions(sorted(ids)):
        connection.execute(delete(piece_rows).where(piece_rows.c.id.in_(portion)))


def save_fingerprints(connection: Connection, given: Iterable[Fingerprint]) -> None:
    """Keep signatures; those of purged entries are left out."""
    by_key = {item.key: item for item in given}
    alive = standing(connection, by_key)
    upsert(connection, fingerprint_rows, [asdict(by_key[key]) for key in sorted(alive)])


def move_fingerprints(connection: Connection, absorbed: Mapping[int, int]) -> None:
    """Let the signatures of pieces that matching found to be one with others follow: absorbed id to the other's."""
    for old in sorted(absorbed):
        moved = update(fingerprint_rows).where(fingerprint_rows.c.piece == old)
        connection.execute(moved.values(piece=absorbed[old]))


def matched(db: Database, *, keys: Collection[int] = (), pieces: Collection[int] = ()) -> dict[int, int]:
    """Entry to the piece that matching alone puts it in, of these entries and of all entries of these pieces."""
    found: dict[int, int] = {}
    with db.reading() as connection:
        for column, values in ((fingerprint_rows.c.key, keys), (fingerprint_rows.c.piece, pieces)):
            for portion in portions(sorted(set(values))):
                wanted = select(fingerprint_rows.c.key, fingerprint_rows.c.piece).where(column.in_(portion))
                found |= {row.key: row.piece for row in connection.execute(wanted)}
    return found


def save_boilerplate(connection: Connection, given: Iterable[OutletBoilerplate]) -> None:
    """Keep outlets' counters."""
    upsert(connection, boilerplate_rows, [asdict(item) for item in given])
