"""The dearest loops of the matcher, compiled: the one home of numba (the extra `fast`).

Each does what a numpy expression of the module that uses it does, with the same results bit for bit (properties say
so). Numba costs half a CPU second to load and two more to compile once on a machine, so nothing is loaded until
so many texts were matched that it pays, or are known to come.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, NamedTuple

import numpy as np

WORTH_IT: Final = 10_000
"""Texts placed before the compiled loops are loaded: by then numpy has cost as much more as loading does, half a CPU
second in all."""

_FIRST: Final = np.uint32(0x85EBCA6B)
_SECOND: Final = np.uint32(0xC2B2AE35)
"""Multipliers of MurmurHash3's 32-bit finaliser."""


class Kernels(NamedTuple):
    """The compiled loops; see the functions below for what each takes."""

    sign: Callable[..., None]
    own: Callable[..., int]
    learn: Callable[..., int]
    shared: Callable[..., int]
    measure: Callable[..., tuple[int, int, int]]
    overlap: Callable[..., tuple[int, int, int]]
    flagged: Callable[..., int]
    words: Callable[..., int]
    put: Callable[..., None]
    find: Callable[..., int]


def sign(
    values: Any, ends: Any, last: Any, multipliers: Any, offsets: Any, mixed: Any, rows: Any
) -> None:  # pragma: no cover
    """Lower each row to the least permuted value of its text's shingles up to `last`; `mixed` is room for one text."""
    start = 0
    for text in range(len(ends)):
        count = np.uintp(0)
        for place in range(start, ends[text]):
            value = values[place]
            counted = np.uintp(value <= last)  # no branch, which the processor would foresee wrongly half of the time
            value = np.uint32((value ^ (value >> np.uint32(16))) * _FIRST)  # numba widens each product
            value = np.uint32((value ^ (value >> np.uint32(13))) * _SECOND)
            mixed[count] = value ^ (value >> np.uint32(16))
            count += counted
        for number in range(len(multipliers)):
            least, multiplier, offset = rows[text, number], multipliers[number], offsets[number]
            for place in range(np.int64(count)):
                least = min(least, np.uint32(multiplier * mixed[place] + offset))
            rows[text, number] = least
        start = ends[text]


def own(
    values: Any, ends: Any, counters: Any, places: Any, mask: Any, limit: int, kept: Any
) -> int:  # pragma: no cover
    """Keep the values whose counters, those of a text from its place on, are below the limit; moves the ends."""
    start, count = 0, np.uintp(0)
    for text in range(len(ends)):
        first = places[text]
        for place in range(start, ends[text]):
            kept[count] = values[place]
            count += np.uintp(counters[first + (values[place] & mask)] < limit)
        start = ends[text]
        ends[text] = count
    return int(count)


def learn(counters: Any, values: Any, grown: Any) -> int:  # pragma: no cover
    """Count each place of the values once more, repeats once; `grown` is room for as many counters.

    Returns how many places there are.
    """
    mask = np.uint32(len(counters) - 1)
    for place in range(len(values)):
        grown[place] = counters[values[place] & mask] + np.uint8(1)
    places = 0
    for place in range(len(values)):
        places += counters[values[place] & mask] != grown[place]
        counters[values[place] & mask] = grown[place]
    return places


def shared(first: Any, second: Any) -> int:  # pragma: no cover
    """How many values two sorted sets share."""
    one, other, count = 0, 0, 0
    while one < len(first) and other < len(second):
        left, right = first[one], second[other]
        count += left == right
        one += left <= right
        other += right <= left
    return count


def measure(
    first: Any, second: Any, last: Any, table: Any, row: int, other_row: int, limit: int
) -> tuple[int, int, int]:  # pragma: no cover
    """Sizes of two sorted sets and of what they share, up to a value, less what the row of counters of each says."""
    counters, other_counters = table[row], table[other_row]
    mask = np.uint32(len(counters) - 1)
    one, other, left, right, both = 0, 0, 0, 0, 0
    ends, ends_other = len(first), len(second)
    while ends and first[ends - 1] > last:
        ends -= 1
    while ends_other and second[ends_other - 1] > last:
        ends_other -= 1
    while one < ends or other < ends_other:
        in_first = other == ends_other or (one < ends and first[one] <= second[other])
        in_second = one == ends or (other < ends_other and second[other] <= first[one])
        kept, kept_other = False, False
        if in_first:
            kept = counters[first[one] & mask] < limit
            one += 1
        if in_second:
            kept_other = other_counters[second[other] & mask] < limit
            other += 1
        left += kept
        right += kept_other
        both += kept and kept_other
    return left, right, both


def overlap(first: Any, second: Any, counters: Any, limit: int) -> tuple[int, int, int]:  # pragma: no cover
    """How many different values each of two arrays has, and how many both, counting those that do not recur."""
    mask = np.uint32(len(counters) - 1)
    size = 16
    while size < 2 * (len(first) + len(second)):
        size *= 2
    seen, last = np.zeros(size, np.uint64), size - 1  # a value below, above it a bit for each array that it is in
    left, right, both = 0, 0, 0
    for turn in range(2):
        values, mark = (second, np.uint64(1 << 33)) if turn else (first, np.uint64(1 << 32))
        for value in values:
            if counters[value & mask] < limit:
                at = int((value >> np.uint32(16)) ^ value) & last
                wanted = np.uint64(value)
                while seen[at] and seen[at] & np.uint64(0xFFFFFFFF) != wanted:
                    at = (at + 1) & last
                if not seen[at] & mark:
                    left += turn == 0
                    right += turn
                    both += turn and seen[at] != 0
                    seen[at] |= wanted | mark
    return left, right, both


