"""Average-link grouping that leaves a gap where there is one. Pure: sums of similarities in, groups out.

Two groups are joined while the mean similarity across them, less a part of how close they are in themselves, reaches
the threshold: two tight groups are two events that look alike (the plain average joined them), where two loose ones at
the same distance from each other are one. The part counts only as far as there is evidence, members
and words: one piece has no closeness, and a bare title matches its own copies too well to measure by. Groups of bare
titles are measured by their centroids besides: two titles on one event often share no word, their groups do.
Measured on six sets, B-cubed: plain average .866 .923 .915 .742 .708 .708, with the gap .922 .963 .919 .748 .710 .741,
with centroids .916 .973 .920 .762 .721 .771 (ecbplus, basil, allsides, og en, pt, ru).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

CLOSENESS = 0.55
"""The part of the groups' own closeness that the similarity across has to make good (measured .15 to .8)."""
WORDS_FOR_EVIDENCE = 40.0
"""Distinct words a piece from which its closeness counts in full: a title and the first two sentences."""
CENTROIDS = 0.3
"""How much the centroids count where there are no words at all to go by (measured 0 to 1)."""
STRONGER = 1.15
"""Factor by which the least link is raised until a region falls into parts that can be handled."""
LINKS_AT_ONCE = 1 << 18
"""Links looked at together for what they connect: two thousand equal titles have two million, which took 1,200 MB."""
JOINED = -1.0
"""Stands for "not to be joined": below every score."""

Values = NDArray[np.float64]
Numbers = NDArray[np.int64]
Rows = NDArray[np.int64] | NDArray[np.int32]
Likenesses = NDArray[np.float64] | NDArray[np.float32]


@dataclass(slots=True)
class Groups:
    """What average linking knows of each group, by index; it changes as groups join."""

    across: Values
    """Sums of similarities between members of two groups; the diagonal is not used."""
    sizes: Values
    inside: Values
    """Sums of similarities over the pairs within a group."""
    words: Values
    """Distinct words of all members, summed."""


def average_link(groups: Groups, threshold: float) -> list[list[int]]:
    """Join groups, best pair first, while the best reaches `threshold`; indices of the given groups, by first index.

    Quadratic in the number of groups. Ties go to the lower index.
    """
    count = len(groups.sizes)
    members: list[list[int]] = [[index] for index in range(count)]
    if count == 0:
        return []
    scores = np.empty((count, count), np.float32)
    for start in range(0, count, 64):
        scores[start : start + 64] = _scores(groups, np.arange(start, min(start + 64, count)))
    best = scores.argmax(axis=1)
    heights = scores[np.arange(count), best]
    while heights.max() >= threshold:
        one = int(heights.argmax())
        kept, gone = sorted((one, int(best[one])))
        _join(groups, kept, gone)
        members[kept] += members[gone]
        members[gone] = []
        row = _scores(groups, np.array([kept]))[0]
        scores[kept], scores[:, kept], scores[gone], scores[:, gone] = row, row, JOINED, JOINED
        _refresh(scores, best, heights, kept, gone)
    return [sorted(group) for group in members if group]


def _scores(groups: Groups, rows: Numbers) -> Values:
    """How well every group joins each of those in `rows`: one row of scores for each."""
    size, sizes = np.maximum(groups.sizes[rows, None], 1.0), np.maximum(groups.sizes, 1.0)
    closeness = groups.inside / np.maximum(sizes * (sizes - 1.0) / 2.0, 1.0)
    both = np.sqrt(np.outer(closeness[rows], closeness))
    enough_members = 1.0 - 1.0 / np.minimum(size, sizes)
    words = (groups.words[rows, None] + groups.words) / (size + sizes)
    enough_words = np.minimum(1.0, words / WORDS_FOR_EVIDENCE)
    squares = sizes + 2.0 * groups.inside
    by_centroid = CENTROIDS * (1.0 - enough_words)
    sums = groups.across[rows]
    across = sums * ((1.0 - by_centroid) / (size * sizes) + by_centroid / np.sqrt(np.outer(squares[rows], squares)))
    scores: Values = across - CLOSENESS * both * enough_members * enough_words
    scores[:, groups.sizes == 0.0] = JOINED
    scores[np.arange(len(rows)), rows] = JOINED
    return scores


def _join(groups: Groups, kept: int, gone: int) -> None:
    groups.inside[kept] += groups.inside[gone] + groups.across[kept, gone]
    groups.across[kept] += groups.across[gone]
    groups.across[:, kept] = groups.across[kept]
    groups.sizes[kept] += groups.sizes[gone]
    groups.words[kept] += groups.words[gone]
    groups.sizes[gone] = groups.inside[gone] = 0.0


def _refresh(scores: Likenesses, best: Numbers, heights: Likenesses, kept: int, gone: int) -> None:
    """Find the best partners anew where the last join may have changed them."""
    stale = ((best == kept) | (best == gone)) & ((scores[:, kept] < heights) | (best > kept))
    stale[[kept, gone]] = True
    rows = np.flatnonzero(stale)
    for start in range(0, len(rows), 64):
        some = rows[start : start + 64]
        best[some] = scores[some].argmax(axis=1)
        heights[some] = scores[some, best[some]]
    risen = np.flatnonzero(scores[kept] > heights)
    best[risen], heights[risen] = kept, scores[kept, risen]


def parts(count: int, first: Rows, second: Rows, values: Likenesses, threshold: float, largest: int) -> list[Numbers]:
    """Cut `count` members into parts that average linking cannot join, each of at most `largest` members.

    Two groups can only reach the threshold on average if some pair across them does, so the parts connected by such
    pairs are exact. A part that is too large is cut again along its weaker links, which is where it holds least; where
    none is weaker, by number.
    """
    found: list[Numbers] = []
    pending = [(np.arange(count), threshold)] if count else []
    while pending:
        members, least = pending.pop()
        for part in _connected(members, count, first, second, values, least):
            if len(part) <= largest:
                found.append(part)
            elif least * STRONGER > 1.0:  # all but equal: no link is weaker than the others
                found += [part[start : start + largest] for start in range(0, len(part), largest)]
            else:
                pending.append((part, least * STRONGER))
    return found


def _connected(
    members: Numbers, count: int, first: Rows, second: Rows, values: Likenesses, least: float
) -> list[Numbers]:
    """The members in parts that no link of at least `least` connects."""
    place = np.full(count, -1, np.int32)
    place[members] = labels = np.arange(len(members), dtype=np.int32)
    for start in range(0, len(values), LINKS_AT_ONCE):
        now = slice(start, start + LINKS_AT_ONCE)
        strong = (values[now] >= least) & (place[first[now]] >= 0) & (place[second[now]] >= 0)
        one, other = labels[place[first[now][strong]]], labels[place[second[now][strong]]]
        graph = sparse.coo_matrix((np.ones(len(one), np.bool_), (one, other)), shape=(len(members), len(members)))
        labels = connected_components(graph, directed=False)[1][labels]
    order = np.argsort(labels, kind="stable")
    return [members[part] for part in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)]
