"""Entries into pieces and stories: waiting -> place -> decide -> cluster -> save, one transaction a batch.

The matcher and the clusterer live in memory between batches and are rebuilt from the store: after a failed
transaction they are ahead of it, so the caller throws the `Grouper` away and restores another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.dedup.attribution import find_credits
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.patterns import PatternPack, patterns_of
from aggregator.dedup.provenance import decide
from aggregator.dedup.records import Comparison
from aggregator.digest.views import without
from aggregator.model import Credit, Entry, Piece, Role, Story
from aggregator.pipeline.app import App, outlet_book
from aggregator.pipeline.batch import Batch, document, elders_of, gather, linked, with_stages
from aggregator.pipeline.freed import give_back
from aggregator.pipeline.overriding import PIECE, STORY, of_level, pinned, standing, with_evidence
from aggregator.pipeline.overriding_stories import uncorrected
from aggregator.pipeline.story_batch import corrected
from aggregator.store import entries as stored_entries
from aggregator.store import feeds, grouping, overrides, windows
from aggregator.store.grouping import Grouping
from aggregator.stories.cluster import Clusterer
from aggregator.stories.records import PieceText
from aggregator.text.html import extract
from aggregator.text.language import put_aside, spoken
from aggregator.text.outlets import OutletBook
from aggregator.text.words import opening

BATCH = 500
"""Entries placed in one transaction: a poll run of a few dozen feeds, small enough to lose without regret."""
STORY_MEMORY = timedelta(days=14)
"""How far back closed stories are remembered, so that a new one can continue them."""


@dataclass(slots=True, kw_only=True)
class Grouper:
    """The two indexes in memory."""

    matcher: Matcher
    clusterer: Clusterer


@dataclass(slots=True, kw_only=True)
class Grouped:
    """What a grouping run came to: `pieces` and `stories` are ids of those that changed."""

    entries: int = 0
    pieces: set[int] = field(default_factory=set)
    stories: set[int] = field(default_factory=set)
    grouper: Grouper | None = None
    """The indexes as they stand after the run, to go on with; None where nothing had to be loaded."""


def restore(app: App) -> Grouper:
    """Rebuild both indexes from the store."""
    matcher, clusterer = Matcher(app.config.dedup), Clusterer(app.config.stories)
    matcher.restore_columns(
        grouping.fingerprint_columns(app.database, since=app.now - app.config.dedup.window),
        grouping.boilerplate(app.database),
    )
    since = app.now - STORY_MEMORY
    clusterer.restore(
        grouping.vectors(app.database, since=since),
        grouping.term_counts(app.database),
        stories_by_grouping(app, since),
    )
    return Grouper(matcher=matcher, clusterer=clusterer)


def stories_by_grouping(app: App, since: datetime) -> tuple[Story, ...]:
    """The stories since then as they stand without corrections by hand."""
    stories = grouping.stories_between(app.database, since, app.now)
    if not overrides.listing(app.database):
        return stories
    labels = grouping.labels(app.database, pieces={piece for story in stories for piece in story.pieces})
    whole = grouping.labels(app.database, stories={story for story, _ in labels.values()})
    return uncorrected(stories, labels | whole)


def group(app: App, grouper: Grouper | None = None, *, stopping: Callable[[], bool] = bool) -> Grouped:
    """Group every waiting entry, or as many batches as there is time for; nothing is loaded when nothing waits."""
    report = Grouped(grouper=grouper)
    while not stopping() and (waiting := stored_entries.waiting(app.database, BATCH)):
        give_back()
        report.grouper = report.grouper or restore(app)
        forget(app, report.grouper)
        report.grouper.clusterer.freeze(windows.shown_pieces(app.database, since=app.now - STORY_MEMORY))
        batch = place(app, report.grouper, waiting)
        grouping.save_grouping(app.database, batch, now=app.now, worker=app.worker)
        report.entries += len(waiting)
        report.pieces |= {piece.id for piece in batch.pieces}
        report.stories |= {story.id for story in batch.stories}
    return report


def forget(app: App, grouper: Grouper) -> None:
    """Let go what the windows have left behind, as a program that starts now would not know it."""
    grouper.matcher.expire(app.now - app.config.dedup.window)
    grouper.clusterer.expire(app.now - STORY_MEMORY)


def place(app: App, grouper: Grouper, waiting: Sequence[Entry]) -> Grouping:
    """Decide everything about one batch; touches the store only to read."""
    log = overrides.listing(app.database)
    corrections = standing(log)
    new = [entry for entry in waiting if entry.piece_id is None]
    documents = [document(entry, linked(entry)) for entry in new]
    placements = grouper.matcher.place(documents, elders=elders_of(app, documents))
    batch = gather(app.database, grouper.matcher, waiting, placements, of_level(corrections, PIECE))
    pieces = decided(app, grouper.matcher, batch)
    founded = [piece for piece in pieces if piece.id not in batch.before]
    texts = [piece_text(piece, batch.members[piece.id], grouper) for piece in founded]
    put_aside()
    assignments = grouper.clusterer.place(texts)
    moves = grouper.clusterer.repair(app.now)
    touched = {item.story for item in assignments} | {story for move in moves for story in (move.old, move.new)}
    vectors, terms = grouper.clusterer.changes()
    stories = grouper.clusterer.stories(sorted(touched))
    if log:
        of_stories, changes = of_level(corrections, STORY), (vectors, moves)
        stories = corrected(app.database, grouper.clusterer, batch, of_stories, touched, changes)
    return Grouping(
        entries=tuple(entry.id for entry in waiting),
        pieces=tuple(pieces),
        absorbed=batch.absorbed(),
        fingerprints=batch.fingerprints(),
        boilerplate=grouper.matcher.boilerplate_changes(),
        stories=stories,
        vectors=vectors,
        terms=terms,
        moves=moves,
    )


def decided(app: App, matcher: Matcher, batch: Batch) -> list[Piece]:
    """Role, original, credit and evidence for every touched piece, anew."""
    book, pack = outlet_book(app), patterns_of(app.config.dedup.patterns)
    everyone = [entry for held in batch.members.values() for entry in held]
    polls = feeds.poll_before(app.database, [(entry.feed_id, entry.first_seen) for entry in everyone])
    seen_before = {entry.id: poll for entry, poll in zip(everyone, polls, strict=True)}

    pins = {piece: pinned(batch.corrections, {entry.id for entry in held}) for piece, held in batch.members.items()}
    stages = batch.stages()

    texts = {entry.id: entry for entry in everyone}

    def compare(first: int, second: int) -> Comparison | None:
        return matcher.compare(document(texts[first]), document(texts[second]))

    pieces = [
        decide(
            held,
            piece=piece,
            credits={entry.id: credits_of(entry, book, pack) for entry in held},
            compare=compare,
            seen_before=seen_before,
            owner_of=book.owner_of,
            stages=stages,
            quoted_in=batch.quoted_in(piece),
            settings=app.config.dedup,
            now=app.now,
            pinned=pins[piece],
        )
        for piece, held in sorted(batch.members.items())
    ]
    return [with_evidence(with_stages(piece, stages), batch.corrections) for piece in pieces]


def credits_of(entry: Entry, book: OutletBook, pack: PatternPack) -> tuple[Credit, ...]:
    """What the entry's text, links and feed say of its source."""
    links = extract(entry.html or entry.summary, entry.link).links
    return find_credits(
        entry.text,
        [(link.start, link.end, link.href) for link in links],
        authors=entry.authors,
        source_name=entry.source_name,
        source_url=entry.source_url,
        outlet=entry.outlet,
        resolve=book.resolve,
        patterns=pack,
    )


def piece_text(piece: Piece, members: Sequence[Entry], grouper: Grouper) -> PieceText:
    """What story grouping sees of a piece: one printing, the original where known, so that copies add no weight.

    The outlet's boilerplate goes, since a newsletter plea at the head would fill the words that tell the story.
    """
    roles = {copy.entry_id: copy.role for copy in piece.copies}
    chosen = min(members, key=lambda entry: (entry.id != piece.original, roles.get(entry.id) is Role.EXCERPT, entry.id))
    text = chosen.text or extract(chosen.summary, chosen.link).text
    recurring = grouper.matcher.paragraphs(chosen.outlet, text)
    told = "\n".join(opening(without(text, recurring), chosen.title))
    return PieceText(
        piece=piece.id,
        title=chosen.title,
        text=told,
        at=min(chosen.published or chosen.first_seen, chosen.first_seen),
        language=spoken(f"{chosen.title}\n{told}", chosen.language),
        feed=str(chosen.feed_id),
    )
