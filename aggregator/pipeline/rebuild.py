"""The whole site made anew from the store, after a change of templates, language or design.

plan: which edition makes which page -> each process renders and lays aside, edition by edition -> all is put in place

Nothing but pages changes: no record of an edition, no message. A page is what the last edition that had to write it
would write today: a story's is made by the last edition that showed it, or in whose window it or a neighbour moved.
An edition that showed what retention has taken since is left as it stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

from aggregator.config import Config
from aggregator.digest.build import Window
from aggregator.digest.edition import EditionSummary
from aggregator.digest.schedule import next_due
from aggregator.errors import UsageError
from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.feed_states import feed_states
from aggregator.pipeline.material import beside, gather, links
from aggregator.pipeline.network import networks
from aggregator.pipeline.publish import dated, findable
from aggregator.pipeline.recorded import recorded
from aggregator.render.files import lay_aside, put, unfinished
from aggregator.render.paths import piece_path
from aggregator.render.records import Share, SitePages
from aggregator.render.site import render_share
from aggregator.store import editions, feeds, grouping, windows
from aggregator.store.database import Database, open_database
from aggregator.store.editions import EditionRecord
from aggregator.text.outlets import OutletBook

PROCESSES = 2
"""Each takes some hundred megabytes, and the disk keeps no more of them busy."""
FEW = 4
"""So many editions are rendered here: a process of its own needs 0.9 s of CPU to begin, more than a small edition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one edition makes: its number in the order of endings, its record, the edition before it, its share."""

    number: int
    record: EditionRecord
    previous: date | None
    share: Share
    shown: frozenset[int]
    """The stories that the edition showed or named, by the ids that they have now."""
    told: frozenset[int]
    """Those that it showed: of one that it named as unchanged its title is enough."""
    paged: frozenset[int] = frozenset()
    """Every story that has a page, for the edition that makes the common pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What a rebuilding came to; `left` are editions whose stories the store does not hold any more."""

    editions: tuple[tuple[str, date], ...]
    left: tuple[tuple[str, date], ...]
    output: Path
    written: tuple[str, ...]


def rebuild(app: App, *, output: Path | None = None) -> Rebuilt:
    """Make every page of every edition anew. Raises UsageError where there is none, RenderError for a broken template.

    Everything is rendered before the first page is replaced; a page that comes out as it was keeps its time.
    """
    root = output or Path(app.config.site.output)
    parts = plan(app)
    with unfinished(root):
        written = put(root, tuple(rendered(app, root, parts)))
    made, left = (
        tuple((part.record.name, part.record.day) for part in parts if part.share.own is own) for own in (True, False)
    )
    return Rebuilt(editions=made, left=left, output=root, written=written)


def rendered(app: App, root: Path, parts: Sequence[Part]) -> Iterator[tuple[str, ...]]:
    """What each part laid aside, in order. The processes start afresh: connections to a store cannot be shared."""
    if len(parts) <= FEW:
        book = outlet_book(app)
        yield from (laid(app, part, root, book) for part in parts)
        return
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        yield from pool.map(laid_apart, parts, repeat(app.config), repeat(app.now), repeat(root))


# ---------------------------------------------------------------- the plan


def plan(app: App) -> tuple[Part, ...]:
    """Which edition makes which pages, each page once. Raises UsageError where there is no edition."""
    records = editions.every(app.database, [digest.name for digest in app.config.digests])
    if not records:
        raise UsageError("there is no edition yet; `aggregator digest` makes one")
    ids = {key for record in records for key in named_by(record)}
    found = grouping.stories(app.database, ids)
    homes = {key: story.id for story in found for key in (story.id, *story.aliases)}
    whole = [all(one.story in homes for one in record.stories) for record in records]
    quoted = quoted_stories(app)
    near = {story.id: {*links(story), *quoted.get(story.id, ())} for story in found}
    makers = makers_of(app, set(homes.values()), last_to_write(app, records, homes, near), quoted)
    return tuple(
        Part(
            number=number,
            record=record,
            previous=previous,
            share=share,
            shown=frozenset(homes[key] for key in named_by(record) if key in homes),
            told=frozenset(homes[one.story] for one in record.stories if one.story in homes),
            paged=frozenset(makers) if share.common else frozenset(),
        )
        for number, (record, previous, share) in enumerate(
            zip(records, days_before(records), shares(records, whole, makers), strict=True)
        )
    )


def days_before(records: Sequence[EditionRecord]) -> Iterator[date | None]:
    """The day of each edition's forerunner."""
    days: dict[str, list[date]] = defaultdict(list)
    for record in records:
        days[record.name].append(record.day)
    for record in records:
        yield max((day for day in days[record.name] if day < record.day), default=None)


