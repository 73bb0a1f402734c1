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
BLOCK = 512
MERGED = 8
"""Blocks that are made one: 4,096 rows, whose product with 256 queries takes 8 MB at most."""

Words = NDArray[np.uint32]
Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The key words of some rows, row behind row, ascending within each."""

    words: Words
    weights: Values
    lengths: Rows


@dataclass(frozen=True, slots=True)
class Part:
    """The index of the rows from `start` to `end`: `matrix` is words by rows."""

    start: int
    end: int
    words: Words
    matrix: sparse.csr_matrix


class HasKeys(Protocol):
    """Whose rows are indexed."""

    def keys_in(self, rows: range) -> Keys:
        """The keys of a range of rows."""


class Index:
    """The inverted index of rows 0 to n."""

    def __init__(self, indexed: HasKeys) -> None:
        self._indexed = indexed
        self._parts: list[Part] = []

    def clear(self) -> None:
        """Rows have been renumbered."""
        self._parts = []

    def candidates(self, rows: Rows, keys: Keys, count: int) -> tuple[Rows, Rows, Values]:
        """(later, earlier, shared) of pairs of one of `rows`, whose keys are given, and an earlier one of `count` rows.

        `shared` is the part of their cosine that key words make up.
        """
        found = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))]
        newest = int(rows.max(initial=-1))
        for part in self._up_to(count):
            if part.start < newest:
                product = (_query(keys, part.words) @ part.matrix).tocoo()
                shared = product.data >= SHARED_FROM
                later, earlier = rows[product.row[shared]], product.col[shared].astype(np.int64) + part.start
                before = earlier < later
                found.append((later[before], earlier[before], product.data[shared][before]))
        later, earlier, values = (np.concatenate(column) for column in zip(*found, strict=True))
        return later, earlier, values

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
        keys = self._indexed.keys_in(range(start, end))
        words, columns = np.unique(keys.words, return_inverse=True)
        ends = np.concatenate([[0], np.cumsum(keys.lengths)])
        rows = sparse.csr_matrix((keys.weights, columns, ends), shape=(end - start, len(words)))
        return Part(start, end, words, rows.T.tocsr())


def _query(keys: Keys, words: Words) -> sparse.csr_matrix:
    """Rows of keys, over the words of a part; its other words are left out."""
    places = np.minimum(np.searchsorted(words, keys.words), max(0, len(words) - 1))
    known = words[places] == keys.words if len(words) else np.zeros(len(keys.words), np.bool_)
    within = np.concatenate([[0], np.cumsum(known)])
    ends = within[np.concatenate([[0], np.cumsum(keys.lengths)])]
    return sparse.csr_matrix((keys.weights[known], places[known], ends), shape=(len(keys.lengths), len(words)))