def flagged(values: Any, flags: Any, factor: Any, shift: Any, found: Any) -> int:  # pragma: no cover
    """The places of the values whose slot of a table is true; returns how many there are, room or no room."""
    count = 0
    for place in range(len(values)):
        if flags[np.uint32(values[place] * factor) >> shift]:
            if count < len(found):
                found[count] = place
            count += 1
    return count


def words(
    codes: Any, folded: Any, ends: Any, powers: Any, inverses: Any, beginning: int, mixing: Any, made: Any
) -> int:  # pragma: no cover
    """The words between zeros: their hashes, those of their first codes, and their shingles; returns how many.

    `folded` tells what codes below its length stand for; each end of a text becomes the number of words up to there.
    Edges of words are noted without a branch, which the processor would foresee wrongly once a word.
    """
    tokens, beginnings, shingles = made[0], made[1], made[2]
    first, second, third, mix = mixing[0], mixing[1], mixing[2], mixing[3]
    narrow = len(folded) > 0
    count: Any = 0
    longest, start = ends[0] + 1, 0
    for text in range(1, len(ends)):
        longest = max(longest, ends[text] + 1 - ends[text - 1])
    sums, edges = np.empty(longest + beginning, np.uint32), np.empty(longest + 1, np.uint32)
    for text in range(len(ends)):
        own = codes[start : ends[text] + 1]
        total, found, before = np.uint32(0), np.uintp(0), False
        for place in range(len(own)):
            code = folded[own[place]] if narrow else own[place]
            sums[place] = total
            total = np.uint32(total + np.uint32(code) * powers[place])
            inside = code != 0
            edges[found] = np.uint32(place)
            found += np.uintp(inside != before)
            before = inside
        for place in range(len(own), len(own) + beginning):
            sums[place] = total
        for word in range(np.int64(found) // 2):
            opened, closed = edges[2 * word], edges[2 * word + 1]
            behind, scale = sums[opened], inverses[opened]
            tokens[count + word] = (sums[closed] - behind) * scale
            beginnings[count + word] = (sums[opened + beginning] - behind) * scale
        count += np.int64(found) // 2
        start = ends[text]
        ends[text] = count
    for word in range(count - 2):
        mixed = np.uint32(tokens[word] * first + tokens[word + 1] * second + tokens[word + 2] * third)
        mixed = np.uint32((mixed ^ (mixed >> np.uint32(16))) * mix)
        shingles[word] = mixed ^ (mixed >> np.uint32(15))
    return int(count)


def put(table: Any, mask: int, positions: Any, postings: Any, oldest: Any, given_up: Any) -> None:  # pragma: no cover
    """Write postings to the first free slots from their positions on."""
    low = np.uint64(0xFFFFFFFF)
    for number in range(len(postings)):
        at = positions[number]
        while oldest <= table[at] & low < given_up:
            at = (at + 1) & mask
        table[at] = postings[number]


def find(
    table: Any, mask: int, positions: Any, keys: Any, oldest: Any, given_up: Any, queries: Any, found: Any
) -> int:  # pragma: no cover
    """The slots that hold live postings of the keys, as many as there is room for; returns how many there are."""
    low, half, unused = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(0xFFFFFFFF)
    count = 0
    for number in range(len(keys)):
        at, key = positions[number], np.uint64(keys[number])
        while True:
            posting = table[at]
            document = posting & low
            if document == unused:
                break
            if posting >> half == key and oldest <= document < given_up:
                if count < len(found):
                    queries[count], found[count] = number, at
                count += 1
            at = (at + 1) & mask
    return count


class _Chosen:
    """What this process uses: nothing until `load` was called with numba installed."""

    kernels: Kernels | None = None


@cache
def _compiled() -> Kernels | None:
    if importlib.util.find_spec("numba") is None:
        return None
    with _without_scipy():
        import numba  # noqa: PLC0415  loaded when it pays, where it is installed

        compiled: Any = numba.njit(cache=True)
        made = Kernels(*map(compiled, (sign, own, learn, shared, measure, overlap, flagged, words, put, find)))
        made.shared(np.empty(0, np.uint32), np.empty(0, np.uint32))
    return made


@contextmanager
def _without_scipy() -> Iterator[None]:
    """Numba would load scipy for its linear algebra, which nothing here uses: 0.35 CPU s."""
    hidden = "scipy"
    if hidden in sys.modules:
        yield
        return
    sys.modules[hidden] = None  # type: ignore[assignment]  # which makes its import fail
    try:
        yield
    finally:
        del sys.modules[hidden]


def load() -> bool:
    """Use the compiled loops from now on; False where numba is not installed."""
    _Chosen.kernels = _compiled()
    return _Chosen.kernels is not None


def unload() -> None:
    """Do without the compiled loops again."""
    _Chosen.kernels = None


def kernels() -> Kernels | None:
    """The compiled loops, None while they are not loaded."""
    return _Chosen.kernels
