"""Is this text that text? Measures on sorted shingle sets and the rules that read them; no state, no data.

Jaccard alone loses excerpts and copies under a long footer; containment alone joins what one outlet's furniture makes
alike. So: containment decides between outlets, Jaccard within one, and where one text is much shorter than the other
it must be contained nearly whole or begin the same.

How the numbers were chosen: on three labelled sets of families at once (English lightly edited, English heavily edited
with round-ups and half-quoted texts, Chinese), each moved by itself with all others fixed, and set in the middle of a
plateau, never at the peak of one set. Where no figure stands beside a number, a fifth more or less of it changes no
set's precision or recall by more than one in a thousand. Figures are those of the second set, pairwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from aggregator.config import Dedup
from aggregator.dedup.kernels import kernels
from aggregator.dedup.records import Comparison
from aggregator.dedup.shingles import Shingles

FEWEST: Final = 8
"""Own shingles (ten words) below which a text says too little to be known again."""
SHORT_CONTAINMENT: Final = 0.8
"""Texts that have fewer than `min_shared` shingles must agree nearly whole."""
SAME_OUTLET_CONTAINMENT: Final = 0.6
"""Within one outlet, once its boilerplate is known: a version that grew or shrank."""
PART: Final = 0.45
"""Sizes further apart than this: the shorter text is at most a part of the longer one."""
BEGUN: Final = 0.3
BEGUN_UNCHANGED: Final = 0.75
"""Share of a beginning that must stand somewhere in the other text; more where what is shared was not edited at all,
since the beginning of an article of 40 words reaches into the footer below it."""
WHOLLY: Final = 0.75
"""Jaccard at which beginnings do not matter: two texts that differ in their openings only."""
BLOCK: Final = 0.85
"""Longest run as a share of all that is shared: furniture is one block; a copy that begins anew is changed below too
(a real one: .41)."""
LEADS_AGREE: Final = 0.3
"""Estimated Jaccard of the first 64 shingles: same beginning, lightly edited."""
QUOTING_GAP: Final = 0.12
QUOTING_RUN: Final = 12.0
QUOTING_CONTAINMENT: Final = 0.65
"""At .55 half-quoted texts are merged in 5 % of cases instead of 1 %; at .75 Chinese copies are lost (recall .999).
Measured: copies with a third of their words changed have gaps below .11 and runs below 10 shingles; texts that
quote a third to two thirds of another have gaps above .15 and runs above 20."""
EVEN_GAP: Final = 0.1
EVEN_DISCOUNT: Final = 0.8
"""Crumbs spread evenly over the whole text: no two independent texts come near four shingles in ten. Without it recall
falls from .981 to .978."""
SAMPLE: Final = 256
"""Shingles up to which a text is kept whole for verification; longer ones are thinned by halves. 512 would double what
a text takes in memory and find hard copies by one in a thousand better."""


class Relation(StrEnum):
    """How a first text stands to a second."""

    NONE = "none"
    SAME = "same"
    PART = "part"
    """The first is a part of the second."""
    WHOLE = "whole"
    """The second is a part of the first."""


def compare_sets(first: Shingles, second: Shingles) -> Comparison:
    """Jaccard and containments of two sorted sets; all 0.0 where one is empty."""
    return comparison_of(len(first), len(second), shared_count(first, second))


def comparison_of(first: int, second: int, shared: int) -> Comparison:
    """The same of two sets' sizes and the size of what they share."""
    if not (first and second):
        return Comparison(jaccard=0.0, containment=0.0, of_first=0.0, of_second=0.0, shared=0)
    return Comparison(
        jaccard=shared / (first + second - shared),
        containment=shared / min(first, second),
        of_first=shared / first,
        of_second=shared / second,
        shared=shared,
    )


def shared_count(first: Shingles, second: Shingles) -> int:
    """How many values two sorted sets share."""
    if compiled := kernels():
        return compiled.shared(first, second)
    both = np.concatenate([first, second])
    both.sort()  # which takes less than to look up the values of one among those of the other
    return int(np.count_nonzero(both[1:] == both[:-1]))


