"""What the matcher remembers: documents by number, pieces with their members and reference.

The rule that keeps pieces from chaining lives here: every member that was joined by its text has been verified against
the piece's one reference text. A new text that meets another member only may still join, but then that member becomes
the reference, and only after every other member was verified against it.

A million documents are remembered at once, so they stand in columns, not in objects: numbers and keys grow, a piece
of one document needs no entry of its own.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from aggregator.dedup.arena import Arena, sizes_of
from aggregator.dedup.fingerprint import LEAD_PERMUTATIONS
from aggregator.dedup.index import Numbers
from aggregator.dedup.records import Columns
from aggregator.dedup.shingles import Shingles

MOST_ELECTORS: Final = 24
"""Members that are verified against a candidate reference at most; a larger piece keeps the reference it has."""
COMPACTED_AT: Final = 4096
"""Forgotten rows after which the columns are moved up."""


class Known(NamedTuple):
    """A document as it is compared. `sample` is sorted, thinned `steps` times, own shingles only."""

    number: int
    key: int
    outlet: str
    url: str | None
    source_url: str | None
    sample: Shingles
    steps: int
    lead: Shingles
    joins: bool
    """Its text may be a reference and binds the piece; False for round-ups and for what joined by address only."""


Verifies: TypeAlias = Callable[[Known, Known], bool]


class Documents:
    """Documents that have not expired, in columns, by number; the addresses by which they are found."""

    def __init__(self) -> None:
        self.oldest = 0
        self.by_url: dict[str, int] = {}
        self.by_source: dict[str, int] = {}
        self._arena = Arena()
        self._base = 0
        self._keys, self._pieces = array("q"), array("q")
        self._highest = array("q")
        self._late: dict[int, int] = {}
        self._places, self._sizes = array("q"), array("I")
        self._steps, self._joins = array("B"), array("B")
        self._times = array("d")
        self._outlets: list[str] = []
        self._names: dict[str, str] = {}
        self._urls: list[str | None] = []
        self._source_urls: list[str | None] = []

    def __len__(self) -> int:
        return self._base + len(self._keys) - self.oldest

    def document(self, number: int) -> Known:
        """The document of a number."""
        row = number - self._base
        place, size = self._places[row], self._sizes[row]
        kept = self._arena.view(place, LEAD_PERMUTATIONS + size)
        return Known(
            number,
            self._keys[row],
            self._outlets[row],
            self._urls[row],
            self._source_urls[row],
            kept[LEAD_PERMUTATIONS:],
            self._steps[row],
            kept[:LEAD_PERMUTATIONS],
            bool(self._joins[row]),
        )

    def key_of(self, number: int) -> int:
        """The key of a document."""
        return self._keys[number - self._base]

    def number_of(self, key: int) -> int | None:
        """The number of the document with that key, None when it is not remembered."""
        if key in self._late:
            return self._late[key]
        row = bisect_left(self._highest, key, lo=self.oldest - self._base)
        return self._base + row if row < len(self._keys) and self._keys[row] == key else None

    def _append(self, document: Known, piece: int, at: datetime) -> None:
        """The next document."""
        if document.url:
            self.by_url[document.url] = document.number
        if document.source_url:
            self.by_source[document.source_url] = document.number
        self._urls.append(document.url)
        self._source_urls.append(document.source_url)
        highest = self._highest[-1] if self._highest else document.key - 1
        if document.key <= highest:
            self._late[document.key] = document.number
        self._highest.append(max(document.key, highest))
        self._keys.append(document.key)
        self._pieces.append(piece)
        self._places.append(self._arena.keep(document.lead, document.sample))
        self._sizes.append(len(document.sample))
        self._steps.append(document.steps)
        self._joins.append(document.joins)
        self._times.append(at.timestamp())
        self._outlets.append(self._names.setdefault(document.outlet, document.outlet))

    def _append_many(self, stored: Columns, steps: Numbers) -> None:
        """The next documents, as they were stored."""
        first = self._base + len(self._keys)
        for column, given in (
            (self._keys, stored.key),
            (self._highest, stored.key),
            (self._pieces, stored.piece),
            (self._places, self._arena.keep_stored(stored.lead, stored.sample)),
            (self._times, stored.at),
            (self._sizes, sizes_of(stored.sample)),
            (self._steps, steps),
            (self._joins, stored.joins),
        ):
            column.frombytes(np.asarray(given, column.typecode).tobytes())
        self._outlets += [self._names.setdefault(outlet, outlet) for outlet in stored.outlet]
        for kept, index, urls in (
            (self._urls, self.by_url, stored.url),
            (self._source_urls, self.by_source, stored.source_url),
        ):
            kept.extend(urls)
            for number, url in enumerate(urls, first):
                if url:
                    index[url] = number

    def _compact(self) -> None:
        gone = self.oldest - self._base
        if gone <= max(COMPACTED_AT, len(self._keys) // 2):
            return
        self._base = self.oldest
        for column in (self._keys, self._highest, self._pieces, self._places, self._times):
            del column[:gone]
        for narrow in (self._sizes, self._steps, self._joins):
            del narrow[:gone]
        for names in (self._outlets, self._urls, self._source_urls):
            del names[:gone]
        if self._places:
            self._arena.free(self._places[0])


class Memory(Documents):
    """Documents and pieces that have not expired. Numbers are consecutive; keys should grow, but one may come late."""

    def __init__(self) -> None:
        super().__init__()
        self._members: dict[int, list[int]] = {}
        self._references: dict[int, int] = {}

    def piece_of(self, number: int) -> int:
        """The piece of a document."""
        return self._pieces[number - self._base]

    def pieces_of(self, numbers: Numbers) -> Numbers:
        """The pieces of many documents."""
        return np.frombuffer(self._pieces, np.int64)[numbers - self._base]

    # ------------------------------------------------------------ pieces

    def members(self, piece: int) -> list[int]:
        """The numbers of the piece's documents, in arrival order."""
        several = self._members.get(piece)
        if several is not None:
            return several
        founder = self.number_of(piece)
        return [] if founder is None or self.piece_of(founder) != piece else [founder]

    def reference_number(self, piece: int) -> int:
        """The number of the document that stands for the piece."""
        number = self._references.get(piece)
        return self.members(piece)[0] if number is None else number

    def reference(self, piece: int) -> Known:
        """The document that stands for the piece."""
        return self.document(self.reference_number(piece))

    def set_reference(self, piece: int, number: int) -> None:
        """Let a member stand for the piece."""
        if number == self.members(piece)[0]:
            self._references.pop(piece, None)
        else:
            self._references[piece] = number

    def set_references(self, keys: Mapping[int, int]) -> None:
        """Give each piece its reference by key; where that document is gone, the first that may stand in for it."""
        for piece, key in keys.items():
            number = self.number_of(key)
            if number is None or self.piece_of(number) != piece:
                number = self._stand_in(piece)
            self.set_reference(piece, number)

    def several(self, piece: int) -> bool:
        """Whether others than its founder are in the piece."""
        return piece in self._members

    def add(self, document: Known, piece: int, at: datetime) -> None:
        """Put the next document into a piece, which it founds where there is none."""
        late = bool(self._highest) and document.key <= self._highest[-1]
        if piece != document.key or (late and self.members(piece)):
            self._members.setdefault(piece, self.members(piece)).append(document.number)
        self._append(document, piece, at)

    def add_many(self, stored: Columns, steps: Numbers) -> None:
        """Put stored documents, by growing keys, each above those before, into their pieces; `steps` thin them."""
        first = self._base + len(self._keys)
        self._append_many(stored, steps)
        members = self._members
        for number, (key, piece) in enumerate(zip(stored.key, stored.piece, strict=True), first):
            if piece != key or piece in members:
                held = members.setdefault(piece, self.members(piece))
                if piece != key or number not in held:
                    insort(held, number)

    def merge(self, pieces: Iterable[int], into: int) -> None:
        """Move all members of the pieces to another."""
        moved = [number for piece in pieces for number in self.members(piece)]
        if moved:
            reference = self.reference_number(into)
            for number in moved:
                piece = self.piece_of(number)
                self._members.pop(piece, None)
                self._references.pop(piece, None)
                self._pieces[number - self._base] = into
            self._members[into] = sorted([*self.members(into), *moved])
            self.set_reference(into, reference)

    def other_members(self, piece: int) -> list[Known]:
        """Members beside the reference whose text binds the piece, in arrival order, as many as may elect."""
        reference = self.reference_number(piece)
        return [each for each in self.bound([piece], MOST_ELECTORS + 1) if each.number != reference][:MOST_ELECTORS]

    def printings(self, pieces: Iterable[int], outlet: str) -> int:
        """How often the outlet printed the pieces before."""
        numbers = (number for piece in pieces for number in self.members(piece))
        return sum(self._outlets[number - self._base] == outlet for number in numbers)

    def printed_first(self, pieces: Iterable[int]) -> float:
        """When the first document of the pieces came, in seconds since 1970."""
        return min(self._times[number - self._base] for piece in pieces for number in self.members(piece))

    def bound(self, pieces: Iterable[int], most: int | None = None) -> list[Known]:
        """The members that joined by their text, in arrival order, the first `most` of them."""
        numbers = sorted(number for piece in pieces for number in self.members(piece))
        binding = [number for number in numbers if self._joins[number - self._base]]
        return [self.document(number) for number in binding[:most]]

    # ------------------------------------------------------------ forgetting

    def expire(self, before: datetime) -> int:
        """Forget the documents up to the first that is not older than `before`; returns the oldest number kept."""
        bound, end = before.timestamp(), self._base + len(self._keys)
        while self.oldest < end and self._times[self.oldest - self._base] < bound:
            self._forget(self.oldest)
            self.oldest += 1
        self._compact()
        return self.oldest

    def _forget(self, number: int) -> None:
        row = number - self._base
        for index, urls in ((self.by_url, self._urls), (self.by_source, self._source_urls)):
            url = urls[row]
            if url and index.get(url) == number:
                del index[url]
        if self._late.get(self.key_of(number)) == number:
            del self._late[self.key_of(number)]
        piece = self.piece_of(number)
        members = self._members.get(piece)
        if members is None:
            return
        reference = self.reference_number(piece)
        members.remove(number)
        if not members:
            del self._members[piece]
            self._references.pop(piece, None)
        else:
            self.set_reference(piece, self._stand_in(piece) if reference == number else reference)

    def _stand_in(self, piece: int) -> int:
        """The reference of a piece whose own has expired: the first member that may be one."""
        numbers = self.members(piece)
        return next((number for number in numbers if self._joins[number - self._base]), numbers[0])


def elect(candidates: Iterable[Known], electors: list[Known], verifies: Verifies) -> Known | None:
    """The first candidate against which every elector is verified; None when there is none, or too many electors."""
    if len(electors) > MOST_ELECTORS:
        return None
    for candidate in candidates:
        if all(each.number == candidate.number or verifies(each, candidate) for each in electors):
            return candidate
    return None
