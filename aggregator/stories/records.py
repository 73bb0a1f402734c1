"""What goes into story grouping, what comes out, and what is kept of it. Light: imports no numpy and no scipy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

VERSION = "4"
"""Of the rules by which a text becomes a vector and is counted; what was kept by another version is not compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceText:
    """One piece to be placed: its leading printing's title and the first words of its text, without markup."""

    piece: int
    title: str
    text: str
    at: datetime
    language: str | None = None
    feed: str = ""
    """Where the title came from: recurring title segments are learnt per feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The story a piece went to; `story` is the id of the story's founding piece. `score` 0.0 where it founded one."""

    piece: int
    story: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMove:
    """A later correction: `piece` left `old` for `new`; an `old` that holds nothing any more is an alias of `new`."""

    piece: int
    old: int
    new: int
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceVector:
    """A placed piece as it is kept: sparse unit vector as little-endian uint32 term hashes and float16 weights."""

    piece: int
    story: int
    at: datetime
    language: str | None
    frozen: bool
    terms: bytes
    weights: bytes
    numbers: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermCounts:
    """Document frequencies: how many of `pieces` held each term (uint32 hashes, uint32 counts).

    `language` is the record's name and a later record of that name replaces it: the version of the rules and a colon,
    then a language (nothing when unknown), the language with "+" behind it for what came since that record was made,
    or "-titles" for titles' recurring segments. "3:en" and "3:en+" together count what English pieces hold.
    """

    language: str
    pieces: int
    terms: bytes
    counts: bytes
