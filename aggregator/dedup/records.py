"""What goes into the matcher, what comes out, and what is kept of it. Light: imports no numpy and no datasketch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Document(NamedTuple):
    """One text to be placed. `key` grows with arrival; `url` is canonical; `source_url` a declared source's."""

    key: int
    outlet: str
    title: str
    text: str
    at: datetime
    """First seen, or the claimed time in an archive; drives the window only, never who copied whom."""
    url: str | None = None
    source_url: str | None = None
    links: tuple[str, ...] = ()
    """Canonical addresses that the text links to: whoever quotes mostly says so, and then a short passage is found."""


class Comparison(NamedTuple):
    """Two texts by their shingle sets, boilerplate left out; shares in [0, 1], `shared` counts shingles."""

    jaccard: float
    containment: float
    of_first: float
    of_second: float
    shared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What is stored of one document so that the index can be rebuilt without its text.

    `body` and `lead` are little-endian uint32 MinHash values, `sample` the sorted uint32 shingle hashes used to
    verify; `scheme` names datasketch's scheme, seed, permutations and the shingle size, so that a change is noticed.
    """

    key: int
    piece: int
    outlet: str
    at: datetime
    url: str | None
    scheme: str
    body: bytes
    lead: bytes
    sample: bytes
    size: int
    """Shingles of the document before boilerplate was left out."""
    joins: bool = True
    """False for round-ups and for what joined by its address only: they are no reference for any text."""
    reference: int | None = None
    """Key of the document that the piece's texts are verified against since this one came; None: this one."""
    source_url: str | None = None


class Columns(NamedTuple):
    """The fields of many fingerprints, each as one sequence: a million of them are read at every start."""

    key: Sequence[int]
    piece: Sequence[int]
    outlet: Sequence[str]
    at: Sequence[float]
    """Seconds since 1970."""
    url: Sequence[str | None]
    scheme: Sequence[str]
    body: Sequence[bytes]
    lead: Sequence[bytes]
    sample: Sequence[bytes]
    size: Sequence[int]
    joins: Sequence[bool]
    reference: Sequence[int | None]
    source_url: Sequence[str | None]


def columns_of(fingerprints: Iterable[Fingerprint]) -> Columns:
    """Fingerprints as columns, by growing key."""
    kept = sorted(fingerprints, key=lambda each: each.key)
    columns = Columns(*([getattr(each, name) for each in kept] for name in Columns._fields))
    return columns._replace(at=[each.at.timestamp() for each in kept])


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletBoilerplate:
    """The counters from which an outlet's boilerplate is told: `counts` 8-bit, `learnt` documents counted."""

    outlet: str
    counts: bytes
    learnt: int


class Placement(NamedTuple):
    """Where one document went. `of` is the reference document it was verified against, None for a new piece."""

    key: int
    piece: int
    of: int | None
    stage: str
    """`new`, `url`, `source`, `text`, `excerpt` or `round-up`."""
    comparison: Comparison | None
    quotes: tuple[int, ...]
    """Pieces that a round-up contains without joining them."""
    absorbs: tuple[int, ...]
    """Pieces that are one with `piece` since this document showed it: their entries and fingerprints move there."""
    fingerprinted: Callable[[], Fingerprint]

    @property
    def fingerprint(self) -> Fingerprint:
        """What is to be stored of it; made when it is asked for, since an archive stores nothing."""
        return self.fingerprinted()
