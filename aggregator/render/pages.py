"""What the pages need beyond their records: days of a story, months of the archive, pairs of outlets. Pure."""

from __future__ import annotations

import re
from calendar import Calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from aggregator.digest.edition import CopyView, Edition, EditionSummary, FeedTrouble, PieceView, StoryView
from aggregator.render.difference import Difference, compare
from aggregator.render.foreign import tidy
from aggregator.render.localised import DAY, Interface
from aggregator.render.records import Ailment, FeedState, OutletRow, SitePages
from aggregator.render.templates import safe_link
from aggregator.render.words import Speech, is_alarming

MOST_DIFFERENCES = 40
"""Word differences on one page: each costs up to 0.1 s and some kilobytes."""
MOST_ENCLOSURES = 12
"""Addresses on a piece's page; its outlet's own page has them all."""
MATRIX_LIMIT = 40
"""Outlets in the matrix; beyond, its cells are too small to point at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The pieces of one day of a story; `until` is set for a stretch of days without any."""

    day: date
    until: date | None
    pieces: tuple[PieceView, ...]
    outlets: int
    copies: int


def days(story: StoryView, interface: Interface) -> tuple[Day, ...]:
    """The story's days, newest first; stretches without a piece are one line."""
    ordered = sorted(story.pieces, key=lambda piece: (piece.at, piece.id))
    found = [
        one_day(day, tuple(pieces)) for day, pieces in groupby(ordered, lambda piece: interface.local(piece.at).date())
    ]
    filled: list[Day] = []
    for entry in found:
        if filled and entry.day - filled[-1].day > DAY:
            filled.append(Day(day=filled[-1].day + DAY, until=entry.day - DAY, pieces=(), outlets=0, copies=0))
        filled.append(entry)
    return tuple(reversed(filled))


def one_day(day: date, pieces: tuple[PieceView, ...]) -> Day:
    """A day with its counts; a copy counts on the day of its piece."""
    copies = [copy for piece in pieces for copy in piece.copies]
    outlets = {piece.outlet for piece in pieces} | {copy.outlet for copy in copies}
    return Day(day=day, until=None, pieces=pieces, outlets=len(outlets), copies=len(copies))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A copy with its word difference; None where there is nothing to compare, or too much."""

    copy: CopyView
    difference: Difference | None
    open: bool


def changed(piece: PieceView) -> tuple[Changed, ...]:
    """What each copy changed; the first one with an alarm stands open, so that readers learn what folds hold."""
    shown = piece.copies[:MOST_DIFFERENCES]
    first = next((copy for copy in shown if is_alarming(copy) and copy.text), shown[0] if shown else None)
    return tuple(Changed(copy=copy, difference=difference(piece, copy), open=copy is first) for copy in shown)


def enclosures(piece: PieceView) -> dict[str | None, list[str]]:
    """The addresses that came with the piece, by their type: one picture often comes in a dozen sizes."""
    found: dict[str | None, list[str]] = {}
    for address, kind in piece.enclosures[:MOST_ENCLOSURES]:
        if safe_link(address):
            found.setdefault(kind, []).append(address)
    return found


def difference(piece: PieceView, copy: CopyView) -> Difference | None:
    """The copy against the leading printing, boilerplate of both left out."""
    return compare(
        piece.text, copy.text, original_boilerplate=piece.boilerplate, copy_boilerplate=copy.boilerplate
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A calendar leaf: weeks of (day of the month or 0, edition or None, bar in pixels)."""

    first: date
    weeks: tuple[tuple[tuple[int, EditionSummary | None, int], ...], ...]


BAR = 28
"""Pixels of the bar under the day with the most stories: the width of a calendar cell on a phone."""


def months(summaries: Iterable[EditionSummary], interface: Interface) -> tuple[Month, ...]:
    """The months that have editions, newest first."""
    by_day = {summary.day: summary for summary in summaries}
    most = max((summary.stories for summary in by_day.values()), default=1) or 1
    leaves = sorted({day.replace(day=1) for day in by_day}, reverse=True)
    calendar = Calendar(interface.locale.first_week_day)
    return tuple(
        Month(first=leaf, weeks=tuple(
            tuple(cell(leaf, number, by_day, most) for number in week)
            for week in calendar.monthdayscalendar(leaf.year, leaf.month)
        ))
        for leaf in leaves
    )  # fmt: skip