def shares(records: Sequence[EditionRecord], whole: Sequence[bool], makers: Mapping[int, int]) -> Iterator[Share]:
    """What each edition makes; one that is not whole leaves its pages as they stand."""
    stories: dict[int, set[int]] = defaultdict(set)
    for story, number in makers.items():
        stories[number].add(story)
    newest = {record.name: number for number, record in sorted(enumerate(records), key=lambda one: one[1].day)}
    months = {record.day.replace(day=1): number for number, record in enumerate(records) if whole[number]}
    for number, own in enumerate(whole):
        yield Share(
            stories=frozenset(stories[number] if own else ()),
            own=own,
            month=number in months.values(),
            newest=own and number in newest.values(),
            common=number == len(records) - 1,
        )


def named_by(record: EditionRecord) -> tuple[int, ...]:
    """The stories that an edition showed or named as unchanged, by the ids that they had."""
    return (*(one.story for one in record.stories), *record.payload["unchanged"])


def last_to_write(
    app: App, records: Sequence[EditionRecord], homes: Mapping[int, int], near: Mapping[int, Collection[int]]
) -> dict[int, int]:
    """Story to the last edition that showed it, or in whose window it moved, or one beside it that had just shown."""
    found: dict[int, int] = {}
    last: dict[str, set[int]] = {}
    for number, record in enumerate(records):
        moved = frozenset(windows.active_stories(app.database, record.start, record.end))
        shown = {homes[one.story] for one in record.stories if one.story in homes}
        found |= dict.fromkeys(moved | shown | beside(last.get(record.name, ()), moved, near), number)
        last[record.name] = shown
    return found


def makers_of(
    app: App, shown: Collection[int], last: Mapping[int, int], quoted: Mapping[int, Collection[int]]
) -> dict[int, int]:
    """Story to the edition that makes its page, for the stories shown and all that their pages link to.

    What never moved within a window is made by the last edition that makes a page with a link to it.
    """
    makers = {key: last[key] for key in shown if key in last}
    waiting = set(makers)
    while waiting:
        found, waiting = grouping.stories(app.database, waiting), set()
        for story in found:
            for other in (*links(story), *quoted.get(story.id, ())):
                if other not in last:
                    makers[other] = max(makers.get(other, 0), makers[story.id])
                elif other not in makers:
                    makers[other] = last[other]
                    waiting.add(other)
    return makers


def quoted_stories(app: App) -> dict[int, set[int]]:
    """Story to the stories that quote its pieces, and to those whose pieces its round-ups quote."""
    pairs = grouping.quotations(app.database)
    homes = grouping.story_of_pieces(app.database, {piece for pair in pairs for piece in pair})
    found: dict[int, set[int]] = defaultdict(set)
    for round_up, piece in pairs:
        if round_up in homes and piece in homes:
            found[homes[round_up]].add(homes[piece])
            found[homes[piece]].add(homes[round_up])
    return found


# ---------------------------------------------------------------- one edition, within a process


def laid(app: App, part: Part, root: Path, book: OutletBook) -> tuple[str, ...]:
    """Render an edition's share and lay it aside; the names of the pages that change."""
    files = render_share(part_pages(app, part, root, book), part.share, site=app.config.site, names=book.name_of)
    return lay_aside(root, part.number, files)


def laid_apart(part: Part, config: Config, now: datetime, root: Path) -> tuple[str, ...]:
    """The same in a process of its own, which opens the store once and keeps it."""
    app = App(config=config, database=store_at(config.store.url), now=now)
    return laid(app, part, root, outlet_book(app))


@cache
def store_at(url: str) -> Database:
    """The store, opened once in each process."""
    return open_database(url)


def part_pages(app: App, part: Part, root: Path, book: OutletBook) -> SitePages:
    """All that an edition's share shows."""
    digest = next(digest for digest in app.config.digests if digest.name == part.record.name)
    window = Window(start=part.record.start, end=part.record.end)
    wanted = part.shown | part.share.stories
    material = gather(app, digest, part.record.day, window, book, only=wanted)
    own = part.share.stories
    views = {**material.views, **material.introduced(part.told - own), **material.told(own)}
    edition = recorded(
        part.record,
        views,
        title=digest.title or app.config.site.title,
        feeds=len(feeds.all_feeds(app.database)),
        previous=part.previous,
        next_at=None if digest.cron else next_due(window.end, digest.time, app.config.site.zone),
    )
    mine = sorted(part.share.stories & views.keys())
    common = part.share.common
    return SitePages(
        edition=edition,
        stories=tuple(dated(views[key], edition) for key in mine),
        summaries=summaries(app) if common or part.share.newest else (),
        networks=networks(app, edition.end, book, has_page=cards(app, part, root)) if common else (),
        main_digest=app.config.digests[0].name,
        states=feed_states(app, edition.end) if common else (),
        findable=findable(app, edition) if part.share.month else (),
    )


def summaries(app: App) -> tuple[EditionSummary, ...]:
    """A line for each edition."""
    return tuple(one for digest in app.config.digests for one in editions.summaries(app.database, digest.name))


def cards(app: App, part: Part, root: Path) -> Callable[[int], bool]:
    """Tells whether a piece has a page: its story's are made, or it stands from before."""

    def has_page(piece: int) -> bool:
        home = grouping.story_of_pieces(app.database, [piece]).get(piece)
        return home in part.paged or (root / piece_path(piece)).exists()

    return has_page
