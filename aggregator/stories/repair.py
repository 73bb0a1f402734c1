"""Grouping again what recent arrivals touched, by average linking; readers' story ids survive it (`naming`).

A region is the touched stories that are still active. What readers have had time to see stays: the frozen pieces of
one story are one block that keeps its name, and never joins another such block (measured: -.0007 B-cubed on four dated
sets, and a third fewer moves overnight); young pieces stand for themselves. Nothing is skipped for its size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aggregator.stories.linkage import Groups, average_link, parts
from aggregator.stories.rearrangement import rearrange
from aggregator.stories.records import StoryMove
from aggregator.stories.shard import GONE, Shard, StoryState, days

FREEZE_AFTER = timedelta(hours=6)
"""Age at which a piece's story may be relied on; it has been through a repair by then."""
LARGEST_PART = 1500
"""Blocks linked at once: 1,500 take 18 MB and half a second. Larger parts are cut along their weakest links."""

APART = -np.inf
"""Between blocks that must not meet: unlike without end, and so is whatever joins either of them."""

Numbers = NDArray[np.int64]
Blocks = NDArray[np.int32]
Likenesses = NDArray[np.float32]


def repair(shard: Shard, now: datetime, threshold: float) -> list[StoryMove]:
    """Regroup the touched stories and freeze what has come of age; the pieces that changed story, in order."""
    oldest = days(now) - shard.window.span
    touched = sorted(story for story in shard.touched if story in shard.stories)
    states = [shard.stories[story] for story in touched if days(shard.stories[story].last_at) >= oldest]
    shard.touched = set()
    blocks = [block for state in states for block in _blocks(shard, state, oldest)]
    moves = _regroup(shard, states, blocks, threshold, now) if len(blocks) > 1 else []
    freeze(shard, np.flatnonzero(shard.window.at < days(now - FREEZE_AFTER)))
    return moves


def freeze(shard: Shard, rows: Sequence[int] | Numbers) -> None:
    """Let these rows stay where they are from now on, but for corrections by hand."""
    wanted = np.asarray(rows, np.int64)
    fresh = wanted[~shard.frozen[wanted] & (shard.labels[wanted] != GONE)]
    shard.frozen[fresh] = True
    shard.changed.update(shard.pieces[row] for row in fresh.tolist())


def _blocks(shard: Shard, state: StoryState, oldest: float) -> list[list[int]]:
    """The rows that move together: a story's frozen and pinned ones of this window, each young one."""
    rows = [row for row in state.rows if shard.window.at[row] >= oldest]
    still = {row for row in rows if shard.frozen[row] or shard.pinned_to(shard.pieces[row]) is not None}
    return [block for block in (sorted(still), *([row] for row in rows if row not in still)) if block]


def _regroup(
    shard: Shard, states: Sequence[StoryState], blocks: Sequence[list[int]], threshold: float, now: datetime
) -> list[StoryMove]:
    linked = _linked(shard, blocks, threshold)
    groups = sorted(sorted(row for block in group for row in blocks[block]) for group in linked)
    sources = [set(shard.labels[group].tolist()) for group in groups]
    parted = Counter(story for stories in sources for story in stories)
    moved = {story for stories in sources for story in stories if len(stories) > 1 or parted[story] > 1}
    if not moved:
        return []
    changed = [group for group, stories in zip(groups, sources, strict=True) if stories & moved]
    return rearrange(shard, [state for state in states if state.id in moved], changed, now)


def _linked(shard: Shard, blocks: Sequence[list[int]], threshold: float) -> list[list[int]]:
    """Groups of block numbers."""
    first, second, values = _block_pairs(shard, blocks)
    seen = np.array([bool(shard.frozen[block].any()) for block in blocks])
    free = np.where(seen[first] & seen[second], np.float32(APART), values)
    found = parts(len(blocks), first, second, free, threshold, LARGEST_PART)
    pairs_of_parts = list(_by_part(found, len(blocks), first, second, values))
    del first, second, values, free  # a flood's million pairs take 16 MB, and linking a part as much
    groups = []
    for part, pairs in zip(found, pairs_of_parts, strict=True):
        if len(part) == 1:
            groups.append(part.tolist())
        else:
            chosen = [blocks[block] for block in part.tolist()]
            known_of_part = _groups(shard, chosen, pairs)
            known_of_part.across[np.ix_(seen[part], seen[part])] = APART
            _forbid(shard, chosen, known_of_part)
            groups += [part[group].tolist() for group in average_link(known_of_part, threshold)]
    return groups


def _block_pairs(shard: Shard, blocks: Sequence[list[int]]) -> tuple[Blocks, Blocks, Likenesses]:
    """The links among the rows, by the numbers of their blocks."""
    rows = np.array([row for block in blocks for row in block], np.int64)
    block_of = np.full(len(shard.pieces), -1, np.int32)
    block_of[rows] = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])
    links = shard.window.links_among(rows.tolist())
    first = np.repeat(block_of[rows], [len(link.rows) for link in links])
    second = block_of[np.concatenate([link.rows for link in links])]
    return first, second, np.concatenate([link.values for link in links])


def _forbid(shard: Shard, blocks: Sequence[list[int]], groups: Groups) -> None:
    """Keep blocks apart that people want apart."""
    if not shard.corrections:
        return
    pieces = [_spoken_for(shard, block) for block in blocks]
    named = [index for index, held in enumerate(pieces) if held]
    for one, other in combinations(named, 2):
        if shard.corrections.clash(pieces[one], pieces[other], shard.now_called):
            groups.across[one, other] = groups.across[other, one] = APART


def _spoken_for(shard: Shard, block: Sequence[int]) -> list[int]:
    """The pieces of a block that were corrected by hand; a story's first block answers for those not in the region."""
    state = shard.stories[int(shard.labels[block[0]])]
    held = [shard.pieces[row] for row in block]
    if len(block) > 1 or state.rows[0] == block[0]:
        oldest = min(shard.window.at[block])
        held += [*state.older, *(shard.pieces[row] for row in state.rows if shard.window.at[row] < oldest)]
    return [piece for piece in held if shard.corrections.named(piece)]


def _by_part(
    parts: Sequence[Numbers], count: int, first: Blocks, second: Blocks, values: Likenesses
) -> Iterator[tuple[Blocks, Blocks, Likenesses]]:
    """For each part of `count` blocks its pairs, as they stood, by their places in the part."""
    part_of, place = np.zeros(count, np.int32), np.zeros(count, np.int32)
    for number, part in enumerate(parts):
        part_of[part], place[part] = number, np.arange(len(part))
    together = np.flatnonzero(part_of[first] == part_of[second])
    together = together[np.argsort(part_of[first[together]], kind="stable")]
    first, second, values = first[together], second[together], values[together]
    bounds = np.searchsorted(part_of[first], np.arange(len(parts) + 1)).tolist()
    for start, end in pairwise(bounds):
        yield place[first[start:end]], place[second[start:end]], values[start:end]


def _groups(shard: Shard, blocks: Sequence[list[int]], pairs: tuple[Blocks, Blocks, Likenesses]) -> Groups:
    """The sums that average linking starts from, for the blocks of one part."""
    one, other, values = pairs
    sums = sparse.coo_matrix((values, (one, other)), shape=(len(blocks), len(blocks))).toarray()
    inside = np.diag(sums).copy()
    sums += sums.T
    return Groups(
        across=sums,
        sizes=np.array([len(block) for block in blocks], np.float64),
        inside=inside,
        words=np.array([shard.window.words[block].sum() for block in blocks], np.float64),
    )
