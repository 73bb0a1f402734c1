"""What the site is made from, beyond the edition itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from aggregator.digest.edition import Edition, EditionSummary, StoryView


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """What one outlet copied from another: `credited` of the `copies` name the source, `due` of them had to.

    `delay` is the median from the source's believed time to the copy's.
    """

    copier: str
    source: str
    copies: int
    credited: int
    due: int
    delay: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One printing on an outlet's page: an own piece with its copies counted, or a copy with its source."""

    piece: int
    title: str
    language: str | None
    link: str | None
    at: datetime
    copies: int = 0
    source: str | None = None
    delay: timedelta | None = None
    credited: bool = True
    card: bool = True
    """Whether the piece has a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletRow:
    """One outlet's part in who republishes whom. Counts are of entries; `credited` and `uncredited` of its copies.

    `copied_by` and `copies_from` are (outlet key, copies), most first; `own` and `copied` its latest printings.
    """

    outlet: str
    entries: int
    originals: int
    copies: int
    credited: int
    uncredited: int
    copied_by: tuple[tuple[str, int], ...] = ()
    copies_from: tuple[tuple[str, int], ...] = ()
    own: tuple[Printed, ...] = ()
    copied: tuple[Printed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Who republished whom within a number of days before `end`."""

    days: int
    end: datetime
    outlets: tuple[OutletRow, ...] = ()
    trades: tuple[Trade, ...] = ()
    """Most copies first."""


class Ailment(StrEnum):
    """What is odd about a feed, worst first."""

    GONE = "gone"
    FAILING = "failing"
    FROZEN = "frozen"
    """It answers, and nothing new has come for a month."""
    SILENT = "silent"
    """Nothing new for much longer than is usual with it."""
    MOVED = "moved"
    """Its address leads elsewhere for good."""
    REDATED = "redated"
    """It gives its entries times that cannot be true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """One feed that is not as it should be. `rhythm` is the longest gap that is usual between its new entries."""

    title: str
    url: str
    ailment: Ailment
    reason: str = ""
    failures: int = 0
    last_success: datetime | None = None
    last_new: datetime | None = None
    rhythm: timedelta | None = None
    moved_to: str = ""
    odd_dates: int = 0
    next_poll: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one edition renders where a whole site is made anew, so that each file is made once."""

    stories: frozenset[int]
    """The stories whose pages are this edition's to make."""
    own: bool = True
    """Its own pages; False where the store no longer holds what they showed."""
    month: bool = False
    """The search index of its month, which its last edition makes."""
    newest: bool = False
    """It is its digest's newest: the front page and the feeds."""
    common: bool = False
    """It is the newest of all: the pages that tell of every edition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePages:
    """All that one rendering shows. `stories` are those to write a page for, with all their pieces."""

    edition: Edition
    stories: tuple[StoryView, ...] = ()
    summaries: tuple[EditionSummary, ...] = ()
    networks: tuple[Network, ...] = ()
    """By number of days; the first one is the usual, and its outlets have pages."""
    main_digest: str = "daily"
    """The digest that owns the front page and the short addresses; another one has its name before its days."""
    states: tuple[FeedState, ...] = ()
    findable: tuple[tuple[date, tuple[tuple[Any, ...], ...]], ...] = ()
    """(day, rows of `search.rows`) of the month's other editions, oldest first."""
