"""The LSH index: which documents share a band of their signatures, in one open-addressing numpy table.

A search begins at a bucket of eight postings, one line of the processor's cache, and looks at all of them in one go;
the first that is free takes a new posting, and only a full bucket sends on to the next.

The candidates are those of datasketch's `MinHashLSH` with the same bands (a test says so), at a twelfth of its memory
and for a whole batch at a time; that keys have 32 bits gives one document in two a candidate by chance when the table
holds a million, which verification turns away. Document numbers grow with arrival: expiry only raises a lower bound,
whatever stands below it is free to be overwritten. A posting that a newer copy of the same piece holds too can be given
up, so that a story printed by a thousand outlets costs its next reader one candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from aggregator.dedup.kernels import Kernels, kernels
from aggregator.dedup.shingles import Shingles

Keys = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.int64]
Positions = npt.NDArray[np.int64]
Postings = npt.NDArray[np.uint64]

_UNUSED: Final = 0xFFFFFFFF
_GIVEN_UP: Final = 0xFFFFFFFE
"""Free for writing like an expired posting; a search goes on behind it, as behind any but an unused one."""
_SMALLEST: Final = 12
"""log2 of the first table's slots: 32 KiB."""
FULL: Final = 0.7
"""Load at which a table is made anew, twice as large: on average it is half full, and one search in fifty goes on to
another bucket."""
_BUCKET: Final = 8
"""Postings of a bucket: the bits of a byte tell which of them are free."""
_FIRST_FREE: Final = np.array([_BUCKET - bits.bit_length() for bits in range(1 << _BUCKET)], np.int64)
"""The first free place of a bucket by these bits, the first place's the highest; `_BUCKET` where there is none."""
_BAND: Final = 0x85EBCA77
_VALUE: Final = 0xC2B2AE3D
"""Odd constants with well mixed bits; powers of the last weigh the values of a band."""
_AT_ONCE: Final = 1 << 13
"""Postings moved at once to another table: they stay in the processor's cache, which lays them in half the time."""
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)


class Hits(NamedTuple):
    """Live postings found: row `query` of the keys asked for, the document, and where the posting stands."""

    query: Positions
    document: Numbers
    position: Positions


