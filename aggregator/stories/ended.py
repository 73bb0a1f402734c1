"""Stories that have ended, by their centroids, to find the one that a new story goes on with.

A continuation is a link, not a merger: the reader finds the way back, and the new story still counts as news.
Pure but for its own list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from scipy import sparse

from aggregator.stories.features import Vector
from aggregator.stories.frequencies import TERM_SPACE

CONTINUES_FROM = 0.30
"""Cosine of the centroids: twice what a piece needs, as there is no second look at it (a proposal; no gold exists)."""
REMEMBERED = timedelta(days=14)
"""How long after its last piece a story can be gone on with."""
CENTROID_TERMS = 128
"""Heaviest terms kept of a centroid: what the pieces have in common, 1 KB."""


@dataclass(frozen=True, slots=True)
class Ended:
    """One ended story."""

    story: int
    last_at: datetime
    centroid: Vector


class EndedStories:
    """The ended stories of one language."""

    def __init__(self) -> None:
        self.by_story: dict[int, Ended] = {}
        self._matrix: sparse.csr_matrix | None = None

    def __bool__(self) -> bool:
        return bool(self.by_story)

    def add(self, story: int, last_at: datetime, centroid: Vector) -> None:
        """Remember a story as it ended."""
        self.by_story[story] = Ended(story, last_at, centroid)
        self._matrix = None

    def discard(self, story: int) -> None:
        """A story goes on after all, under its own name."""
        if self.by_story.pop(story, None) is not None:
            self._matrix = None

    def expire(self, before: datetime) -> None:
        """Forget the stories that ended before that."""
        for story in [one.story for one in self.by_story.values() if one.last_at < before]:
            self.discard(story)

    def continued_by(self, centroids: Sequence[Vector], first_at: Sequence[datetime]) -> list[int | None]:
        """For each new story the ended one it goes on with; the older id where two are equally near."""
        if not self.by_story or not centroids:
            return [None] * len(centroids)
        ended = sorted(self.by_story.values(), key=lambda one: one.story)
        if self._matrix is None:
            self._matrix = _matrix([one.centroid for one in ended])
        cosines = (self._matrix @ _matrix(centroids).T.tocsr()).toarray()
        last_at = np.array([one.last_at.timestamp() for one in ended])[:, None]
        starts = np.array([start.timestamp() for start in first_at])[None, :]
        cosines[(last_at >= starts) | (last_at < starts - REMEMBERED.total_seconds())] = 0.0
        best = cosines.argmax(axis=0)
        return [
            ended[row].story if cosines[row, column] >= CONTINUES_FROM else None
            for column, row in enumerate(best.tolist())
        ]


def centroid(vectors: Sequence[Vector]) -> Vector:
    """The direction in which these vectors lie together, its heaviest terms only."""
    terms, places = np.unique(np.concatenate([vector.terms for vector in vectors]), return_inverse=True)
    sums = np.bincount(places, np.concatenate([vector.weights for vector in vectors]), len(terms))
    heaviest = np.sort(np.argsort(-sums, kind="stable")[:CENTROID_TERMS])
    sums = sums[heaviest]
    return Vector(terms=terms[heaviest], weights=(sums / (np.linalg.norm(sums) or 1.0)).astype(np.float16))


def _matrix(vectors: Sequence[Vector]) -> sparse.csr_matrix:
    ends = np.cumsum([0, *(len(vector.terms) for vector in vectors)])
    terms = np.concatenate([vector.terms for vector in vectors]).astype(np.int32)
    weights = np.concatenate([vector.weights for vector in vectors]).astype(np.float32)
    return sparse.csr_matrix((weights, terms, ends), shape=(len(vectors), TERM_SPACE))