def cell(
    leaf: date, number: int, by_day: dict[date, EditionSummary], most: int
) -> tuple[int, EditionSummary | None, int]:
    """One day of a calendar leaf."""
    summary = by_day.get(leaf.replace(day=number)) if number else None
    return number, summary, max(2, round(BAR * summary.stories / most)) if summary else 0


def of_digest(pages: SitePages, name: str) -> tuple[EditionSummary, ...]:
    """The editions of one digest, newest first, the one in hand among them."""
    known = {summary.day: summary for summary in pages.summaries if summary.name == name}
    edition = pages.edition
    if edition.name == name:
        known[edition.day] = summary_of(edition)
    return tuple(known[day] for day in sorted(known, reverse=True))


def summary_of(edition: Edition) -> EditionSummary:
    """The edition's line in the index of days."""
    return EditionSummary(
        name=edition.name,
        day=edition.day,
        number=edition.number,
        stories=edition.counts.stories,
        headline=edition.leads[0].title if edition.leads else "",
    )


def digest_names(pages: SitePages) -> tuple[str, ...]:
    """Every digest that has an edition, the main one first."""
    names = {summary.name for summary in pages.summaries} | {pages.edition.name}
    return tuple(sorted(names, key=lambda name: (name != pages.main_digest, name)))


def is_newest(pages: SitePages) -> bool:
    """Whether no later edition of the same digest is known: only the newest may stand on the front page."""
    return of_digest(pages, pages.edition.name)[0].day == pages.edition.day


def all_stories(pages: SitePages) -> tuple[StoryView, ...]:
    """Every story that gets a page: those asked for, and all that the edition shows; what is unchanged has its own."""
    edition = pages.edition
    shown = (*edition.leads, *(story for section in edition.sections for story in section.stories),
             *edition.briefs, *edition.stories)  # fmt: skip
    by_id = {story.id: story for story in shown} | {story.id: story for story in pages.stories}
    return tuple(by_id[key] for key in sorted(by_id))


def by_category(stories: Sequence[StoryView], speech: Speech) -> tuple[tuple[str, tuple[StoryView, ...]], ...]:
    """The edition's stories in their sections, rank kept within each; those without a category last."""
    names = list(dict.fromkeys(story.category for story in stories if story.category))
    parts = [(name, tuple(story for story in stories if story.category == name)) for name in names]
    rest = tuple(story for story in stories if not story.category)
    return (*parts, (speech._("Other stories") if parts else speech._("Stories"), rest)) if rest else tuple(parts)


def sections(edition: Edition) -> tuple[str, ...]:
    """The sections that have a feed of their own: those of the page, then what else its stories belong to."""
    named = (section.name for section in edition.sections)
    return tuple(dict.fromkeys([*named, *(story.category for story in edition.stories if story.category)]))


def was_copied(row: OutletRow) -> int:
    """How often others printed this outlet's pieces."""
    return sum(count for _, count in row.copied_by)


def by_trade(rows: Iterable[OutletRow]) -> tuple[OutletRow, ...]:
    """Sources first, copiers last: by what was copied from them less what they copied."""
    return tuple(sorted(rows, key=lambda row: (row.copies - was_copied(row), -row.entries, row.outlet)))


def in_network(rows: Iterable[OutletRow]) -> tuple[OutletRow, ...]:
    """The outlets of the matrix: those that copy or are copied, the busiest ones, sources first."""
    active = [row for row in rows if row.copies_from or row.copied_by]
    busiest = sorted(active, key=lambda row: (-(row.copies + was_copied(row)), row.outlet))[:MATRIX_LIMIT]
    return by_trade(busiest)


def public_words(text: str) -> str:
    """A line about a feed without what its address may keep secret: a password, a query."""
    return re.sub(r"(https?://)(?:[^/\s@?#]*@)?([^\s?#]*)[?#]?\S*", r"\1\2", text)


def feed_name(trouble: FeedTrouble | FeedState) -> str:
    """What a feed is called: its title, else where it stands; a title may be an address too."""
    return public_words(tidy(trouble.title) or tidy(trouble.url)).removeprefix("https://").removeprefix("http://")


def by_ailment(states: Iterable[FeedState]) -> dict[Ailment, tuple[FeedState, ...]]:
    """The feeds that are not as they should be, by what is odd about them, worst first."""
    held = tuple(states)
    return {kind: found for kind in Ailment if (found := tuple(one for one in held if one.ailment is kind))}
