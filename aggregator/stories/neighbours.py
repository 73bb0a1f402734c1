"""The pieces of one language in the window, and which of them are alike.

Similarity of two pieces: cosine, a little less when both name numbers and share none, fading with the time between
them; nothing across more than the window. Only pairs at or above `FLOOR` are kept, each at its later piece, so that
the work is done once and repair only reads. A link depends on its two pieces alone: recomputed after a restart it is
the same; only in a flood of pieces that are all alike do the others decide which are kept. Knows vectors and times;
knows nothing of stories.

Candidates come from an index over each piece's heaviest words (`retrieval`); their similarity is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregator.stories.arena import Arena, Column, Rows
from aggregator.stories.features import Vector, word_count
from aggregator.stories.frequencies import TERM_SPACE
from aggregator.stories.retrieval import KEY_WORDS, SHARED_FROM, Index, Keys

FLOOR = 0.05
"""Similarity below which two pieces have nothing to do with each other (measured: leaving these out costs nothing)."""
NUMBER_PENALTY = 0.04
NUMBERS_MATTER_FROM = 0.10
"""Similarity from which differing numbers speak: below it, the texts differ anyhow."""
DECAY = 1.0
"""Per day beyond the grace: similarity halves in 17 hours (measured .25 to 1.5, on titles and texts)."""
GRACE = 0.25
"""Days within which time says nothing: outlets follow each other by hours (measured .25 to .5)."""
SIEVE = 1 << 14
"""Holes through which terms are sifted before they are looked up: 16 KB, which stay in the processor's first cache.

Nine terms of ten that a near piece holds are not the other's; the table of all weights has 4 MB.
"""
LOW = np.uint32(SIEVE - 1)
QUERIES = 256
"""Pieces looked up in one product, which bounds its memory."""
PAIRS_AT_ONCE = 1 << 17
"""Pairs reckoned together, some 100 bytes each; where pieces have so many, fewer pieces are looked up at once."""
MOST_LINKS = 2000
"""Links of one piece, the strongest, of equal ones the latest: a stream of news at 100,000 pieces has 280 likely pairs
a piece, one of 12,000 equal titles all of them, which took 2,400 MB."""
MOST_AMONG = 1 << 20
"""Links among the pieces that a repair asks for; where there are more, each has the same share of them at most."""
UNKNOWN = -1
"""The place of links that have not been asked for yet, or have been forgotten."""
LINKS_KEPT = 64
"""Links remembered for each row on average, 400 bytes; their number grows with the window (30 at 12,000 pieces).

Beyond that the half that was reckoned first is forgotten, and reckoned again should anybody ask: at 100,000 pieces,
of the rows that a repair asks for one in nine.
"""
LEAST_KEPT = 1 << 16

Values = NDArray[np.float64]
Pairs = tuple[Rows, Rows, NDArray[np.float32]]
"""(later, earlier, the part of their cosine that key words make up) of pairs that may be alike."""
Reckoned = tuple[NDArray[np.int32], NDArray[np.float32], Rows]


@dataclass(frozen=True, slots=True)
class Links:
    """One piece's likenesses to earlier ones: their rows, ascending, and the similarities, all at least `FLOOR`."""

    rows: NDArray[np.int32]
    values: NDArray[np.float32]


@dataclass(slots=True)
class _Room:
    """How many links of one row are kept."""

    most: int = MOST_LINKS


