"""Rows of (key, value) pairs, each of its own length, in a few flat arrays: six bytes a pair and eight a row.

Term vectors and links are kept so. An object with two arrays for each row took twice that, and half a million objects
are what the garbage collector walks. Rows are only appended; `keep` drops some and renumbers the rest.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

GROWTH = 16
"""Arrays grow by one part in so many: a sixteenth of the memory unused at most, each number copied sixteen times."""
LARGE = 1 << 25
"""Bytes from which they double: room of that size is no memory before it is written to (the C library maps it from
the system), and copying the arrays of 100,000 pieces takes up to a second."""

Rows = NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)


class Column(Generic[Number]):
    """Numbers of one kind that are only appended to."""

    def __init__(self, kind: type[Number]) -> None:
        self._room: NDArray[Number] = np.zeros(0, kind)
        self._filled = 0

    def __len__(self) -> int:
        return self._filled

    @property
    def values(self) -> NDArray[Number]:
        """All of them: a view, which the next `extend` may leave behind."""
        return self._room[: self._filled]

    def extend(self, numbers: NDArray[Number]) -> None:
        """Append numbers."""
        end = self._filled + len(numbers)
        if end > len(self._room):
            more = end if end * self._room.itemsize >= LARGE else end // GROWTH
            room = np.empty(end + more, self._room.dtype)
            room[: self._filled] = self.values
            self._room = room
        self._room[self._filled : end] = numbers
        self._filled = end

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Drop the others."""
        self._room = self.values[kept]
        self._filled = len(self._room)


class Arena(Generic[Number]):
    """Rows of pairs: keys of one kind, values as float16."""

    def __init__(self, kind: type[Number]) -> None:
        self._keys = Column(kind)
        self._values = Column(np.float16)
        self._ends = Column(np.int64)

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def pairs(self) -> int:
        """How many pairs all rows hold together."""
        return len(self._keys)

    def append(self, keys: NDArray[Number], values: NDArray[np.float16], lengths: Rows) -> None:
        """Add as many rows as there are `lengths`, their pairs one behind the other."""
        self._ends.extend(len(self._keys) + np.cumsum(lengths))
        self._keys.extend(keys)
        self._values.extend(values)

    def row(self, row: int) -> tuple[NDArray[Number], NDArray[np.float16]]:
        """One row's keys and values, as views."""
        start, end = int(self._ends.values[row - 1]) if row else 0, int(self._ends.values[row])
        return self._keys.values[start:end], self._values.values[start:end]

    def lengths(self, rows: Rows) -> Rows:
        """How many pairs each of these rows holds."""
        ends = self._ends.values
        return ends[rows] - np.where(rows > 0, ends[rows - 1], 0)

    def gather(self, rows: Rows) -> tuple[NDArray[Number], NDArray[np.float16]]:
        """All pairs of these rows, one row behind the other."""
        return self.tails(rows, self.lengths(rows))

    def keys(self, rows: Rows) -> NDArray[Number]:
        """All keys of these rows, one row behind the other; at least one row."""
        ends = self._ends.values[rows]
        starts, keys = ends - self.lengths(rows), self._keys.values
        return np.concatenate([keys[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)])

    def values_at(self, rows: Rows, places: Rows) -> tuple[Rows, NDArray[np.float16]]:
        """The values at some places, ascending, of what `keys` of these rows gives; first, whose each is."""
        ends = np.cumsum(self.lengths(rows))
        each = np.searchsorted(places, ends)
        each[1:] -= each[:-1].copy()
        owner = np.repeat(np.arange(len(rows)), each)
        return owner, self._values.values[places + np.repeat(self._ends.values[rows] - ends, each)]

    def tails(self, rows: Rows, lengths: Rows) -> tuple[NDArray[Number], NDArray[np.float16]]:
        """The last so many pairs of each of these rows, one row behind the other."""
        places = np.arange(int(lengths.sum())) + np.repeat(self._ends.values[rows] - np.cumsum(lengths), lengths)
        return self._keys.values[places], self._values.values[places]

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Drop the other rows."""
        lengths = self.lengths(np.arange(len(self)))
        pairs = np.repeat(kept, lengths)
        self._keys.keep(pairs)
        self._values.keep(pairs)
        self._ends.keep(kept)
        self._ends.values[:] = np.cumsum(lengths[kept])