def thinning(size: int) -> int:
    """By which power of two a text of `size` shingles is thinned: 0 keeps all, each step halves."""
    return max(0, (size - 1) // SAMPLE).bit_length()


def thinnings(sizes: Sequence[int]) -> npt.NDArray[np.int64]:
    """The same of many texts."""
    halved = np.maximum(0, (np.array(sizes, np.int64) - 1) // SAMPLE)
    return np.frexp(halved)[1].astype(np.int64)


def highest_kept(steps: int) -> int:
    """The highest value that so many thinnings keep."""
    return (1 << 32 - steps) - 1


def thinned(values: Shingles, steps: int) -> Shingles:
    """The sorted values below 2^32 / 2^steps: two samples stay comparable at the coarser one's step (FracMinHash)."""
    if steps == 0 or not len(values) or values[-1] <= highest_kept(steps):
        return values
    return values[: int(values.searchsorted(np.uint32(highest_kept(steps)), side="right"))]


def thinned_in_order(values: Shingles, steps: int) -> Shingles:
    """The same of values in any order."""
    return values if steps == 0 else values[values <= np.uint32(highest_kept(steps))]


def samples(texts: Sequence[Shingles], steps: Sequence[int]) -> list[Shingles]:
    """The sorted set of each text's values, thinned so often: what is kept of texts to compare them by."""
    sizes = list(map(len, texts))
    flat = np.concatenate([np.empty(0, np.uint32), *texts])
    highest = np.repeat(np.array([highest_kept(each) for each in steps], np.uint32), sizes)
    chosen = np.flatnonzero(flat <= highest)
    values, ends = flat[chosen], chosen.searchsorted(list(accumulate(sizes))).tolist()
    for start, end in pairwise([0, *ends]):
        values[start:end].sort()  # each alone: all at once, told apart by numbers above them, takes three times as long
    first = np.ones(len(values) + 1, np.bool_)
    np.not_equal(values[1:], values[:-1], out=first[1 : max(1, len(values))])
    first[ends[:-1]] = True
    kept = np.flatnonzero(first[:-1])
    values = values[kept]
    return [values[start:end] for start, end in pairwise([0, *kept.searchsorted(ends).tolist()])]


class Spread(NamedTuple):
    """How the shared shingles lie in one text."""

    run: float
    """Mean length of unbroken runs, in shingles."""
    gap: float
    """The longest gap as a share of the text."""
    block: float
    """The longest run as a share of all that is shared."""


def spread(order: Shingles, other: Shingles) -> Spread:
    """The spread, over a text's shingles in reading order, of those that a sorted set holds."""
    if not len(order) or not len(other):
        return Spread(0.0, 1.0, 0.0)
    places = other.searchsorted(order)
    places[places == len(other)] = 0
    shared = other[places] == order
    bounded = np.concatenate([[False], shared, [False]])
    edges = np.flatnonzero(bounded[1:] != bounded[:-1])
    starts, ends = edges[0::2], edges[1::2]
    gaps = np.concatenate([starts, [len(order)]]) - np.concatenate([[0], ends])
    if not len(starts):
        return Spread(0.0, 1.0, 0.0)
    runs = ends - starts
    return Spread(float(runs.mean()), float(gaps.max()) / len(order), float(runs.max()) / float(runs.sum()))


def begins_within(lead: Shingles, values: Shingles, steps: int, asked: float = BEGUN) -> bool:
    """Whether the share asked of a beginning, given as a sorted sample, stands in a text thinned `steps` times."""
    sample = thinned(lead, steps)
    return not len(sample) or shared_count(values, sample) >= asked * len(sample)


def containment_asked(spread: Spread, steps: int, settings: Dedup) -> float:
    """The containment that a text of comparable length must have, by how the shared shingles are spread over it.

    A rewritten copy keeps a few words here and there from end to end; a text that quotes keeps whole passages and has
    long ones of its own. So passages must cover more of a text than crumbs to make it a copy.
    """
    if spread.gap >= QUOTING_GAP and spread.run * (1 << steps) >= QUOTING_RUN:
        return max(settings.containment, QUOTING_CONTAINMENT)
    if spread.gap < EVEN_GAP:
        return settings.containment * EVEN_DISCOUNT
    return settings.containment


def relation(
    comparison: Comparison,
    *,
    sizes: tuple[int, int],
    same_outlet: bool,
    warm: bool,
    leads: float,
    steps: int,
    asked: float,
    settings: Dedup,
) -> Relation:
    """The relation of two texts by their measures.

    `sizes` counts both sets' values as compared, `steps` their thinning, `leads` is the estimated Jaccard of their
    beginnings, `warm` that the outlet's boilerplate is known (matters within one outlet only), `asked` the
    containment that their spread asks for.
    """
    smaller, larger = min(sizes), max(sizes)
    enough = min(settings.min_shared / (1 << steps), SHORT_CONTAINMENT * smaller)
    if smaller << steps < FEWEST or comparison.shared < enough or comparison.containment < asked:
        return Relation.NONE
    version = comparison.jaccard >= settings.same_outlet_jaccard
    grown = warm and comparison.containment >= SAME_OUTLET_CONTAINMENT
    if same_outlet and not version and not grown:
        return Relation.NONE
    if smaller >= PART * larger:
        return Relation.SAME
    if leads < LEADS_AGREE and comparison.containment < settings.excerpt_containment:
        return Relation.NONE
    return Relation.PART if sizes[0] < sizes[1] else Relation.WHOLE
