"""Bringing stories to new groups of their pieces: names, aliases, dates and the list of moves.

What has left the window cannot be compared any more; it goes on with the group that holds most of its story's rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.stories.naming import Member, name_groups
from aggregator.stories.records import StoryMove
from aggregator.stories.shard import Shard, StoryState

REASON = "regrouped by average similarity"
HEAVY = 1_000_000
"""Weight of a piece that decides its story's name, pinned or told to stay: more than any story has."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What of a story is not regrouped: rows too old to compare, pieces that left the window; and its new place."""

    rows: list[int]
    older: list[int]
    group: int
    first_at: datetime


def rearrange(
    shard: Shard, states: Sequence[StoryState], groups: Sequence[list[int]], now: datetime, reason: str = REASON
) -> list[StoryMove]:
    """Make `groups` (rows of the `states`, each by arrival) the stories; return the pieces that changed theirs.

    Another `reason` than the usual is a person's: then the first group keeps the name, seen or not, but where another
    could have none without it.
    """
    labels = [Counter(shard.labels[group].tolist()) for group in groups]
    regrouped = {row for group in groups for row in group}
    rests = {state.id: _rest(state, [found[state.id] for found in labels], regrouped) for state in states}
    before = {shard.pieces[row]: state.id for state in states for row in state.rows}
    before |= {piece: state.id for state in states for piece in state.older}
    elsewhere = shard.stories.keys() - rests.keys()
    names = _settled(
        shard, groups, name_groups(_members(shard, groups, rests, reason == REASON), elsewhere, shard.aliases)
    )
    for name in dict.fromkeys(names):
        _refill(shard, name, [group for group, owner in enumerate(names) if owner == name], groups, rests)
    for story in rests.keys() - set(names):
        shard.rename(story, names[rests[story].group])
    return _moves(shard, set(names), before, now, reason)


def _rest(state: StoryState, held: Sequence[int], regrouped: set[int]) -> Rest:
    return Rest(
        rows=[row for row in state.rows if row not in regrouped],
        older=state.older,
        group=max(range(len(held)), key=held.__getitem__),
        first_at=state.first_at,
    )


def _members(shard: Shard, groups: Sequence[list[int]], rests: dict[int, Rest], seen: bool) -> list[list[Member]]:
    """The groups as their names are decided by: rows, and what goes on with them unseen."""
    members = [[_member(shard, row, seen, first=group is groups[0]) for row in group] for group in groups]
    for story, rest in rests.items():
        weight = len(rest.rows) + len(rest.older)
        if weight:
            members[rest.group].append(Member(story, story, frozen=True, weight=weight))
    return members


def _member(shard: Shard, row: int, seen: bool, *, first: bool) -> Member:
    """A row as names are decided by; heavy ones outweigh all others, so that their story keeps its id."""
    piece, story = shard.pieces[row], int(shard.labels[row])
    if not seen:
        return Member(piece, story, frozen=False, weight=HEAVY if first else 1)
    if shard.pinned_to(piece) == story:
        return Member(piece, story, frozen=True, weight=HEAVY)
    return Member(piece, story, frozen=bool(shard.frozen[row]))


def _settled(shard: Shard, groups: Sequence[list[int]], names: Sequence[int | None]) -> list[int]:
    """The names, with a group that could have none sent back to the story it came from."""
    stays = (int(shard.labels[group[0]]) for group in groups)
    return [stay if name is None else name for name, stay in zip(names, stays, strict=True)]


def _refill(
    shard: Shard, name: int, sources: Sequence[int], groups: Sequence[list[int]], rests: dict[int, Rest]
) -> None:
    """Give a story all that its groups hold."""
    rows = [row for source in sources for row in groups[source]]
    coming = [rest for rest in rests.values() if rest.group in sources]
    rows = sorted([*rows, *(row for rest in coming for row in rest.rows)])
    if name not in shard.stories:
        shard.revive(name)
        origin = int(shard.labels[rows[0]])
        shard.found(name, shard.dates[rows[0]])
        if origin in shard.stories:
            shard.note_near(name, origin)
    state = shard.stories[name]
    state.rows, state.times = rows, sorted(shard.window.at[rows].tolist())
    state.older = [piece for rest in coming for piece in rest.older]
    firsts = [rest.first_at for rest in coming if rest.older]
    state.first_at = min([*firsts, *(shard.dates[row] for row in rows)])
    state.last_at = max(shard.dates[row] for row in rows)
    shard.running.expect(state)


def _moves(shard: Shard, names: set[int], before: dict[int, int], now: datetime, reason: str) -> list[StoryMove]:
    """Label what each story now holds, and list what came from another."""
    moves = []
    for name in sorted(names):
        state = shard.stories[name]
        shard.labels[state.rows] = name
        moves += [
            StoryMove(piece=piece, old=before[piece], new=name, at=now, reason=reason)
            for piece in [*state.older, *(shard.pieces[row] for row in state.rows)]
            if before[piece] != name
        ]
    shard.changed.update(move.piece for move in moves if move.piece in shard.row_of)
    return moves
