"""Entries into pieces and stories: waiting -> place -> decide -> cluster -> save, one transaction a batch.

The matcher and the clusterer live in memory between batches and are rebuilt from the store: after a failed
transaction they are ahead of it, so the caller throws the `Grouper` away and restores another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aggregator.dedup.attribution import find_credits
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.provenance import decide
from aggregator.dedup.records import Comparison, Document, Fingerprint, Placement
from aggregator.digest.views import without
from aggregator.model import Credit, Entry, Piece, Role
from aggregator.pipeline.app import App, outlet_book
from aggregator.store import entries as stored_entries
from aggregator.store import feeds, grouping, windows
from aggregator.store.grouping import Grouping
from aggregator.stories.cluster import Clusterer
from aggregator.stories.records import PieceText
from aggregator.text.html import extract
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


def group(app: App, grouper: Grouper | None = None, *, stopping: Callable[[], bool] = bool) -> Grouped:
    """Group every waiting entry, or as many batches as there is time for; nothing is loaded when nothing waits."""
    report = Grouped(grouper=grouper)
    while not stopping() and (waiting := stored_entries.waiting(app.database, BATCH)):
        report.grouper = report.grouper or restore(app)
        report.grouper.clusterer.freeze(windows.shown_pieces(app.database, since=app.now - STORY_MEMORY))
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
    batch = Batch(placements=grouper.matcher.place([document(entry) for entry in new]))
    batch.gather(app, waiting)
    pieces = decided(app, grouper.matcher, batch)
    founded = [piece for piece in pieces if piece.id not in batch.before]
    assignments = grouper.clusterer.place([piece_text(piece, batch.members[piece.id], grouper) for piece in founded])
    moves = grouper.clusterer.repair(app.now)
    touched = {item.story for item in assignments} | {story for move in moves for story in (move.old, move.new)}
    vectors, terms = grouper.clusterer.changes()
    return Grouping(
        entries=tuple(entry.id for entry in waiting),
        pieces=tuple(pieces),
        absorbed=batch.absorbed(),
        fingerprints=batch.fingerprints(),
        boilerplate=grouper.matcher.boilerplate_changes(),
        stories=grouper.clusterer.stories(sorted(touched)),
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


@dataclass(slots=True, kw_only=True)
class Batch:
    """Where a batch's entries went, and who else is in those pieces."""

    placements: Sequence[Placement]
    members: dict[int, list[Entry]] = field(default_factory=dict)
    """Every touched piece's entries, by id."""
    before: dict[int, Piece] = field(default_factory=dict)
    """The touched pieces as they stood, absorbed ones included."""

    def absorbed(self) -> dict[int, int]:
        """Every piece that matching found to be one with another, and what that has become."""
        return {piece: self.home(piece) for placement in self.placements for piece in placement.absorbs}

    def home(self, piece: int) -> int:
        """The piece that this one has become part of, itself if of none: one batch may absorb in a chain."""
        into = {absorbed: placement.piece for placement in self.placements for absorbed in placement.absorbs}
        while piece in into:
            piece = into[piece]
        return piece

    def gather(self, app: App, waiting: Sequence[Entry]) -> None:
        """Read the members of every piece that the batch touches."""
        placed = {placement.key: placement.piece for placement in self.placements}
        named = set(placed.values()) | {entry.piece_id for entry in waiting if entry.piece_id is not None}
        named |= {piece for placement in self.placements for piece in (*placement.quotes, *placement.absorbs)}
        self.before = {piece.id: piece for piece in grouping.pieces(app.database, sorted(named))}
        standing = {copy.entry_id: piece.id for piece in self.before.values() for copy in piece.copies}
        fresh = {entry.id: entry for entry in waiting}
        older = stored_entries.by_ids(app.database, sorted(standing.keys() - fresh.keys()))
        for entry in sorted((*older, *fresh.values()), key=lambda entry: entry.id):
            piece = placed.get(entry.id, standing.get(entry.id, entry.piece_id))
            if piece is not None:
                self.members.setdefault(self.home(piece), []).append(entry)

    def quoted_in(self, piece: int) -> tuple[int, ...]:
        """The round-ups that contain the piece, old and new."""
        old = {key for before in self.before.values() if self.home(before.id) == piece for key in before.quoted_in}
        new = {each.key for each in self.placements if piece in {self.home(quoted) for quoted in each.quotes}}
        return tuple(sorted(old | new))

    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """What is kept of the new entries' texts."""
        return tuple(replace(each.fingerprint, piece=self.home(each.piece)) for each in self.placements)


def decided(app: App, matcher: Matcher, batch: Batch) -> list[Piece]:
    """Role, original, credit and evidence for every touched piece, anew."""
    book = outlet_book(app)
    everyone = [entry for held in batch.members.values() for entry in held]
    polls = feeds.poll_before(app.database, [(entry.feed_id, entry.first_seen) for entry in everyone])
    seen_before = {entry.id: poll for entry, poll in zip(everyone, polls, strict=True)}

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
            stages={placement.key: placement.stage for placement in batch.placements},
            quoted_in=batch.quoted_in(piece),
            settings=app.config.dedup,
            now=app.now,
        )
        for piece, held in sorted(batch.members.items())
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


def piece_text(piece: Piece, members: Sequence[Entry], grouper: Grouper) -> PieceText:
    """What story grouping sees of a piece: one printing, the original where known, so that copies add no weight.

    The outlet's boilerplate goes, since a newsletter plea at the head would fill the words that tell the story.
    """
    roles = {copy.entry_id: copy.role for copy in piece.copies}
    chosen = min(members, key=lambda entry: (entry.id != piece.original, roles.get(entry.id) is Role.EXCERPT, entry.id))
    text = chosen.text or extract(chosen.summary, chosen.link).text
    recurring = grouper.matcher.paragraphs(chosen.outlet, text)
    return PieceText(
        piece=piece.id,
        title=chosen.title,
        text="\n".join(opening(without(text, recurring), chosen.title)),
        at=min(chosen.published or chosen.first_seen, chosen.first_seen),
        language=chosen.language,
        feed=str(chosen.feed_id),
    )
