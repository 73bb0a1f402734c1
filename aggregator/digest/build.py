"""Stories into an edition: which are shown, how each differs from the last edition, which lead. Pure.

The ranking and the choice of the leading piece come in as functions, since packages of one layer do not know
each other; the pipeline joins them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.config import Category, Digest
from aggregator.digest.continuity import ShownBefore, StandsNow, change
from aggregator.digest.edition import Change, Counts, PieceView, Section, StoryReference, StoryView
from aggregator.digest.views import Stored, arrivals, corrected_at, outlets, piece_view, voices
from aggregator.model import Story
from aggregator.text.outlets import OutletBook

LEADS = 6
"""Leading stories at most: what the front page's grid holds (mock/README, "Hierarchy")."""
SECTION_STORIES = 4
"""Stories of a section that stand with a headline and a line: one row of four."""
MOST_OF_ONE = 0.25
"""Share of an edition's places for what one outlet alone tells, while others wait: a feed of fifty new items at every
poll would else leave none of a day's two hundred places to anybody without a second voice."""
OLD_NEWS = timedelta(days=2)
"""A printing that claims to be older than the window by more than this is no news, however new it is to us:
feeds send their archive when they are first read, and outlets resurrect old texts."""

Score = tuple[float, tuple[tuple[str, float], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time that an edition covers, `start` excluded, `end` included."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the neighbouring layers decide: which piece speaks for a story, and how a story ranks."""

    lead: Callable[[Sequence[PieceView]], int]
    score: Callable[[StoryView], Score]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An edition's stories, placed."""

    leads: tuple[StoryView, ...]
    sections: tuple[Section, ...]
    briefs: tuple[StoryView, ...]
    unchanged: tuple[StoryView, ...]
    stories: tuple[StoryView, ...]
    counts: Counts


def story_view(
    story: Story,
    stored: Stored,
    *,
    window: Window,
    shown: ShownBefore | None,
    category_of: Callable[[int], str | None],
    judgement: Judgement,
) -> StoryView | None:
    """One story as it stands at the window's end, its first words left to `views.told`.

    None when none of its entries is kept any more.
    """
    pieces = [piece_view(stored.pieces[key], stored) for key in story.pieces if known(key, stored)]
    if not pieces:
        return None
    ordered = lead_first(pieces, judgement.lead(pieces))
    now = stands(story, ordered, window, stored.archive)
    kind = change(shown, now)
    if not now.arrived and (shown is None or now.corrected_at is None):
        kind = Change.UNCHANGED  # an edit of what no edition showed is no news, and what was passed over stays so
    view = StoryView(
        id=story.id,
        title=ordered[0].title,
        language=ordered[0].language,
        standfirst="",
        category=category_of(ordered[0].entry_id),
        change=kind,
        outlets_before=shown.outlets if shown else 0,
        outlets=now.outlets,
        voices=voices(ordered, stored.book),
        first_at=min(piece.at for piece in ordered),
        last_at=max(moments(ordered)),
        corrected_at=now.corrected_at,
        pieces=tuple(ordered),
        score=0.0,
        aliases=story.aliases,
    )
    score, parts = judgement.score(view)
    return replace(view, score=score, score_parts=parts)


def known(piece: int, stored: Stored) -> bool:
    """Whether the piece and at least one of its entries are at hand."""
    return piece in stored.pieces and any(copy.entry_id in stored.entries for copy in stored.pieces[piece].copies)


def lead_first(pieces: Sequence[PieceView], lead: int) -> list[PieceView]:
    """The piece `lead` first, the others by time."""
    return sorted(pieces, key=lambda piece: (piece.id != lead, piece.at, piece.id))


def moments(pieces: Iterable[PieceView]) -> list[datetime]:
    """The believed times of every printing."""
    return [at for piece in pieces for at in (piece.at, *(copy.at for copy in piece.copies))]


def stands(story: Story, pieces: Sequence[PieceView], window: Window, archive: frozenset[int]) -> StandsNow:
    """How the story stands at the window's end."""
    return StandsNow(
        outlets=len(outlets(pieces)),
        pieces=len(pieces),
        revisions=sum(max(0, len(piece.revisions) - 1) for piece in pieces),
        arrived=arrivals(pieces, since=window.start, slack=OLD_NEWS, archive=archive),
        corrected_at=corrected_at(pieces, since=window.start),
        continues=story.continues is not None,
    )


def linked(
    views: Mapping[int, StoryView], stories: Iterable[Story], tells_on: Callable[[StoryView, StoryView], bool]
) -> dict[int, StoryView]:
    """The views with the stories that they continue or stand near named; those that are not at hand are left out.

    A story that no edition showed and that does not go on from the one that it is said to continue is new.
    """
    by_id = {story.id: story for story in stories}
    names = {key: reference(view) for key, view in views.items()}
    found: dict[int, StoryView] = {}
    for key, view in views.items():
        before = views.get(by_id[key].continues or 0)
        goes_on = before is not None and tells_on(view, before)
        new = view.change is Change.CONTINUES and not view.outlets_before and not goes_on
        found[key] = replace(
            view,
            change=Change.NEW if new else view.change,
            continues=names[before.id] if before is not None and goes_on else None,
            see_also=tuple(names[other] for other in by_id[key].see_also if other in names),
        )
    return found


def choose(views: Iterable[StoryView], *, digest: Digest, categories: Mapping[str, Category]) -> Chosen:
    """Place every story: leads, a row for each category, briefs; what has not changed is named, never led with."""
    wanted = [view for view in views if not digest.categories or view.category in digest.categories]
    ranked = sorted(wanted, key=lambda view: (-view.score, view.id))
    fresh = fitting([view for view in ranked if view.change is not Change.UNCHANGED], digest.max_stories)
    unchanged = tuple(view for view in ranked if view.change is Change.UNCHANGED)
    leads, rest = fresh[:LEADS], fresh[LEADS:]
    sections = tuple(section(name, rest) for name in section_names(rest, digest, categories))
    placed = {view.id for part in sections for view in part.stories}
    return Chosen(
        leads=tuple(leads),
        sections=sections,
        briefs=tuple(view for view in rest if view.id not in placed),
        unchanged=unchanged,
        stories=tuple(fresh),
        counts=count(fresh),
    )


def fitting(ranked: Sequence[StoryView], most: int) -> list[StoryView]:
    """The best `most` stories in their order, with room for others beside an outlet that publishes without end.

    What it alone tells beyond its share goes only where places are left.
    """
    told: Counter[str] = Counter()
    within: list[StoryView] = []
    beyond: list[StoryView] = []
    for view in ranked:
        alone = view.outlets == 1
        told.update([view.pieces[0].outlet] if alone else [])
        flood = alone and told[view.pieces[0].outlet] > max(1, most * MOST_OF_ONE)
        (beyond if flood else within).append(view)
    shown = {view.id for view in [*within, *beyond][:most]}
    return [view for view in ranked if view.id in shown]


def section_names(rest: Sequence[StoryView], digest: Digest, categories: Mapping[str, Category]) -> list[str]:
    """The sections in the config's order, then by name; a configured one stands even when it is quiet."""
    configured = [name for name in categories if not digest.categories or name in digest.categories]
    names = {view.category for view in rest if view.category} | set(configured)
    return sorted(names, key=lambda name: (categories[name].order if name in categories else 1000, name))


def section(name: str, rest: Sequence[StoryView]) -> Section:
    """One category's best stories below the leads."""
    mine = [view for view in rest if view.category == name]
    return Section(name=name, stories=tuple(mine[:SECTION_STORIES]), total=len(mine))


def count(stories: Sequence[StoryView]) -> Counts:
    """The edition line's numbers, over what the edition shows."""
    pieces = [piece for story in stories for piece in story.pieces]
    copies = sum(len(piece.copies) for piece in pieces)
    return Counts(
        entries=len(pieces) + copies,
        outlets=len(outlets(pieces)),
        pieces=len(pieces),
        stories=len(stories),
        copies=copies,
    )


def reference(view: StoryView) -> StoryReference:
    """How other pages name this story."""
    return StoryReference(
        id=view.id, title=view.title, language=view.language, outlets=view.outlets, last_at=view.last_at
    )


def category_weight(view: StoryView, categories: Mapping[str, Category]) -> float:
    """The configured weight of the story's category; 1 where none is configured."""
    return categories[view.category].weight if view.category and view.category in categories else 1.0


def outlet_weight(view: StoryView, book: OutletBook) -> float:
    """The highest configured weight among the outlets whose own text leads a piece."""
    return max(book.weight_of(piece.outlet) for piece in view.pieces)
