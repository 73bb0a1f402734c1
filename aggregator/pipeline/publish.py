"""Stories into an edition: gather -> build -> render everything -> write -> freeze edition and messages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, time, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from aggregator.config import Digest
from aggregator.digest.build import Window, choose
from aggregator.digest.edition import Change, Counts, Edition, EditionSummary, FeedTrouble, StoryView, with_views
from aggregator.digest.quotations import stories_of
from aggregator.digest.schedule import moment, next_due
from aggregator.errors import UsageError
from aggregator.model import Feed
from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.feed_states import feed_states
from aggregator.pipeline.material import Material, gather
from aggregator.pipeline.network import networks
from aggregator.render.mail import addressed, prepare_mail
from aggregator.render.paths import piece_path, story_path
from aggregator.render.records import SitePages
from aggregator.render.search import Row, rows
from aggregator.render.site import render_site, write_site
from aggregator.store import editions, feeds
from aggregator.store.editions import EditionRecord, EditionStory, NewMessage
from aggregator.text.outlets import OutletBook

LONGEST_GAP = timedelta(days=7)
"""An edition reaches back to the end of the one before, so that a downtime loses nothing, but no further than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication came to. `written` names the files that changed, below the output folder."""

    edition: Edition
    output: Path
    written: tuple[str, ...]
    queued: int


def publish(app: App, digest: Digest, day: date, *, output: Path | None = None, mail: bool = True) -> Published:
    """Make the edition of a local day; an edition that stands already is written again over the same window."""
    window = edition_window(app, digest, day)
    book = outlet_book(app)
    root = output or Path(app.config.site.output)
    material = gather(app, digest, day, window, book)
    drafted = compose(app, digest, day, window, material)
    shown = material.told(to_write(drafted, material, root))
    edition = with_views(drafted, shown)
    files = render_site(pages(app, edition, shown, root, book), site=app.config.site, names=book.name_of)
    messages = letters(app, digest, edition, book) if mail else ()
    written = write_site(root, files if is_newest(app, edition) else without_standing_stories(root, files))
    editions.save_edition(app.database, record(edition, rows(edition, book.name_of)), messages, now=app.now)
    return Published(edition=edition, output=root, written=written, queued=len(messages))


def is_newest(app: App, edition: Edition) -> bool:
    """Whether the digest has no edition of a later day."""
    newest = editions.latest_before(app.database, edition.name, date.max)
    return newest is None or newest.day <= edition.day


def without_standing_stories(root: Path, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files but for the pages of stories and pieces that stand: they may know more than an older edition does."""
    permanent = tuple(f"{PurePosixPath(path(0)).parent}/" for path in (story_path, piece_path))
    return {name: body for name, body in files.items() if not name.startswith(permanent) or not (root / name).exists()}


def edition_window(app: App, digest: Digest, day: date) -> Window:
    """From the end of the edition before to the end of the day, or to now if that is sooner.

    Raises UsageError for a day that has not begun.
    """
    zone = app.config.site.zone
    if day > app.now.astimezone(zone).date():
        raise UsageError(f"{day} has not begun yet in {zone.key}")
    made = editions.edition(app.database, digest.name, day)
    if made is not None:
        return Window(start=made.start, end=made.end)
    end = min(app.now, moment(day + timedelta(days=1), time(0), zone))
    before = editions.latest_before(app.database, digest.name, day)
    usual = end - timedelta(days=digest.days)
    return Window(start=max(before.end, end - LONGEST_GAP) if before else usual, end=end)


def compose(app: App, digest: Digest, day: date, window: Window, material: Material) -> Edition:
    """The edition as a record: stories chosen and counted, the feeds that did not answer, its neighbours."""
    named = [view for view in material.views.values() if belongs(view, material)]
    chosen = choose(named, digest=digest, categories=app.config.categories)
    polled = feeds.all_feeds(app.database)
    stands = editions.edition(app.database, digest.name, day)
    before = editions.latest_before(app.database, digest.name, day)
    return Edition(
        name=digest.name,
        title=digest.title or app.config.site.title,
        day=day,
        number=stands.number if stands else editions.next_number(app.database, digest.name),
        made_at=stands.made_at if stands else app.now,
        start=window.start,
        end=window.end,
        counts=chosen.counts,
        leads=chosen.leads,
        sections=chosen.sections,
        briefs=chosen.briefs,
        unchanged=chosen.unchanged,
        stories=chosen.stories,
        feeds=len(polled),
        troubles=tuple(trouble(feed) for feed in polled if feed.failures or feed.gone),
        previous=before.day if before else None,
        next_at=None if digest.cron else next_due(window.end, digest.time, app.config.site.zone),
    )


def belongs(view: StoryView, material: Material) -> bool:
    """Whether the edition names the story at all: it moved, or the last edition showed it and it did not move since."""
    return view.change is not Change.UNCHANGED or view.id in material.last


def trouble(feed: Feed) -> FeedTrouble:
    """A feed that does not answer, in a line."""
    reason = "the feed was removed by its publisher (410)" if feed.gone else feed.last_error or "no answer"
    return FeedTrouble(title=feed.title or feed.url, url=feed.url, reason=reason, since=feed.last_success)


