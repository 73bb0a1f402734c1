"""What one outlet prints under all of its pieces, learnt by counting; left out of every comparison.

A footer of 300 words makes strangers alike and a true copy unlike its original, so it has to go before anything is
measured. Each outlet has 32 KiB of 8-bit counters over hashed shingles. A piece counts once, however many versions
of it the outlet prints; what was counted in three pieces is boilerplate; counters are halved as they fill, so that
last month's campaign is forgotten and chance collisions stay rare.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from aggregator.dedup.kernels import kernels
from aggregator.dedup.records import OutletBoilerplate
from aggregator.dedup.shingles import TOKENS_PER_SHINGLE, Shingles, read, shingles_of, unique
from aggregator.dedup.verify import highest_kept, shared_count, thinned

COUNTERS: Final = 1 << 15
"""At the load below, 1 shingle in 70 is taken for boilerplate by chance: too few to matter to any measure."""
RECURS_IN: Final = 3
"""Pieces of one outlet that must hold a shingle: two may be one piece told twice. Measured: with two, recall of heavily
edited copies falls from .981 to .971 and of Chinese ones to .998; with four nothing changes, but it is learnt later."""
HALVED_EVERY: Final = 24
"""Pieces between halvings: a footer that rotates among eight still stays above three."""
HALVED_AT_LOAD: Final = COUNTERS // 2
"""Sum of counters at which they are halved at the latest: long pieces would otherwise make everything recur."""
LOOKED_AT_EVERY: Final = 4
"""Pieces between looks at the load."""
WARM: Final = 10
"""Pieces after which what is left of a text can be trusted to be its own."""
MOSTLY: Final = 0.5
FIRST_ROWS: Final = 32
"""Outlets that the table of counters has room for at first: 1 MB."""

_MASK: Final = np.uint32(COUNTERS - 1)
_NOTHING: Final[Shingles] = np.empty(0, np.uint32)
Counters = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]


class Boilerplate:
    """The counters of all outlets; the outlet "" stands for unknown and learns nothing."""

    def __init__(self) -> None:
        self._table = np.zeros((FIRST_ROWS, COUNTERS), np.uint8)
        """The counters, one outlet a row, so that texts of many outlets are looked up in one go. Row 0 stays empty."""
        self._rows: dict[str, int] = {"": 0}
        self._learnt: dict[str, int] = {}
        self._loads: dict[str, int] = {}
        self._changed: set[str] = set()

    def learnt(self, outlet: str) -> int:
        """How many pieces of the outlet were counted."""
        return self._learnt.get(outlet, 0)

    def own(self, outlet: str, values: Shingles) -> Shingles:
        """The values that are no boilerplate of the outlet, in the order given."""
        if self.learnt(outlet) < RECURS_IN:
            return values
        kept: Shingles = values[self._counters(outlet).take(values & _MASK) < RECURS_IN]
        return kept

    def overlap(self, outlets: Iterable[str], first: Shingles, second: Shingles) -> tuple[int, int, int]:
        """How many different shingles two texts have, and share, without the boilerplate of all the outlets."""
        highest = reduce(np.maximum, (self._counters(outlet) for outlet in outlets))
        if compiled := kernels():
            return compiled.overlap(first, second, highest, RECURS_IN)
        one, other = (unique(values[highest.take(values & _MASK) < RECURS_IN]) for values in (first, second))
        return len(one), len(other), shared_count(one, other)

    def measure(self, outlets: tuple[str, str], first: Shingles, second: Shingles, steps: int) -> tuple[int, int, int]:
        """The same for sorted sets, thinned so often, each without the boilerplate of its own outlet."""
        if compiled := kernels():
            rows = self._rows.get(outlets[0], 0), self._rows.get(outlets[1], 0)
            return compiled.measure(first, second, highest_kept(steps), self._table, *rows, RECURS_IN)
        one, other = map(self.own, outlets, (thinned(first, steps), thinned(second, steps)))
        return len(one), len(other), shared_count(one, other)

    def own_of_each(self, outlets: Sequence[str], texts: Sequence[Shingles]) -> list[Shingles]:
        """The same for many texts, each with its outlet; an outlet of few pieces has no counter that is high enough."""
        rows = np.array([self._rows.get(outlet, 0) for outlet in outlets], np.intp) * COUNTERS
        values, ends = np.concatenate([_NOTHING, *texts]), np.array(list(accumulate(map(len, texts))), np.intp)
        own, ends = self._kept(values, ends, rows)
        return [own[start:end] for start, end in pairwise([0, *ends.tolist()])]

    def _kept(self, values: Shingles, ends: Places, rows: Places) -> tuple[Shingles, Places]:
        """The texts' values that do not recur, and where the texts end then; `rows` are where their counters begin."""
        table = self._table.ravel()
        if compiled := kernels():
            own = np.empty_like(values)
            return own[: compiled.own(values, ends, table, rows, _MASK, RECURS_IN, own)], ends
        places = np.repeat(rows, np.diff(ends, prepend=0))
        places += values & _MASK
        kept = np.flatnonzero(table.take(places) < RECURS_IN)
        return values[kept], kept.searchsorted(ends)

    def _counters(self, outlet: str) -> Counters:
        """The counters of an outlet, all zero where none has been learnt of."""
        counters: Counters = self._table[self._rows.get(outlet, 0)]
        return counters

    def _new_counters(self, outlet: str) -> Counters:
        row = self._rows[outlet] = len(self._rows)
        if row == len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
        return self._counters(outlet)

    def learn(self, outlet: str, values: Shingles) -> None:
        """Count one piece's shingles."""
        if not outlet or not len(values):
            return
        counters = self._counters(outlet) if outlet in self._rows else self._new_counters(outlet)
        learnt = self._learnt[outlet] = self._learnt.get(outlet, 0) + 1
        if compiled := kernels():
            load = self._load(outlet) + compiled.learn(counters, values, np.empty(len(values), np.uint8))
            self._loads[outlet] = load
        else:
            places = (values & _MASK).astype(np.intp)  # once here, or numpy does it at both uses
            counters[places] = counters[places] + np.uint8(1)  # repeats count once; at most 48: see HALVED_EVERY
            self._loads.pop(outlet, None)
        full = learnt % LOOKED_AT_EVERY == 0 and self._load(outlet) > HALVED_AT_LOAD
        if full or learnt % HALVED_EVERY == 0:
            self._loads.pop(outlet, None)
            np.right_shift(counters, 1, out=counters)
        self._changed.add(outlet)

    def _load(self, outlet: str) -> int:
        """The sum of an outlet's counters."""
        load = self._loads.get(outlet)
        return int(self._counters(outlet).sum(dtype=np.uint32)) if load is None else load

    def changes(self) -> tuple[OutletBoilerplate, ...]:
        """The outlets that learnt something since this was last asked, by name."""
        changed = sorted(self._changed)
        self._changed.clear()
        return tuple(
            OutletBoilerplate(outlet=outlet, counts=self._counters(outlet).tobytes(), learnt=self._learnt[outlet])
            for outlet in changed
        )

    def restore(self, stored: OutletBoilerplate) -> None:
        """Take over what was kept. Raises ValueError when the counters have another size than ours."""
        if len(stored.counts) != COUNTERS:
            raise ValueError(f"{stored.outlet}: {len(stored.counts)} counters, {COUNTERS} expected")
        self._new_counters(stored.outlet)[:] = np.frombuffer(stored.counts, np.uint8)
        self._learnt[stored.outlet] = stored.learnt
        self._loads.pop(stored.outlet, None)

    def recurring_paragraphs(self, outlet: str, text: str) -> tuple[str, ...]:
        """The paragraphs (lines) of the text most of which the outlet prints elsewhere too, in reading order."""
        paragraphs = [line.strip() for line in text.splitlines() if line.strip()]
        if self.learnt(outlet) < RECURS_IN or not paragraphs:
            return ()
        tokens = [reading.tokens for reading in read(paragraphs)]
        recurs = self._counters(outlet)[shingles_of(np.concatenate(tokens)) & _MASK] >= RECURS_IN
        if not recurs.any():
            return ()
        recurring = _recurring_tokens(recurs, sum(map(len, tokens)))
        ends = np.cumsum([len(each) for each in tokens])
        shares = [
            float(recurring[end - len(each) : end].mean()) if len(each) else 0.0
            for end, each in zip(ends.tolist(), tokens, strict=True)
        ]
        return tuple(paragraph for paragraph, share in zip(paragraphs, shares, strict=True) if share > MOSTLY)


def _recurring_tokens(recurs: npt.NDArray[np.bool_], tokens: int) -> npt.NDArray[np.float64]:
    """For each of so many tokens the share of the shingles over it that recur."""
    window = np.ones(min(tokens - len(recurs) + 1, TOKENS_PER_SHINGLE))
    share: npt.NDArray[np.float64] = np.convolve(recurs, window) / np.convolve(np.ones(len(recurs)), window)
    return share
