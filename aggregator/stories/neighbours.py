"""The pieces of one language in the window, and which of them are alike.

Similarity of two pieces: cosine, a little less when both name numbers and share none, fading with the time between
them; nothing across more than the window. Only pairs at or above `FLOOR` are kept, each at its later piece, so that
the work is done once and repair only reads. A link depends on its two pieces alone: recomputed after a restart it is
the same. Knows vectors and times; knows nothing of stories.

The product runs over an inverted index (terms to pieces, float32): one main part, built anew when what came since has
grown past an eighth of it, and a fresh part, built for every batch. Measured at 12,000 pieces of 350 terms: 0.6 ms a
piece, exact. Dropping each query's light terms halves it, and checking the candidates again costs the gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aggregator.stories.features import Vector, word_count
from aggregator.stories.frequencies import TERM_SPACE

FLOOR = 0.05
"""Similarity below which two pieces have nothing to do with each other (measured: leaving these out costs nothing)."""
NUMBER_PENALTY = 0.04
NUMBERS_MATTER_FROM = 0.10
"""Similarity from which differing numbers speak: below it, the texts differ anyhow."""
DECAY = 1.0
"""Per day beyond the grace: similarity halves in 17 hours (measured .25 to 1.5, on titles and texts)."""
GRACE = 0.25
"""Days within which time says nothing: outlets follow each other by hours (measured .25 to .5)."""
QUERIES = 256
"""Pieces looked up in one product, which bounds its memory: 256 rows of 12,000 similarities are 37 MB."""
MAIN_SHARE = 8
SMALLEST_FRESH = 512

Rows = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Links:
    """One piece's likenesses to earlier ones: their rows, ascending, and the similarities, all at least `FLOOR`."""

    rows: NDArray[np.int32]
    values: NDArray[np.float32]


NO_LINKS = Links(np.zeros(0, np.int32), np.zeros(0, np.float32))


class Window:
    """The window's vectors by row; rows count arrivals and are renumbered only by `keep`."""

    def __init__(self, span: float) -> None:
        """`span` is the longest time between two pieces that can be alike, in days."""
        self.span = span
        self.vectors: list[Vector] = []
        self.at = np.zeros(0)
        self.masks = np.zeros(0, np.uint64)
        self.words = np.zeros(0)
        self._links: list[Links | None] = []
        self._main: sparse.csr_matrix | None = None
        self._built = 0

    def __len__(self) -> int:
        return len(self.vectors)

    def append(self, vectors: Sequence[Vector], at: Sequence[float], masks: Sequence[int]) -> None:
        """Add pieces in order of arrival; `at` in days, `masks` their numbers (`features.number_mask`)."""
        self.vectors.extend(vectors)
        self.at = np.concatenate([self.at, np.asarray(at, np.float64)])
        self.masks = np.concatenate([self.masks, np.asarray(masks, np.uint64)])
        words = np.array([word_count(vector.terms) for vector in vectors], np.float64)
        self.words = np.concatenate([self.words, words])
        self._links.extend([None] * len(vectors))

    def links(self, rows: Sequence[int]) -> list[Links]:
        """The links of these rows to earlier rows."""
        wanting = [row for row in rows if self._links[row] is None]
        for start in range(0, len(wanting), QUERIES):
            self._link(np.array(wanting[start : start + QUERIES], np.int64))
        return [self._links[row] or NO_LINKS for row in rows]

    def _link(self, rows: Rows) -> None:
        later, earlier, values = self._alike(rows)
        values = self._adjusted(later, earlier, values)
        kept = values >= FLOOR
        later, earlier, values = later[kept], earlier[kept], values[kept]
        order = np.lexsort((earlier, later))
        later, earlier, values = later[order], earlier[order], values[order]
        starts, ends = np.searchsorted(later, rows), np.searchsorted(later, rows, "right")
        for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
            self._links[row] = Links(earlier[start:end].astype(np.int32), values[start:end].astype(np.float32))

    def _alike(self, rows: Rows) -> tuple[Rows, Rows, Values]:
        """(later, earlier, cosine) of every pair of one of `rows` and an earlier row, from `FLOOR` on."""
        query = self._matrix(rows)
        found = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
        for start, index in self._index():
            product = (query @ index).tocoo()
            later, earlier = rows[product.row], product.col.astype(np.int64) + start
            kept = (product.data >= FLOOR) & (earlier < later)
            found.append((later[kept], earlier[kept], product.data[kept].astype(np.float64)))
        later, earlier, values = (np.concatenate(part) for part in zip(*found, strict=True))
        return later, earlier, values

    def _index(self) -> list[tuple[int, sparse.csr_matrix]]:
        """The parts of the inverted index: each with its first row."""
        if len(self) - self._built > max(SMALLEST_FRESH, self._built // MAIN_SHARE):
            self._main, self._built = self._inverted(0, len(self)), len(self)
        parts = [] if self._main is None else [(0, self._main)]
        if self._built < len(self):
            parts.append((self._built, self._inverted(self._built, len(self))))
        return parts

    def _inverted(self, start: int, end: int) -> sparse.csr_matrix:
        return self._matrix(range(start, end)).T.tocsr()

    def _matrix(self, rows: Sequence[int] | Rows) -> sparse.csr_matrix:
        vectors = [self.vectors[row] for row in rows]
        ends = np.cumsum([0, *(len(vector.terms) for vector in vectors)])
        terms = np.concatenate([np.zeros(0, np.uint32), *(vector.terms for vector in vectors)]).astype(np.int32)
        weights = np.concatenate([np.zeros(0, np.float32), *(vector.weights for vector in vectors)])
        return sparse.csr_matrix((weights, terms, ends), shape=(len(vectors), TERM_SPACE))

    def _adjusted(self, later: Rows, earlier: Rows, values: Values) -> Values:
        """Similarities after numbers and time have had their say."""
        first, second = self.masks[later], self.masks[earlier]
        differ = (first != 0) & (second != 0) & (first & second == 0) & (values > NUMBERS_MATTER_FROM)
        apart = np.abs(self.at[later] - self.at[earlier])
        faded: Values = (values - NUMBER_PENALTY * differ) * np.exp(-DECAY * np.maximum(0.0, apart - GRACE))
        faded[apart > self.span] = 0.0
        return faded

    def keep(self, kept: NDArray[np.bool_]) -> Rows:
        """Forget the other rows; return each old row's new number, -1 where it is gone."""
        numbers = np.where(kept, np.cumsum(kept) - 1, -1)
        rows = np.flatnonzero(kept).tolist()
        self.vectors = [self.vectors[row] for row in rows]
        self._links = [_renumbered(self._links[row], numbers) for row in rows]
        self.at, self.masks, self.words = self.at[kept], self.masks[kept], self.words[kept]
        self._main, self._built = None, 0
        return numbers


def _renumbered(links: Links | None, numbers: Rows) -> Links | None:
    if links is None:
        return None
    rows = numbers[links.rows]
    return Links(rows[rows >= 0].astype(np.int32), links.values[rows >= 0])
