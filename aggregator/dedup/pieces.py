"""What the matcher remembers: documents by number, pieces with their members and reference.

The rule that keeps pieces from chaining lives here: every member that was joined by its text has been verified against
the piece's one reference text. A new text that meets another member only may still join, but then that member becomes
the reference, and only after every other member was verified against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from aggregator.dedup.shingles import Shingles

MOST_ELECTORS: Final = 24
"""Members that are verified against a candidate reference at most; a larger piece keeps the reference it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A placed document as it is remembered. `sample` is sorted, thinned `steps` times, own shingles only."""

    number: int
    key: int
    outlet: str
    at: datetime
    url: str | None
    source_url: str | None
    sample: Shingles
    steps: int
    lead: Shingles
    joins: bool
    """Its text may be a reference and binds the piece; False for round-ups and for what joined by address only."""


@dataclass(slots=True)
class Members:
    """A piece: the numbers of its documents in arrival order and the one its texts are verified against."""

    reference: int
    numbers: list[int] = field(default_factory=list)


Verifies: TypeAlias = Callable[[Known, Known], bool]


class Memory:
    """Documents and pieces that have not expired."""

    def __init__(self) -> None:
        self.documents: dict[int, Known] = {}
        self.pieces: dict[int, Members] = {}
        self.piece_of: dict[int, int] = {}
        self.by_key: dict[int, int] = {}
        self.by_url: dict[str, int] = {}
        self.by_source: dict[str, int] = {}
        self.oldest = 0

    def reference(self, piece: int) -> Known:
        """The document that stands for the piece."""
        return self.documents[self.pieces[piece].reference]

    def add(self, document: Known, piece: int) -> None:
        """Put a document into a piece, which it founds where there is none."""
        members = self.pieces.setdefault(piece, Members(reference=document.number))
        members.numbers.append(document.number)
        self.documents[document.number] = document
        self.piece_of[document.number] = piece
        self.by_key[document.key] = document.number
        if document.url:
            self.by_url[document.url] = document.number
        if document.source_url:
            self.by_source[document.source_url] = document.number

    def set_references(self, keys: Mapping[int, int]) -> None:
        """Give each piece its reference by key; where that document is gone, the first that may stand in for it."""
        for piece, key in keys.items():
            self.pieces[piece].reference = self.by_key.get(key, -1)
            if self.piece_of.get(self.pieces[piece].reference) != piece:
                self.pieces[piece].reference = self.stand_in(piece)

    def merge(self, pieces: Iterable[int], into: int) -> None:
        """Move all members of the pieces to another."""
        target = self.pieces[into]
        for piece in pieces:
            numbers = self.pieces.pop(piece).numbers
            target.numbers.extend(numbers)
            self.piece_of.update(dict.fromkeys(numbers, into))
        target.numbers.sort()

    def of_key(self, key: int) -> Known:
        """The document with that key."""
        return self.documents[self.by_key[key]]

    def other_members(self, piece: int) -> list[Known]:
        """Members beside the reference whose text binds the piece, in arrival order, as many as may elect."""
        reference = self.pieces[piece].reference
        return [each for each in self.bound([piece]) if each.number != reference][:MOST_ELECTORS]

    def printings(self, pieces: Iterable[int], outlet: str) -> int:
        """How often the outlet printed the pieces before."""
        numbers = (number for piece in pieces for number in self.pieces[piece].numbers)
        return sum(self.documents[number].outlet == outlet for number in numbers)

    def bound(self, pieces: Iterable[int]) -> list[Known]:
        """The members that joined by their text, in arrival order."""
        numbers = sorted(number for piece in pieces for number in self.pieces[piece].numbers)
        return [self.documents[number] for number in numbers if self.documents[number].joins]

    def expire(self, before: datetime) -> int:
        """Forget the documents up to the first that is not older than `before`; returns the oldest number kept."""
        end = max(self.documents, default=-1) + 1
        while self.oldest < end and self.documents[self.oldest].at < before:
            self._forget(self.documents.pop(self.oldest))
            self.oldest += 1
        return self.oldest

    def _forget(self, document: Known) -> None:
        number, piece = document.number, self.piece_of.pop(document.number)
        for index, name in ((self.by_url, document.url), (self.by_source, document.source_url)):
            if name and index.get(name) == number:
                del index[name]
        if self.by_key.get(document.key) == number:
            del self.by_key[document.key]
        members = self.pieces[piece]
        members.numbers.remove(number)
        if not members.numbers:
            del self.pieces[piece]
        elif members.reference == number:
            members.reference = self.stand_in(piece)

    def stand_in(self, piece: int) -> int:
        """The reference of a piece whose own has expired: the first member that may be one."""
        numbers = self.pieces[piece].numbers
        return next((number for number in numbers if self.documents[number].joins), numbers[0])


def elect(candidates: Iterable[Known], electors: list[Known], verifies: Verifies) -> Known | None:
    """The first candidate against which every elector is verified; None when there is none, or too many electors."""
    if len(electors) > MOST_ELECTORS:
        return None
    for candidate in candidates:
        if all(each is candidate or verifies(each, candidate) for each in electors):
            return candidate
    return None
