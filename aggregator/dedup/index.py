"""The LSH index: which documents share a band of their signatures, in one open-addressing numpy table.

The candidates are those of datasketch's `MinHashLSH` with the same bands (a test says so), at an eighth of its memory
and for a whole batch at a time. Document numbers grow with arrival: expiry only raises a lower bound, whatever stands
below it is free to be overwritten. A posting that a newer copy of the same piece holds too can be given up, so that a
story printed by a thousand outlets costs its next reader one candidate.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from aggregator.dedup.shingles import Shingles

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]
Positions = npt.NDArray[np.int64]

_UNUSED: Final = -1
_GIVEN_UP: Final = -2
"""Free for writing like an expired posting; a search goes on behind it, as behind any but an unused one."""
_SMALLEST: Final = 12
"""log2 of the first table's slots: 48 KiB."""
_MIX_FIRST: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_SECOND: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_BAND: Final = np.uint64(0x165667B19E3779F9)
_VALUE: Final = 0xD6E8FEB86659FD93
"""Odd constants with well mixed bits; their powers weigh the values of a band."""


class Hits(NamedTuple):
    """Live postings found: row `query` of the keys asked for, the document, and where the posting stands."""

    query: Positions
    document: Numbers
    position: Positions


class BandIndex:
    """Bands of `rows` MinHash values each over the first bands x rows values of a signature."""

    def __init__(self, *, bands: int, rows: int) -> None:
        self.bands, self.rows = bands, rows
        self._weights = np.array([pow(_VALUE, row + 1, 1 << 64) | 1 for row in range(rows)], np.uint64)
        self._salts = (np.arange(bands, dtype=np.uint64) + np.uint64(1)) * _BAND
        self._oldest = 0
        self._allocate(_SMALLEST)

    def _allocate(self, bits: int) -> None:
        self._mask, self._shift, self._used = (1 << bits) - 1, np.uint64(64 - bits), 0
        self._keys: Keys = np.zeros(1 << bits, np.uint64)
        self._documents: Numbers = np.full(1 << bits, _UNUSED, np.int32)

    def keys(self, signatures: Shingles) -> Keys:
        """Signatures (n, permutations) to band keys (n, bands); the band is mixed in, so one table holds them all."""
        count = len(signatures)
        values = signatures[:, : self.bands * self.rows].reshape(count, self.bands, self.rows).astype(np.uint64)
        keys: Keys = (values * self._weights).sum(axis=2, dtype=np.uint64) + self._salts
        keys ^= keys >> np.uint64(29)
        keys *= _MIX_FIRST
        keys ^= keys >> np.uint64(32)
        keys *= _MIX_SECOND
        return keys

    def insert(self, keys: Keys, documents: Numbers) -> None:
        """Add band keys (n, bands) of n documents."""
        flat, numbers = keys.ravel(), np.repeat(documents.astype(np.int32), self.bands)
        if (self._used + len(flat)) * 2 > self._mask + 1:
            self._grow(len(flat))
        self._put(flat, numbers)

    def _put(self, keys: Keys, documents: Numbers) -> None:
        positions = (keys >> self._shift).astype(np.int64)
        waiting = np.arange(len(keys))
        while len(waiting):
            at = positions[waiting]
            free = self._documents[at] < self._oldest
            writers, targets = waiting[free], at[free]
            self._documents[targets], self._keys[targets] = documents[writers], keys[writers]
            placed = np.zeros(len(waiting), np.bool_)  # of two that wrote to one slot the last won, the other moves on
            placed[free] = (self._documents[targets] == documents[writers]) & (self._keys[targets] == keys[writers])
            waiting = waiting[~placed]
            positions[waiting] = (positions[waiting] + 1) & self._mask
        self._used += len(keys)

    def _grow(self, coming: int) -> None:
        live = self._documents >= self._oldest
        keys, documents = self._keys[live], self._documents[live]
        bits = max(_SMALLEST, (4 * (len(keys) + coming) - 1).bit_length())
        self._allocate(bits)
        self._put(keys, documents)

    def lookup(self, keys: Keys) -> Hits:
        """All live postings of the band keys (n, bands); `query` counts the n rows."""
        flat = keys.ravel()
        positions = (flat >> self._shift).astype(np.int64)
        waiting = np.arange(len(flat))
        found: list[tuple[Positions, Numbers, Positions]] = []
        while len(waiting):
            at = positions[waiting]
            documents = self._documents[at]
            hit = (self._keys[at] == flat[waiting]) & (documents >= self._oldest)
            if hit.any():
                found.append((waiting[hit] // self.bands, documents[hit], at[hit]))
            waiting = waiting[documents != _UNUSED]
            positions[waiting] = (positions[waiting] + 1) & self._mask
        if not found:
            return Hits(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64))
        return Hits(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def give_up(self, positions: Positions) -> None:
        """Drop postings, by where the last lookup found them; nothing may be inserted in between."""
        self._documents[positions] = _GIVEN_UP

    def expire(self, oldest: int) -> None:
        """Forget all documents below `oldest`, whose number never sinks."""
        self._oldest = max(self._oldest, oldest)

    def nbytes(self) -> int:
        """Bytes of the table."""
        return self._keys.nbytes + self._documents.nbytes
