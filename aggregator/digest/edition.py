"""One issue of a digest as plain records: what pages, feeds and mail show, already chosen, ordered and counted.

`build` makes these, `render` and `deliver` only read them. Texts are plain text (never markup), times aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from aggregator.model import Credit, Role


class Change(StrEnum):
    """What is different since the digest's last edition."""

    NEW = "new"
    GREW = "grew"
    CORRECTED = "corrected"
    CONTINUES = "continues"
    UNCHANGED = "unchanged"


class CreditState(StrEnum):
    """How a copy treats its source."""

    CREDITED = "credited"
    CREDITS_COPY = "credits-copy"
    CREDITS_OTHER = "credits-other"
    MISSING = "missing"
    OWN = "own"
    """The same outlet, or one of the same owner, printed it again: no credit is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionView:
    """One version of an entry. `silent`: the text changed and the entry claims no later `updated` time."""

    at: datetime
    words: int
    title: str
    text: str
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyView:
    """One printing of a piece that is not its original."""

    entry_id: int
    outlet: str
    link: str | None
    title: str
    language: str | None
    role: Role
    claimed: datetime | None
    first_seen: datetime
    at: datetime
    """The believed time: min(claimed, first seen), or first seen where the claim is not believable."""
    delay: timedelta
    """`at` less the original's; negative where the copy was seen before the original."""
    of_original: float | None
    of_copy: float | None
    state: CreditState
    credit: Credit | None
    alarms: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    text: str
    boilerplate: tuple[str, ...] = ()
    """Paragraphs of `text` that the outlet prints under many of its entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceReference:
    """A piece named on another page."""

    id: int
    story_id: int
    title: str
    language: str | None
    outlet: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceView:
    """One text and its copies, oldest first; `entry_id` is the printing that stands for it, the original if known."""

    id: int
    entry_id: int
    story_id: int
    title: str
    language: str | None
    outlet: str
    original_known: bool
    link: str | None
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    enclosures: tuple[tuple[str, str | None], ...]
    """(address, media type)."""
    claimed: datetime | None
    first_seen: datetime
    at: datetime
    text: str
    credit: Credit | None
    """The credit in the leading printing itself: names an outlet that we do not follow, or is None."""
    copies: tuple[CopyView, ...] = ()
    revisions: tuple[RevisionView, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    boilerplate: tuple[str, ...] = ()
    rounds_up: bool = False
    """It contains other pieces: a round-up, a live page, a newsletter."""
    quoted_in: tuple[PieceReference, ...] = ()
    """The round-ups that contain it without being copies, oldest first."""
    quotes: tuple[PieceReference, ...] = ()
    """The pieces that this round-up contains, oldest first."""
    aliases: tuple[int, ...] = ()
    """Ids of pieces that this one absorbed: their addresses lead here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryReference:
    """A story named on another page."""

    id: int
    title: str
    language: str | None
    outlets: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """The pieces about one event, the leading piece first, the others by time."""

    id: int
    title: str
    language: str | None
    standfirst: str
    category: str | None
    change: Change
    outlets_before: int
    """Outlets that carried it in the last edition; 0 when it is new."""
    outlets: int
    voices: int
    """Independent texts: copies and outlets of one owner for the same text count once."""
    first_at: datetime
    last_at: datetime
    corrected_at: datetime | None
    pieces: tuple[PieceView, ...]
    score: float
    score_parts: tuple[tuple[str, float], ...] = ()
    continues: StoryReference | None = None
    see_also: tuple[StoryReference, ...] = ()
    aliases: tuple[int, ...] = ()
    editions: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The stories of one category below the leads; `total` counts those that the page does not show too."""

    name: str
    stories: tuple[StoryView, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The edition line."""

    entries: int
    outlets: int
    pieces: int
    stories: int
    copies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTrouble:
    """A feed that did not answer: `reason` is one line, `since` its last success."""

    title: str
    url: str
    reason: str
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One issue. `stories` holds every story once, in rank order; leads, sections and briefs point into it."""

    name: str
    title: str
    day: date
    number: int
    made_at: datetime
    start: datetime
    end: datetime
    counts: Counts
    leads: tuple[StoryView, ...]
    sections: tuple[Section, ...]
    briefs: tuple[StoryView, ...]
    unchanged: tuple[StoryView, ...]
    stories: tuple[StoryView, ...]
    feeds: int
    troubles: tuple[FeedTrouble, ...]
    previous: date | None = None
    next_at: datetime | None = None


def with_views(edition: Edition, views: Mapping[int, StoryView]) -> Edition:
    """The edition with these stories in the places of what stood there under their ids."""

    def placed(stories: tuple[StoryView, ...]) -> tuple[StoryView, ...]:
        return tuple(views.get(story.id, story) for story in stories)

    return replace(
        edition,
        leads=placed(edition.leads),
        sections=tuple(replace(section, stories=placed(section.stories)) for section in edition.sections),
        briefs=placed(edition.briefs),
        unchanged=placed(edition.unchanged),
        stories=placed(edition.stories),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionSummary:
    """One line of the index of days."""

    name: str
    day: date
    number: int
    stories: int
    headline: str
