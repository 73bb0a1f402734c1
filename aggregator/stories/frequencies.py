"""How many pieces held each term: one table a language, of fixed size, kept as a large part and a small recent one.

Terms are numbers below `TERM_SPACE`, so a look-up is one array read and a table never grows. Pure but for the table
itself; knows nothing of texts. What is kept goes through `records.TermCounts`: a language's table under its own name
and what came since under the name with `RECENT` behind it, so that a batch of 50 pieces rewrites kilobytes, not all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aggregator.stories.records import VERSION, TermCounts

TERM_SPACE = 1 << 20
"""Distinct terms: two pieces of 250 terms share one by accident in 17 pairs of 100, worth .0004 of similarity."""
RECENT = "+"
"""Stands behind the language in the record of the recent part; no language tag contains it."""
MERGE_SHARE = 64
"""The recent part goes into the large one when it holds more than one part in so many of its pieces.

At 60,000 pieces a batch of 50 so writes .4 MB on average, and 5 MB at every 19th; with 16, 1.6 MB and 18 ms.
"""
HALVING = 400_000
"""Pieces after which all counts are halved, about 90 days of a large installation: old news must not rule for ever."""
UNSEEN = 200
"""Pieces on other matters taken as seen from the start: else the words of a first day's only story would weigh nothing.

Measured 0 to 1000: no difference on large sets.
"""

Terms = NDArray[np.uint32]


class TermTable:
    """Document frequencies of one language. Deterministic: the same pieces in the same order give the same table."""

    def __init__(self, language: str, space: int = TERM_SPACE) -> None:
        """`space`: terms are below it."""
        self.language = language
        self.pieces = 0
        self.counts = np.zeros(space, np.uint32)
        self._base_pieces = 0
        self._base_changed = False
        self._recent: list[Terms] = []
        self._recent_pieces = 0

    def learn(self, documents: Sequence[Terms]) -> None:
        """Count documents, each given as its distinct terms."""
        for terms in documents:
            self.counts[terms] += np.uint32(1)
        self.pieces += len(documents)
        self._recent.extend(documents)
        self._recent_pieces += len(documents)
        if self.pieces >= HALVING:
            self._halve()
        elif self._recent_pieces * MERGE_SHARE > self._base_pieces:
            self._merge()

    def weights(self, terms: Terms) -> NDArray[np.float64]:
        """Inverse document frequencies, ln(1 + (N - df + .5) / (df + .5)): BM25's, never negative.

        Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), section 3.
        """
        held = self.counts[terms].astype(np.float64)
        rest = np.maximum(self.pieces + UNSEEN - held, 0.0)
        weights: NDArray[np.float64] = np.log1p((rest + 0.5) / (held + 0.5))
        return weights

    def _merge(self) -> None:
        self._base_pieces, self._base_changed = self.pieces, True
        self._recent, self._recent_pieces = [], 0

    def _halve(self) -> None:
        self.counts >>= np.uint32(1)
        self.pieces //= 2
        self._merge()

    def records(self) -> tuple[TermCounts, ...]:
        """What has to be stored anew: the recent part, before it the large one when that changed since last asked."""
        large = (_record(self.language, self.pieces, self.counts),) if self._base_changed else ()
        self._base_changed = False
        recent = np.concatenate([np.zeros(0, np.uint32), *self._recent])
        terms, counts = np.unique(recent, return_counts=True)
        return *large, _packed(self.language + RECENT, self._recent_pieces, terms, counts.astype(np.uint32))

    def restore(self, record: TermCounts) -> None:
        """Add one kept part; the parts may come in either order."""
        terms, counts = np.frombuffer(record.terms, "<u4"), np.frombuffer(record.counts, "<u4")
        self.counts[terms] += counts
        self.pieces += record.pieces
        if record.language.endswith(RECENT):
            self._recent, self._recent_pieces = [np.repeat(terms, counts)], record.pieces
        else:
            self._base_pieces = record.pieces


def _record(language: str, pieces: int, table: NDArray[np.uint32]) -> TermCounts:
    terms = np.flatnonzero(table).astype(np.uint32)
    return _packed(language, pieces, terms, table[terms])


def _packed(language: str, pieces: int, terms: Terms, counts: NDArray[np.uint32]) -> TermCounts:
    return TermCounts(
        language=f"{VERSION}:{language}",
        pieces=pieces,
        terms=terms.astype("<u4").tobytes(),
        counts=counts.astype("<u4").tobytes(),
    )
