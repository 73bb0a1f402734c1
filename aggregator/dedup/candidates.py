"""Which earlier documents may hold the same text as a new one: body bands and lead bands, a batch at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from aggregator.dedup.fingerprint import Signatures
from aggregator.dedup.index import BandIndex, Hits, Keys, Numbers, Postings

BODY_BANDS: Final = (32, 2)
LEAD_BANDS: Final = (16, 3)
"""Bands x rows. Two of 64 values finds a Jaccard of .3 with 95 %, three of 48 a lead's of .5 with 88 %."""


class Candidates:
    """The two indexes. Documents are given in growing order of their numbers."""

    def __init__(self) -> None:
        self._indexes = (
            BandIndex(bands=BODY_BANDS[0], rows=BODY_BANDS[1]),
            BandIndex(bands=LEAD_BANDS[0], rows=LEAD_BANDS[1]),
        )
        self._met: tuple[Hits, ...] = ()
        """What the last batch met: its documents' numbers, those of earlier ones, and where these stand."""

    def add(self, numbers: Sequence[int], bodies: Signatures, leads: Signatures) -> tuple[Keys, ...]:
        """Index documents by the signatures of their bodies and leads; returns the band keys."""
        if not numbers:
            return ()
        documents = np.array(numbers, np.int64)
        keys = tuple(index.keys(each) for index, each in zip(self._indexes, (bodies, leads), strict=True))
        for index, each in zip(self._indexes, keys, strict=True):
            index.insert(each, documents)
        return keys

    def add_all(self, parts: Iterable[tuple[Numbers, Signatures, Signatures]]) -> None:
        """Index many documents at once, given by parts as to `add`: each table is made once, in one sweep."""
        postings: tuple[list[Postings], list[Postings]] = [], []
        for numbers, *signatures in parts:
            for index, each, held in zip(self._indexes, signatures, postings, strict=True):
                held.append(index.postings(index.keys(each), numbers))
        for index, held in zip(self._indexes, postings, strict=True):
            index.insert_all(held)

    def meet(self, numbers: Sequence[int], bodies: Signatures, leads: Signatures) -> Mapping[int, list[int]]:
        """Index a batch; for each document's number the earlier documents that share a band, newest first."""
        keys = self.add(numbers, bodies, leads)
        self._met = tuple(
            _earlier(index.lookup(each), np.array(numbers, np.int64))
            for index, each in zip(self._indexes, keys, strict=False)
        )
        met: defaultdict[int, list[int]] = defaultdict(list)
        if self._met:
            pairs = np.concatenate([hits.query << 32 | hits.document for hits in self._met])
            for pair in sorted(set(pairs.tolist()), reverse=True):
                met[pair >> 32].append(pair & 0xFFFFFFFF)
        return met

    def beginning_with(self, leads: Signatures) -> list[int]:
        """The documents that begin as one of the leads does, newest first."""
        index = self._indexes[1]
        return sorted(set(index.lookup(index.keys(leads)).document.tolist()), reverse=True)

    def settle(self, pieces_of: Callable[[Numbers], Numbers]) -> None:
        """Give up the postings of the last batch's hits that a newer document of the same piece now holds too."""
        for index, hits in zip(self._indexes, self._met, strict=False):
            same = pieces_of(hits.query) == pieces_of(hits.document)
            index.give_up(hits.position[same])
        self._met = ()

    def expire(self, oldest: int) -> None:
        """Forget documents below a number."""
        for index in self._indexes:
            index.expire(oldest)


def _earlier(hits: Hits, asked: Numbers) -> Hits:
    """The hits of documents before the one that asked; `query` becomes its number."""
    numbers = asked[hits.query]
    earlier = (hits.document < numbers).nonzero()[0]
    return Hits(numbers[earlier], hits.document[earlier], hits.position[earlier])