class BandIndex:
    """Bands of `rows` MinHash values each over the first bands x rows values of a signature."""

    def __init__(self, *, bands: int, rows: int) -> None:
        self.bands, self.rows = bands, rows
        self._weights = np.array([pow(_VALUE, row + 1, 1 << 32) for row in range(rows)], np.uint32)
        self._salts = np.array([(band + 1) * _BAND % (1 << 32) for band in range(bands)], np.uint32)
        self._oldest = 0
        self._allocate(_SMALLEST)

    def _allocate(self, bits: int) -> None:
        self._mask, self._shift, self._used = (1 << bits) - 1, np.uint64(64 - bits), 0
        self._table = np.full(1 << bits, _UNUSED, np.uint64)

    def keys(self, signatures: Shingles) -> Keys:
        """Signatures (n, permutations) to band keys (n, bands); the band is mixed in, so one table holds them all."""
        values = signatures[:, : self.bands * self.rows].reshape(len(signatures), self.bands, self.rows)
        keys: Keys = values[:, :, 0] * self._weights[0] + self._salts
        for row in range(1, self.rows):
            keys ^= keys >> np.uint32(15)
            keys += values[:, :, row] * self._weights[row]
        keys ^= keys >> np.uint32(16)
        keys *= np.uint32(_BAND)
        keys ^= keys >> np.uint32(15)
        return keys

    def insert(self, keys: Keys, documents: Numbers) -> None:
        """Add band keys (n, bands) of n documents."""
        postings = self.postings(keys, documents)
        if self._used + len(postings) > FULL * (self._mask + 1):
            self.insert_all([postings])
        else:
            self._put(postings)

    def postings(self, keys: Keys, documents: Numbers) -> Postings:
        """What the table holds of documents with these band keys: the key above, the document below."""
        made: Postings = keys.ravel().astype(np.uint64) << _HALF
        made |= np.repeat(documents, self.bands).astype(np.uint64)
        return made

    def insert_all(self, postings: list[Postings]) -> None:
        """Add postings, given by parts, which are used up, and what is live, to a table made anew with room to grow."""
        table = [self._table[start : start + _AT_ONCE] for start in range(0, len(self._table), _AT_ONCE)]
        postings += [part[~self._is_free(part & _LOW)] for part in table]
        count, bits = sum(map(len, postings)), _SMALLEST
        while count * 2 > FULL * 1.5 * (1 << bits):
            bits += 1
        self._allocate(bits)
        beyond = self._lay(self._by_bucket(postings))
        self._used = count - len(beyond)
        self._put(beyond)

    def _by_bucket(self, parts: list[Postings]) -> Iterator[Postings]:
        """The postings of all parts by growing bucket, some thousand at once; no part is kept.

        First each part by the upper bits, then by the lower 16 what has those in common: numpy sorts two bytes by
        counting, in a quarter of the time that whole postings take.
        """
        lower = int(self._shift) + _BUCKET.bit_length() - 1
        shelves = max(1, (self._mask + 1) // _BUCKET >> 16)
        sorted_parts, ends = [], []
        while parts:
            part = parts.pop()
            shelf = (part >> lower + 16).astype(np.uint16)
            sorted_parts.append(part[shelf.argsort(kind="stable")])
            ends.append([0, *np.bincount(shelf, minlength=shelves).cumsum().tolist()])
        for number in range(shelves):
            held = np.concatenate(
                [part[end[number] : end[number + 1]] for part, end in zip(sorted_parts, ends, strict=True)]
            )
            order = (held >> lower).astype(np.uint16).argsort(kind="stable")
            for start in range(0, len(held), _AT_ONCE):
                yield held[order[start : start + _AT_ONCE]]

    def _lay(self, runs: Iterable[Postings]) -> Postings:
        """Write postings by growing bucket to an empty table, each to the first free place; returns those beyond it.

        The place of each is its bucket's first, or the one behind that of the posting before: no search is needed.
        """
        last, beyond = -1, [np.empty(0, np.uint64)]
        for run in runs:
            steps = np.arange(len(run))
            places = self._places(run) - steps
            places[0] = max(places[0], last + 1)
            places = np.maximum.accumulate(places) + steps
            inside = int(places.searchsorted(self._mask, side="right"))
            self._table[places[:inside]] = run[:inside]
            beyond.append(run[inside:])
            last = int(places[-1])
        return np.concatenate(beyond)

    def _places(self, postings: Postings) -> Positions:
        """Where the buckets of postings begin."""
        places: Positions = (postings >> self._shift).astype(np.int64)
        places &= -_BUCKET
        return places

    def _buckets(self, positions: Positions) -> Postings:
        """What the buckets hold that begin there, one a row."""
        found: Postings = self._table.reshape(-1, _BUCKET).take(positions // _BUCKET, axis=0)
        return found

    def _put(self, postings: Postings) -> None:
        self._used += len(postings)
        positions = self._places(postings)
        if compiled := kernels():
            compiled.put(self._table, self._mask, positions, postings, np.uint64(self._oldest), np.uint64(_GIVEN_UP))
            return
        while len(postings):
            free = self._is_free(self._buckets(positions) & _LOW)
            slots = _FIRST_FREE[np.packbits(free)]
            finding = (slots < _BUCKET).nonzero()[0]
            writing, targets = postings[finding], positions[finding] + slots[finding]
            self._table[targets] = writing
            moving = np.ones(len(postings), np.bool_)  # of two that wrote to one slot the last won, the other goes on
            moving[finding] = self._table[targets] != writing
            positions[slots == _BUCKET] += _BUCKET
            postings, positions = postings[moving], positions[moving] & self._mask

    def _is_free(self, documents: Postings) -> npt.NDArray[np.bool_]:
        above = documents - np.uint64(self._oldest)  # of older ones the difference wraps around and is largest of all
        free: npt.NDArray[np.bool_] = above >= np.uint64(_GIVEN_UP - self._oldest)
        return free

    def lookup(self, keys: Keys) -> Hits:
        """All live postings of the band keys (n, bands); `query` counts the n rows."""
        flat = keys.ravel()
        asked = flat.astype(np.uint64)
        positions = self._places(asked << _HALF)
        if compiled := kernels():
            return self._found(compiled, flat, positions)
        waiting = np.arange(len(flat))
        found = [(waiting[:0], waiting[:0], waiting[:0])]
        while len(waiting):
            buckets = self._buckets(positions)
            same = (buckets >> _HALF == asked[:, None]).ravel().nonzero()[0]
            documents = buckets.ravel()[same] & _LOW
            live = (~self._is_free(documents)).nonzero()[0]
            rows, slots = same[live] // _BUCKET, same[live] % _BUCKET
            found.append((waiting[rows] // self.bands, documents[live].astype(np.int64), positions[rows] + slots))
            going = (buckets[:, -1] != _UNUSED).nonzero()[0]  # free places are taken from the first on
            waiting, asked, positions = waiting[going], asked[going], (positions[going] + _BUCKET) & self._mask
        return Hits(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def _found(self, compiled: Kernels, keys: Keys, positions: Positions) -> Hits:
        """The postings by the compiled loop, which counts on when there is no more room for them."""
        count, room = -1, 2 * len(keys)
        while not 0 <= count <= room:
            room = max(room, count)
            queries, slots = np.empty(room, np.int64), np.empty(room, np.int64)
            oldest, given_up = np.uint64(self._oldest), np.uint64(_GIVEN_UP)
            count = compiled.find(self._table, self._mask, positions, keys, oldest, given_up, queries, slots)
        slots = slots[:count]
        return Hits(queries[:count] // self.bands, (self._table[slots] & _LOW).astype(np.int64), slots)

    def give_up(self, positions: Positions) -> None:
        """Drop postings, by where the last lookup found them; nothing may be inserted in between."""
        self._table[positions] = self._table[positions] & ~_LOW | np.uint64(_GIVEN_UP)

    def expire(self, oldest: int) -> None:
        """Forget all documents below `oldest`, whose number never sinks."""
        self._oldest = max(self._oldest, oldest)

    def nbytes(self) -> int:
        """Bytes of the table."""
        return self._table.nbytes
