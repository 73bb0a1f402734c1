"""Carrying out corrections by hand: pieces go where they were told to, at once, and stories survive under their names.

A correction needs no evidence: it moves frozen pieces too. What is not in memory cannot be moved; it is remembered for
when it comes in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from aggregator.stories.rearrangement import rearrange
from aggregator.stories.records import StoryMove
from aggregator.stories.repair import freeze
from aggregator.stories.shard import Shard, StoryState

REASON = "corrected by hand"


def gather(shard: Shard, pieces: Iterable[int], story: int, now: datetime) -> list[StoryMove]:
    """Bring pieces into a story that is in memory, which holds together as it is from now on.

    A story that loses its last piece so becomes an alias.
    """
    home = shard.live(story)
    rows = sorted(shard.row_of[piece] for piece in set(pieces) if piece in shard.row_of)
    if home is None:
        return []
    taken: dict[int, list[int]] = {}
    for row in rows:
        taken.setdefault(int(shard.labels[row]), []).append(row)
    taken.pop(home.id, None)
    moves = [move for story, found in taken.items() for move in _bring(shard, shard.stories[story], home, found, now)]
    freeze(shard, home.rows)
    return moves


def _bring(shard: Shard, state: StoryState, home: StoryState, taken: list[int], now: datetime) -> list[StoryMove]:
    """Move rows of one story to another."""
    whole = len(taken) == len(state.rows)
    older = list(state.older) if whole else []
    moves = [
        StoryMove(piece=piece, old=state.id, new=home.id, at=now, reason=REASON)
        for piece in [*older, *(shard.pieces[row] for row in taken)]
    ]
    home.older = [*home.older, *older]
    home.first_at = min(home.first_at, state.first_at) if whole else home.first_at
    for row in taken:
        shard.take_out(row)
        shard.put(row, home.id)
    shard.touched.add(home.id)
    if whole:
        shard.rename(state.id, home.id)
    else:
        shard.date(state)
    return moves


def part(shard: Shard, one: Collection[int], other: Collection[int], now: datetime) -> list[StoryMove]:
    """Take the pieces of `other` out of every story that holds some of `one`, together, into a story of their own."""
    moves: list[StoryMove] = []
    stories = {int(shard.labels[shard.row_of[piece]]) for piece in other if piece in shard.row_of}
    for state in [shard.stories[story] for story in sorted(stories)]:
        leaving = [row for row in state.rows if shard.pieces[row] in other]
        staying = [row for row in state.rows if shard.pieces[row] not in other]
        held = {*state.older, *(shard.pieces[row] for row in state.rows)}
        if staying and not held.isdisjoint(one):
            moves += rearrange(shard, [state], [staying, leaving], now, reason=REASON)
            shard.touched |= {state.id, *(move.new for move in moves)}
    return moves