def pages(app: App, edition: Edition, shown: Mapping[int, StoryView], root: Path, book: OutletBook) -> SitePages:
    """All that one rendering of the site shows: the edition, and the pages of these stories."""
    stories = tuple(dated(view, edition) for view in shown.values())
    written = {piece.id for view in stories for piece in view.pieces}

    def has_page(piece: int) -> bool:
        return piece in written or (root / piece_path(piece)).exists()

    past = [
        summary
        for digest in app.config.digests
        for summary in editions.summaries(app.database, digest.name)
        if (summary.name, summary.day) != (edition.name, edition.day)
    ]
    return SitePages(
        edition=edition,
        stories=stories,
        summaries=(*past, summary_of(edition)),
        networks=networks(app, edition.end, book, has_page=has_page),
        main_digest=app.config.digests[0].name,
        states=feed_states(app, edition.end),
        findable=findable(app, edition),
    )


def findable(app: App, edition: Edition) -> tuple[tuple[date, tuple[Row, ...]], ...]:
    """What the month's other editions gave to the search, as they were published."""
    first = edition.day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    held = editions.payloads(app.database, first, last)
    return tuple(
        (day, tuple(tuple(row) for row in shown.get("search", ())))
        for (name, day), shown in held.items()
        if (name, day) != (edition.name, edition.day)
    )


def to_write(edition: Edition, material: Material, root: Path) -> list[int]:
    """The stories whose pages are written, ascending: those shown, those that moved and have one, what they link to.

    A page that stands and whose story did not move is left alone, with the rank that the story had when it was news,
    unless what it names moved. Pages that came out as they were took most of an edition's time.
    """
    waiting = [view.id for view in edition.stories] + [*material.beside]
    waiting += [view.id for view in edition.unchanged if not (root / story_path(view.id)).exists()]
    waiting += [key for key in material.moved if (root / story_path(key)).exists()]
    written: set[int] = set()
    while waiting:
        key = waiting.pop()
        if key in written or key not in material.views:
            continue
        written.add(key)
        view = material.views[key]
        round_ups, quoted = stories_of(view)
        linked = (*(other.id for other in view.see_also), *([view.continues.id] if view.continues else []), *round_ups)
        waiting += [other for other in linked if not (root / story_path(other)).exists()]
        waiting += [other for other in quoted if key in material.moved or not (root / story_path(other)).exists()]
    return sorted(written)


def dated(view: StoryView, edition: Edition) -> StoryView:
    """The story with this edition among those that showed it."""
    if all(view.id != other.id for other in edition.stories):
        return view
    return replace(view, editions=tuple(sorted({*view.editions, edition.day})))


def summary_of(edition: Edition) -> EditionSummary:
    """The edition's line in the archive."""
    headline = edition.stories[0].title if edition.stories else ""
    return EditionSummary(
        name=edition.name,
        day=edition.day,
        number=edition.number,
        stories=edition.counts.stories,
        headline=headline,
    )


def letters(app: App, digest: Digest, edition: Edition, book: OutletBook) -> tuple[NewMessage, ...]:
    """One message for each recipient, its bytes final, under a Message-ID that follows from what it is."""
    sender = app.config.mail.sender
    if app.config.mail.transport == "none" or not digest.recipients:
        return ()
    main = app.config.digests[0].name
    prepared = prepare_mail(edition, site=app.config.site, names=book.name_of, sender=sender, main_digest=main)
    identities = {to: message_id(edition.name, edition.day, to, sender) for to in digest.recipients}
    return tuple(
        NewMessage(recipient=to, message_id=identity, message=addressed(prepared, recipient=to, message_id=identity))
        for to, identity in identities.items()
    )


def message_id(name: str, day: date, recipient: str, sender: str) -> str:
    """The same for the same digest, day and recipient, so that a repeated delivery can be told (RFC 5322 3.6.4)."""
    key = hashlib.sha256(f"{name}\n{day}\n{recipient}".encode()).hexdigest()[:32]
    domain = sender.rpartition("@")[2].strip("> ") or "localhost"
    return f"<{key}@{domain}>"


def record(edition: Edition, found: Sequence[Row]) -> EditionRecord:
    """What is kept of an edition: its window, its first headline, and how each story stood in it."""
    led = {view.id for view in edition.leads}
    return EditionRecord(
        name=edition.name,
        day=edition.day,
        number=edition.number,
        made_at=edition.made_at,
        start=edition.start,
        end=edition.end,
        headline=edition.stories[0].title if edition.stories else "",
        payload=payload(edition) | {"search": [list(row) for row in found]},
        stories=tuple(stood(view, led=view.id in led) for view in edition.stories),
    )


def stood(view: StoryView, *, led: bool) -> EditionStory:
    """How a story stood in this edition, for the next one to compare with."""
    return EditionStory(
        story=view.id,
        outlets=view.outlets,
        pieces=len(view.pieces),
        revisions=sum(max(0, len(piece.revisions) - 1) for piece in view.pieces),
        led=led,
    )


def payload(edition: Edition) -> dict[str, Any]:
    """The edition's line-up as plain data."""
    counts: Counts = edition.counts
    return {
        "counts": asdict(counts),
        "leads": [view.id for view in edition.leads],
        "sections": {section.name: [view.id for view in section.stories] for section in edition.sections},
        "briefs": [view.id for view in edition.briefs],
        "unchanged": [view.id for view in edition.unchanged],
        "feeds": edition.feeds,
        "troubles": [asdict(one) | {"since": one.since and one.since.isoformat()} for one in edition.troubles],
    }
