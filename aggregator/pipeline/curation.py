"""Corrections by hand: what someone asks for into one line of the log, or a refusal that says why.

The line and the work it makes are saved at once; whoever groups next, here or in a daemon, lays it over what grouping
says. A correction names entries, the only ids that no later grouping changes.
"""

from __future__ import annotations

from typing import Any

from aggregator.errors import UsageError
from aggregator.model import Entry, Story
from aggregator.pipeline.app import App
from aggregator.pipeline.batch import boilerplate_matcher, gather
from aggregator.pipeline.overriding import (
    MERGE,
    NEVER_JOIN,
    PIECE,
    PIN,
    SPLIT,
    STORY,
    Correction,
    concerned,
    holds,
    of_level,
    standing,
)
from aggregator.pipeline.references import grouped_entry, one_piece, one_story, stands_for
from aggregator.store import entries, grouping, overrides
from aggregator.store.overrides import Override

LAST = 10**18
"""The number of a correction that is tried and not made yet: it comes after all others."""


def merge(app: App, first: str, second: str) -> int:
    """Make one of two pieces, or of two stories (`story:ID` both). Returns the correction's number.

    Raises UsageError where they are one already or a standing correction keeps them apart.
    """
    if first.startswith("story:") or second.startswith("story:"):
        one, other = one_story(app, first), one_story(app, second)
        if one.id == other.id:
            raise UsageError(f"both are story {one.id} already")
        return record(app, MERGE, STORY, [founder(app, one), founder(app, other)])
    pair = [grouped_entry(app, first), grouped_entry(app, second)]
    if pair[0].piece_id == pair[1].piece_id:
        raise UsageError(f"both are in piece {pair[0].piece_id} already")
    attempt(app, MERGE, pair)
    return record(app, MERGE, PIECE, [entry.id for entry in pair])


def split(app: App, reference: str) -> int:
    """Take an entry out of its piece, or a piece (`piece:ID`) out of its story. Returns the correction's number.

    Raises UsageError where it stands alone already.
    """
    if reference.startswith("piece:"):
        piece = one_piece(app, reference)
        story = grouping.story_of_pieces(app.database, [piece.id]).get(piece.id)
        found = grouping.stories(app.database, [story] if story is not None else [])
        if not found or len(found[0].pieces) < 2:
            raise UsageError(f"piece {piece.id} is alone in its story already")
        return record(app, SPLIT, STORY, [stands_for(piece)])
    entry = grouped_entry(app, reference)
    if len(one_piece(app, f"piece:{entry.piece_id}").copies) < 2:
        raise UsageError(f"entry {entry.id} is alone in its piece already")
    return record(app, SPLIT, PIECE, [entry.id])


def never_join(app: App, first: str, second: str) -> int:
    """Keep two entries in different pieces, now and later. Returns the correction's number.

    Raises UsageError where a merge by hand ties them together.
    """
    pair = [grouped_entry(app, first), grouped_entry(app, second)]
    if pair[0].id == pair[1].id:
        raise UsageError("an entry cannot be kept apart from itself")
    attempt(app, NEVER_JOIN, pair)
    return record(app, NEVER_JOIN, PIECE, [entry.id for entry in pair])


def pin_original(app: App, reference: str) -> int:
    """Declare an entry the original of its piece. Returns the correction's number."""
    entry = grouped_entry(app, reference)
    return record(app, PIN, PIECE, [entry.id])


def undo(app: App, number: int | None) -> Override:
    """Take a correction back, the last one that stands without a number. Raises UsageError where there is none."""
    log = overrides.listing(app.database)
    found = [one for one in log if one.undone_at is None and number in {None, one.id}]
    if not found or not overrides.undo(app.database, found[-1].id, app.now):
        missing = f"no correction {number} stands" if number is not None else "no correction stands"
        raise UsageError(f"{missing}; `aggregator overrides` lists them")
    return found[-1]


def record(app: App, kind: str, level: str, members: list[int]) -> int:
    """Add the correction to the log."""
    return overrides.append(app.database, kind, {"level": level, "entries": members}, now=app.now)


# ---------------------------------------------------------------- trying before it is made


def attempt(app: App, kind: str, pair: list[Entry]) -> None:
    """Raise UsageError if the correction would not hold, or another would not hold any more."""
    tried = Correction(id=LAST, kind=kind, level=PIECE, members=tuple(entry.id for entry in pair), made_at=app.now)
    standing_now = of_level(standing(overrides.listing(app.database)), PIECE)
    batch = gather(app.database, boilerplate_matcher(app, app.config.dedup), pair, (), (*standing_now, tried))
    if all(holds(batch.homes, one) for one in batch.corrections if one.kind == NEVER_JOIN or one is tried):
        return
    rivals = concerned([one for one in standing_now if one.kind in {MERGE, NEVER_JOIN} - {kind}], batch.homes)
    numbers = ", ".join(str(one.id) for one in rivals)
    raise UsageError(f"corrections by hand stand against it: take back {numbers} first (undo), or split")


# ---------------------------------------------------------------- what the log holds


def founder(app: App, story: Story) -> int:
    """The entry by which a correction names a story."""
    pieces = grouping.pieces(app.database, story.pieces)
    return stands_for(next((piece for piece in pieces if piece.id == story.id), pieces[0]))


def plain(one: Override) -> dict[str, Any]:
    """A line of the log as plain data."""
    return {
        "id": one.id,
        "kind": one.kind,
        "level": one.arguments.get("level", PIECE),
        "entries": list(one.arguments.get("entries", ())),
        "made_at": one.made_at,
        "undone_at": one.undone_at,
    }


def described(app: App, one: Override) -> str:
    """A line of the log in words, with the headlines of what it is about."""
    named = entries.by_ids(app.database, one.arguments.get("entries", ()))
    level = one.arguments.get("level", PIECE)
    titles = " | ".join(f"{entry.id} {entry.outlet}: {entry.title}" for entry in named)
    state = f", taken back {one.undone_at:%Y-%m-%d %H:%M}" if one.undone_at else ""
    return f"{one.id}  {one.made_at:%Y-%m-%d %H:%M}  {one.kind} ({level}){state}  {titles}"
