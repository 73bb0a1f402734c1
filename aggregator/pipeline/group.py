"""Entries into pieces and stories: waiting -> place -> decide -> cluster -> save, one transaction a batch.

The matcher and the clusterer live in memory between batches and are rebuilt from the store: after a failed
transaction they are ahead of it, so the caller throws the `Grouper` away and restores another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from aggregator.dedup.attribution import find_credits
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.provenance import decide
from aggregator.dedup.records import Comparison, Document, Placement
from aggregator.model import Credit, Entry, Piece, Role, Story
from aggregator.pipeline.app import App, outlet_book
from aggregator.store import entries as stored_entries
from aggregator.store import feeds, grouping
from aggregator.store.grouping import Grouping
from aggregator.stories.cluster import Clusterer
from aggregator.stories.records import PieceText, StoryMove
from aggregator.text.html import extract
from aggregator.text.outlets import OutletBook

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
    matcher.restore(
        grouping.fingerprints(app.database, since=app.now - app.config.dedup.window),
        grouping.boilerplate(app.database),
    )
    since = app.now - STORY_MEMORY
    clusterer.restore(
        grouping.vectors(app.database, since=since),
        grouping.term_counts(app.database),
        grouping.stories_between(app.database, since, app.now),
    )
    return Grouper(matcher=matcher, clusterer=clusterer)


def group(app: App, grouper: Grouper | None = None) -> Grouped:
    """Group every waiting entry; nothing is rebuilt or loaded when nothing waits."""
    report = Grouped(grouper=grouper)
    while waiting := stored_entries.waiting(app.database, BATCH):
        report.grouper = report.grouper or restore(app)
        batch = place(app, report.grouper, waiting)
        grouping.save_grouping(app.database, batch, now=app.now)
        report.entries += len(waiting)
        report.pieces |= {piece.id for piece in batch.pieces}
        report.stories |= {story.id for story in batch.stories}
    if report.grouper is not None:
        report.grouper.matcher.expire(app.now - app.config.dedup.window)
        report.grouper.clusterer.expire(app.now - STORY_MEMORY)
    return report


def place(app: App, grouper: Grouper, waiting: Sequence[Entry]) -> Grouping:
    """Decide everything about one batch; touches the store only to read."""
    new = [entry for entry in waiting if entry.piece_id is None]
    placements = grouper.matcher.place([document(entry) for entry in new])
    book = outlet_book(app)
    members, before = gather(app, waiting, placements)
    pieces = decided(app, grouper.matcher, members, before, placements, book)
    founded = [piece for piece in pieces if piece.id not in before]
    assignments = grouper.clusterer.place([piece_text(piece, members[piece.id]) for piece in founded])
    moves = grouper.clusterer.repair(app.now)
    touched = {item.story for item in assignments} | {move.new for move in moves}
    vectors, terms = grouper.clusterer.changes()
    return Grouping(
        entries=tuple(entry.id for entry in waiting),
        pieces=tuple(pieces),
        fingerprints=tuple(placement.fingerprint for placement in placements),
        boilerplate=grouper.matcher.boilerplate_changes(),
        stories=current(grouper.clusterer, touched, moves),
        vectors=vectors,
        terms=terms,
        moves=moves,
    )


def document(entry: Entry) -> Document:
    """An entry as the matcher takes it."""
    return Document(
        key=entry.id,
        outlet=entry.outlet,
        title=entry.title,
        text=entry.text,
        at=entry.first_seen,
        url=entry.url,
        source_url=entry.source_url,
    )


def gather(
    app: App, waiting: Sequence[Entry], placements: Sequence[Placement]
) -> tuple[dict[int, list[Entry]], dict[int, Piece]]:
    """The members of every piece that the batch touches, and those pieces as they stood before."""
    home = {placement.key: placement.piece for placement in placements}
    touched = set(home.values()) | {entry.piece_id for entry in waiting if entry.piece_id is not None}
    touched |= {quoted for placement in placements for quoted in placement.quotes}
    before = {piece.id: piece for piece in grouping.pieces(app.database, sorted(touched))}
    standing = [copy.entry_id for piece in before.values() for copy in piece.copies]
    fresh = {entry.id: entry for entry in waiting}
    older = stored_entries.by_ids(app.database, sorted(set(standing) - set(fresh)))
    members: dict[int, list[Entry]] = {piece: [] for piece in sorted(touched)}
    for entry in (*older, *fresh.values()):
        piece = home.get(entry.id, entry.piece_id)
        if piece in members:
            members[piece].append(entry)
    return {piece: sorted(held, key=lambda entry: entry.id) for piece, held in members.items() if held}, before


def decided(
    app: App,
    matcher: Matcher,
    members: Mapping[int, Sequence[Entry]],
    before: Mapping[int, Piece],
    placements: Sequence[Placement],
    book: OutletBook,
) -> list[Piece]:
    """Role, original, credit and evidence for every touched piece, anew."""
    everyone = [entry for held in members.values() for entry in held]
    polls = feeds.poll_before(app.database, [(entry.feed_id, entry.first_seen) for entry in everyone])
    seen_before = {entry.id: poll for entry, poll in zip(everyone, polls, strict=True)}
    stages = {placement.key: placement.stage for placement in placements}

    def compare(first: Entry, second: Entry) -> Comparison | None:
        return matcher.compare(document(first), document(second))

    return [
        decide(
            held,
            piece=piece,
            credits={entry.id: credits_of(entry, book) for entry in held},
            compare=compare,
            seen_before=seen_before,
            owner_of=book.owner_of,
            stages=stages,
            quoted_in=quoted_in(piece, before, placements),
            now=app.now,
        )
        for piece, held in members.items()
    ]


def credits_of(entry: Entry, book: OutletBook) -> tuple[Credit, ...]:
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
    )


def quoted_in(piece: int, before: Mapping[int, Piece], placements: Iterable[Placement]) -> tuple[int, ...]:
    """The round-ups that contain the piece, old and new."""
    held = set(before[piece].quoted_in) if piece in before else set()
    return tuple(sorted(held | {placement.key for placement in placements if piece in placement.quotes}))


def piece_text(piece: Piece, members: Sequence[Entry]) -> PieceText:
    """What story grouping sees of a piece: one printing, the original where known, so that copies add no weight."""
    roles = {copy.entry_id: copy.role for copy in piece.copies}
    chosen = min(members, key=lambda entry: (entry.id != piece.original, roles.get(entry.id) is Role.EXCERPT, entry.id))
    at = min(chosen.published or chosen.first_seen, chosen.first_seen)
    return PieceText(
        piece=piece.id,
        title=chosen.title,
        text=chosen.text or extract(chosen.summary, chosen.link).text,
        at=at,
        language=chosen.language,
        feed=str(chosen.feed_id),
    )


def current(clusterer: Clusterer, touched: set[int], moves: Sequence[StoryMove]) -> tuple[Story, ...]:
    """The touched stories as they stand now, those that a correction emptied included (they become aliases)."""
    return clusterer.stories(sorted(touched | {move.old for move in moves}))
