"""Many small arrays in few large blocks, freed from the oldest on. Knows nothing of what they hold.

A numpy array of its own costs 112 bytes beside its values, and as much again in the allocator's gaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

import numpy as np

from aggregator.dedup.shingles import Positions, Shingles

STORED: Final = "<u4"
"""How values are stored: little-endian on every machine."""
BLOCK: Final = 1 << 17
"""Values of a block: half a megabyte, freed when its last array is forgotten. Longer arrays get one of their own."""


def values_of(stored: Iterable[bytes]) -> Shingles:
    """Stored arrays, one behind the other; they may be written to."""
    return np.frombuffer(bytearray().join(stored), STORED).astype(np.uint32, copy=False)


def sizes_of(stored: Iterable[bytes]) -> Positions:
    """How many values each of the stored arrays holds."""
    return np.array(list(map(len, stored)), np.int64) // np.dtype(STORED).itemsize


class Arena:
    """Arrays of uint32 by the place that `keep` gave; places grow."""

    def __init__(self) -> None:
        self._blocks: dict[int, Shingles] = {}
        self._last = -1
        self._used = BLOCK

    def keep(self, *parts: Shingles) -> int:
        """Copy the parts, one behind the other; returns their place."""
        size = sum(map(len, parts))
        if self._used + size >= BLOCK:  # never quite full, so that a place lies in its own block
            self._last += 1
            self._blocks[self._last] = np.empty(max(size, BLOCK), np.uint32)
            self._used = 0
        block, start = self._blocks[self._last], self._used
        for part in parts:
            block[self._used : self._used + len(part)] = part
            self._used += len(part)
        return self._last * BLOCK + start

    def keep_stored(self, *parts: Sequence[bytes]) -> Positions:
        """Copy many arrays from what was stored of them, a column for each part; returns their places."""
        sizes = np.sum([sizes_of(column) for column in parts], axis=0)
        ends = sizes.cumsum()
        starts, places = ends - sizes, np.empty(len(ends), np.int64)
        first = 0
        while first < len(ends):
            last = max(first + 1, int(ends.searchsorted(starts[first] + BLOCK)))
            rows = zip(*(column[first:last] for column in parts), strict=True)
            self._last, self._used = self._last + 1, BLOCK
            self._blocks[self._last] = values_of(chain.from_iterable(rows))
            places[first:last] = self._last * BLOCK + starts[first:last] - starts[first]
            first = last
        return places

    def view(self, place: int, size: int) -> Shingles:
        """The values that stand from a place on; not to be written to."""
        block, start = divmod(place, BLOCK)
        return self._blocks[block][start : start + size]

    def free(self, before: int) -> None:
        """Forget what was kept before a place."""
        for block in [number for number in self._blocks if number < before // BLOCK]:
            del self._blocks[block]

    def nbytes(self) -> int:
        """Bytes of all blocks."""
        return sum(block.nbytes for block in self._blocks.values())