class Window:
    """The window's vectors by row; rows count arrivals and are renumbered only by `keep`."""

    def __init__(self, span: float) -> None:
        """`span` is the longest time between two pieces that can be alike, in days."""
        self.span = span
        self._vectors = Arena(np.uint32)
        self._at, self._masks, self._words = Column(np.float64), Column(np.uint64), Column(np.uint16)
        self._links = Arena(np.int32)
        self._linked = Column(np.int32)
        """Where in `_links` a row's links stand."""
        self._index = Index(self)
        self._at_once = QUERIES

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def at(self) -> Values:
        """Each row's date, in days."""
        return self._at.values

    @property
    def words(self) -> NDArray[np.uint16]:
        """How many distinct words each row holds."""
        return self._words.values

    def vector(self, row: int) -> Vector:
        """One row's terms and weights."""
        terms, weights = self._vectors.row(row)
        return Vector(terms=terms, weights=weights)

    def append(self, vectors: Sequence[Vector], at: Sequence[float], masks: Sequence[int]) -> None:
        """Add pieces in order of arrival; `at` in days, `masks` their numbers (`features.number_mask`)."""
        self._vectors.append(
            np.concatenate([np.zeros(0, np.uint32), *(vector.terms for vector in vectors)]),
            np.concatenate([np.zeros(0, np.float16), *(vector.weights for vector in vectors)]),
            np.array([len(vector.terms) for vector in vectors], np.int64),
        )
        self._at.extend(np.asarray(at, np.float64))
        self._masks.extend(np.asarray(masks, np.uint64))
        self._words.extend(np.array([word_count(vector.terms) for vector in vectors], np.uint16))
        self._linked.extend(np.full(len(vectors), UNKNOWN, np.int32))

    def links(self, rows: Sequence[int]) -> list[Links]:
        """The links of these rows to earlier rows; views, good until more is asked."""
        asked = np.asarray(rows, np.int64)
        self._forget_links()
        wanting = np.unique(asked[self._linked.values[asked] == UNKNOWN])
        for some, found in self._few_at_once(
            wanting, lambda some: self._index.candidates(some, self.keys(some), len(self))
        ):
            self._link(some, found)
        return [self._remembered(place) for place in self._linked.values[asked].tolist()]

    def links_among(self, rows: Sequence[int]) -> list[Links]:
        """The links of these rows to earlier ones of them, `MOST_AMONG` together.

        What was forgotten is reckoned for these pairs only, and not remembered: at 100,000 pieces a row has 280 likely
        pairs, three of them among those that a repair asks for.
        """
        asked = np.asarray(rows, np.int64)
        among, found, total = np.unique(asked), dict[int, Links](), 0
        share = MOST_AMONG // max(1, len(among))
        room = _Room()
        for some in self._found_among(among, room):
            found |= some
            total += sum(len(links.rows) for links in some.values())
            if total > MOST_AMONG and share < room.most:
                room.most = share
                found = {row: _cut(links, share) for row, links in found.items()}
        return [found[row] for row in rows]

    def _found_among(self, among: Rows, room: _Room) -> Iterator[dict[int, Links]]:
        """The links of some rows after others, to earlier ones of them, as many of each as there is room for."""
        places, member = self._linked.values[among], np.zeros(len(self), np.bool_)
        member[among] = True
        for row, place in zip(among.tolist(), places.tolist(), strict=True):
            if place != UNKNOWN:
                links = self._remembered(place)
                known = member[links.rows]
                yield {row: _cut(Links(links.rows[known], links.values[known]), room.most)}
        wanting = among[places == UNKNOWN]
        for some, pairs in self._few_at_once(wanting, lambda some: self._index.among(some, self.keys(some), among)):
            earlier, values, ends = self._reckoned(some, pairs, room.most)
            parted = zip(np.split(earlier, ends[:-1]), np.split(values, ends[:-1]), strict=True)
            yield {row: Links(*one) for row, one in zip(some.tolist(), parted, strict=True)}

    def _few_at_once(self, rows: Rows, pairs_of: Callable[[Rows], Pairs]) -> Iterator[tuple[Rows, Pairs]]:
        """The likely pairs of `rows`, so many rows at once as had not too many of them last time."""
        done = 0
        while done < len(rows):
            some = rows[done : done + self._at_once]
            done += len(some)
            pairs = pairs_of(some)
            self._at_once = max(1, min(QUERIES, len(some) * PAIRS_AT_ONCE // max(1, len(pairs[0]))))
            yield some, pairs

    def _remembered(self, place: int) -> Links:
        earlier, values = self._links.row(place)
        return Links(earlier, values.astype(np.float32))

    def _link(self, rows: Rows, pairs: Pairs) -> None:
        earlier, values, ends = self._reckoned(rows, pairs, MOST_LINKS)
        self._linked.values[rows] = len(self._links) + np.arange(len(rows))
        self._links.append(earlier, values.astype(np.float16), np.diff(ends, prepend=0))

    def _reckoned(self, rows: Rows, pairs: Pairs, most: int) -> Reckoned:
        """The links of `rows`, ascending, one row's behind the other's, and where each one's end: of these pairs.

        Of the pairs of one row those are looked at that have most key words in common, `most` of them.
        """
        later, earlier, shared = pairs
        shared = (shared * self._fading(later, earlier)).astype(np.float32)
        likely = np.flatnonzero(shared >= SHARED_FROM)
        likely = likely[np.lexsort((earlier[likely], later[likely]))]
        likely = likely[_strongest(later[likely], shared[likely], most)]
        later, earlier = later[likely], earlier[likely]
        values = self._adjusted(later, earlier, self._cosines(later, earlier))
        kept = values >= FLOOR
        ends = np.searchsorted(later[kept], rows, "right")
        return earlier[kept].astype(np.int32), values[kept].astype(np.float16).astype(np.float32), ends

    def _forget_links(self) -> None:
        """Forget the older half of the links where there are too many."""
        if self._links.pairs > max(LEAST_KEPT, LINKS_KEPT * len(self)):
            places = self._linked.values
            places[places < len(self._links) // 2] = UNKNOWN
            self._keep_links(np.arange(len(self)))

    def keys(self, rows: Rows) -> Keys:
        """The heaviest words of these rows."""
        held = self.words[rows].astype(np.int64)
        words, weights = self._vectors.tails(rows, held)
        owner = np.repeat(np.arange(len(rows)), held)
        heaviest_first = np.lexsort((-weights, owner))
        starts = np.cumsum(held) - held
        rank = np.arange(len(words)) - np.repeat(starts, held)
        chosen = np.sort(heaviest_first[rank < KEY_WORDS])
        return Keys(
            words=words[chosen], weights=weights[chosen].astype(np.float32), lengths=np.minimum(held, KEY_WORDS)
        )

    def _cosines(self, later: Rows, earlier: Rows) -> Values:
        """The cosine of each pair; pairs of the same later row stand together."""
        cosines = np.zeros(len(later))
        weight_of, sieve = np.zeros(TERM_SPACE, np.float32), np.zeros(SIEVE, np.bool_)
        for start, end in _runs(later):
            terms, weights = self._vectors.row(int(later[start]))
            holes = terms & LOW
            weight_of[terms], sieve[holes] = weights, True
            others = earlier[start:end]
            keys = self._vectors.keys(others)
            hits = np.flatnonzero(sieve.take(keys & LOW))
            owner, values = self._vectors.values_at(others, hits)
            cosines[start:end] = np.bincount(owner, weight_of[keys[hits]].astype(np.float64) * values, end - start)
            weight_of[terms], sieve[holes] = 0.0, False
        return cosines

    def _adjusted(self, later: Rows, earlier: Rows, values: Values) -> Values:
        """Similarities after numbers and time have had their say."""
        first, second = self._masks.values[later], self._masks.values[earlier]
        differ = (first != 0) & (second != 0) & (first & second == 0) & (values > NUMBERS_MATTER_FROM)
        adjusted: Values = (values - NUMBER_PENALTY * differ) * self._fading(later, earlier)
        return adjusted

    def _fading(self, later: Rows, earlier: Rows) -> Values:
        """What the time between them leaves of the similarity of each pair."""
        return _faded(np.abs(self.at[later] - self.at[earlier]), self.span)

    def most_left(self, rows: Rows, others: range) -> float:
        """What time leaves at most of the similarity of any of `rows` and any of a range."""
        ones, range_at = self.at[rows], self.at[others.start : others.stop]
        apart = max(0.0, ones.min() - range_at.max(), range_at.min() - ones.max())
        return _faded(np.array(apart), self.span).item()

    def keep(self, kept: NDArray[np.bool_]) -> Rows:
        """Forget the other rows; return each old row's new number, -1 where it is gone."""
        numbers: Rows = np.where(kept, np.cumsum(kept) - 1, -1)
        for part in (self._vectors, self._at, self._masks, self._words, self._linked):
            part.keep(kept)
        self._keep_links(numbers)
        self._index.clear()
        return numbers

    def _keep_links(self, numbers: Rows) -> None:
        """Renumber the links of the rows that stayed; links to rows that are gone go."""
        known = self._linked.values != UNKNOWN
        places = self._linked.values[known].astype(np.int64)
        lengths = self._links.lengths(places)
        earlier, values = self._links.gather(places)
        stay = numbers[earlier] >= 0
        ends = np.concatenate([[0], np.cumsum(stay)])[np.cumsum(lengths)]
        self._links = Arena(np.int32)
        self._links.append(numbers[earlier[stay]].astype(np.int32), values[stay], np.diff(ends, prepend=0))
        self._linked.values[known] = np.arange(len(places))


def _faded(apart: Values, span: float) -> Values:
    """What so many days between two pieces leave of their similarity; never more of it for more days."""
    return np.where(apart > span, 0.0, np.exp(-DECAY * np.maximum(0.0, apart - GRACE)))


def _runs(numbers: Rows) -> list[tuple[int, int]]:
    """The stretches of equal numbers, as (start, end)."""
    starts = np.flatnonzero(np.diff(numbers, prepend=UNKNOWN))
    return list(zip(starts.tolist(), [*starts[1:].tolist(), len(numbers)], strict=True)) if len(numbers) else []


def _cut(links: Links, most: int) -> Links:
    """One row's strongest links."""
    kept = _strongest(np.zeros(len(links.rows), np.int64), links.values, most)
    return Links(links.rows[kept], links.values[kept])


def _strongest(owners: Rows, values: NDArray[np.float32], most: int) -> NDArray[np.bool_]:
    """Which values are among the `most` of their owner that are greatest, of equal ones the last; owners ascend."""
    kept = np.ones(len(values), np.bool_)
    for start, end in _runs(owners) if len(values) > most else []:
        if end - start > most:
            weakest_first = np.lexsort((np.arange(start, end), values[start:end]))
            kept[start + weakest_first[: end - start - most]] = False
    return kept
