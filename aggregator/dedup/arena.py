"""Many small arrays in few large blocks, freed from the oldest on. Knows nothing of what they hold.

A numpy array of its own costs 112 bytes beside its values, and as much again in the allocator's gaps.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from aggregator.dedup.shingles import Positions, Shingles

BLOCK: Final = 1 << 17
"""Values of a block: half a megabyte, freed when its last array is forgotten. Longer arrays get one of their own."""


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

    def keep_many(self, values: Shingles, sizes: Positions) -> Positions:
        """Copy many arrays, which stand one behind the other in `values`; returns their places."""
        ends = sizes.cumsum()
        starts, places = ends - sizes, np.empty(len(sizes), np.int64)
        first = 0
        while first < len(sizes):
            last = max(first + 1, int(ends.searchsorted(starts[first] + BLOCK)))
            places[first:last] = self.keep(values[starts[first] : ends[last - 1]]) + starts[first:last] - starts[first]
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
