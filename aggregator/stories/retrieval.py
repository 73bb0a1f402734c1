"""Which earlier pieces can be like a piece at all: an inverted index over each piece's heaviest words.

Whatever two pieces share, the telling words among it are heavy in both. So the index holds `KEY_WORDS` of each piece,
and a pair counts as a candidate if the part of its similarity that these make up is not negligible; the similarity
itself is reckoned elsewhere, for candidates only. Which pairs are candidates depends on the two pieces alone, never
on what else the index holds or how it is cut, so that a restart finds the same.

The index is cut by rows: a tail that is built for every batch, blocks of `BLOCK`, and eight of these made one. A row
costs the same to build at any size, and what a product needs is bounded by a block's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aggregator.stories.arena import Rows

KEY_WORDS = 32
"""Heaviest words of a piece that are looked up."""
SHARED_FROM = 0.02
"""The part of the similarity, by key words, from which a pair is looked at."""
ALMOST = 1.0 - 1e-6
"""Leaves room for rounding where a bound is compared with what it bounds."""
BLOCK = 512
MERGED = 8
"""Blocks that are made one: 4,096 rows, whose product with 256 queries takes 8 MB at most."""

Words = NDArray[np.uint32]
Values = NDArray[np.float32]

_NO_PAIRS = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The key words of some rows, row behind row, ascending within each."""

    words: Words
    weights: Values
    lengths: Rows


@dataclass(frozen=True, slots=True)
class Inverted:
    """The rows that each key word stands in: `matrix` is words by rows."""

    words: Words
    matrix: sparse.csr_matrix

    @classmethod
    def of(cls, keys: Keys) -> Inverted:
        """Of rows by their keys."""
        words, columns = np.unique(keys.words, return_inverse=True)
        rows = sparse.csr_matrix((keys.weights, columns, _bounds(keys.lengths)), shape=(len(keys.lengths), len(words)))
        return cls(words, rows.T.tocsr())

    def pairs(self, keys: Keys, least: float) -> tuple[Rows, Rows, Values]:
        """(number among `keys`, number of the row, shared) of the pairs whose key words make up `least`."""
        product = self._query(keys) @ self.matrix
        enough = np.flatnonzero(product.data >= least)
        which = np.searchsorted(product.indptr, enough, "right") - 1
        return which, product.indices[enough].astype(np.int64), product.data[enough]

    def _query(self, keys: Keys) -> sparse.csr_matrix:
        """Rows of keys over the words known here; the others are left out."""
        words = self.words
        places = np.minimum(np.searchsorted(words, keys.words), max(0, len(words) - 1))
        known = words[places] == keys.words if len(words) else np.zeros(len(keys.words), np.bool_)
        ends = _bounds(known)[_bounds(keys.lengths)]
        return sparse.csr_matrix((keys.weights[known], places[known], ends), shape=(len(keys.lengths), len(words)))


@dataclass(frozen=True, slots=True)
class Part:
    """The index of the rows from `start` to `end`."""

    start: int
    end: int
    inverted: Inverted


class Indexed(Protocol):
    """Whose rows are indexed."""

    def keys(self, rows: Rows) -> Keys:
        """The keys of these rows."""

    def most_left(self, rows: Rows, others: range) -> float:
        """What time leaves at most of the similarity of any of `rows` and any of a range."""


class Index:
    """The inverted index of rows 0 to n."""

    def __init__(self, indexed: Indexed) -> None:
        self._indexed = indexed
        self._parts: list[Part] = []

    def clear(self) -> None:
        """Rows have been renumbered."""
        self._parts = []

    def candidates(self, rows: Rows, keys: Keys, count: int) -> tuple[Rows, Rows, Values]:
        """(later, earlier, shared) of pairs of one of `rows`, whose keys are given, and an earlier one of `count` rows.

        `shared` is the part of their cosine that key words make up. Where time leaves little of it, more is asked for.
        """
        found = [_NO_PAIRS]
        newest = int(rows.max(initial=-1))
        for part in self._up_to(count):
            left = self._indexed.most_left(rows, range(part.start, part.end)) if part.start < newest else 0.0
            if left > 0.0:
                which, other, shared = part.inverted.pairs(keys, SHARED_FROM * ALMOST / left)
                later, earlier = rows[which], other + part.start
                before = earlier < later
                found.append((later[before], earlier[before], shared[before]))
        later, earlier, shared = (np.concatenate(column) for column in zip(*found, strict=True))
        return later, earlier, shared

    def among(self, rows: Rows, keys: Keys, others: Rows) -> tuple[Rows, Rows, Values]:
        """The same for earlier ones of `others` only, ascending; the index is not used."""
        which, other, shared = Inverted.of(self._indexed.keys(others)).pairs(keys, SHARED_FROM)
        later, earlier = rows[which], others[other]
        before = earlier < later
        return later[before], earlier[before], shared[before]

    def _up_to(self, count: int) -> list[Part]:
        """The whole index, its tail built anew."""
        built = self._parts[-1].end if self._parts else 0
        while count - built >= BLOCK:
            self._parts.append(self._part(built, built + BLOCK))
            built += BLOCK
            last = self._parts[-MERGED:]
            if len(last) == MERGED and all(part.end - part.start == BLOCK for part in last):
                self._parts[-MERGED:] = [self._part(last[0].start, built)]
        return [*self._parts, *([self._part(built, count)] if built < count else [])]

    def _part(self, start: int, end: int) -> Part:
        return Part(start, end, Inverted.of(self._indexed.keys(np.arange(start, end))))


def _bounds(lengths: NDArray[np.int64] | NDArray[np.bool_]) -> Rows:
    """Where each of so many stretches begins, and where the last one ends."""
    return np.concatenate([[0], np.cumsum(lengths)])
