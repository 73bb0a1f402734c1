"""One batch of entries and all that it touches: who is in those pieces, by matching and by hand. Reads, never writes.

Matching's own piece of every entry is kept beside its signature; corrections by hand are laid over that anew each time.
So the batch holds whole pieces: every entry that matching or a hand ties to one of its entries, now or until now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from aggregator.config import Dedup
from aggregator.dedup.evidence import joined_rows
from aggregator.dedup.ladder import Elder
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.prepared import elder_of
from aggregator.dedup.records import Document, Fingerprint, Placement
from aggregator.model import Copy, Entry, Piece
from aggregator.pipeline.app import App
from aggregator.pipeline.overriding import Correction, partners, piece_homes
from aggregator.store import elders, grouping
from aggregator.store import entries as stored_entries
from aggregator.store.database import Database
from aggregator.text.html import extract
from aggregator.text.urls import canonical

JOINED = "Joined because"
"""The row of evidence that tells how an entry was joined; kept when its piece is decided again."""


def linked(entry: Entry) -> tuple[str, ...]:
    """The canonical addresses that an entry's body links to, each once."""
    body = entry.html or entry.summary
    links = extract(body, entry.link).links if "://" in body else ()
    addresses = (canonical(link.href) for link in links)
    return tuple(dict.fromkeys(address for address in addresses if address and address != entry.url))


def document(entry: Entry, links: tuple[str, ...] = ()) -> Document:
    """An entry as the matcher takes it."""
    return Document(
        key=entry.id,
        outlet=entry.outlet,
        title=entry.title,
        text=entry.text,
        at=entry.first_seen,
        url=entry.url,
        source_url=entry.source_url,
        links=links,
    )


def elders_of(app: App, documents: Sequence[Document]) -> dict[str, Elder]:
    """The documents from beyond the window that these have or declare the address of."""
    addresses = {address for each in documents for address in (each.url, each.source_url) if address}
    kept = elders.fingerprints_at(app.database, addresses, before=app.now - app.config.dedup.window)
    return {address: Elder(piece=one.piece, known=elder_of(one)) for address, one in kept.items()}


def boilerplate_matcher(app: App, settings: Dedup) -> Matcher:
    """A matcher that knows every outlet's boilerplate and no text."""
    made = Matcher(settings)
    made.restore((), grouping.boilerplate(app.database))
    return made


@dataclass(slots=True, kw_only=True)
class Batch:
    """Where a batch's entries went, and who else is in those pieces."""

    placements: Sequence[Placement]
    corrections: Sequence[Correction]
    """Those about pieces that stand."""
    matched: dict[int, int] = field(default_factory=dict)
    """Entry to the piece that matching alone puts it in."""
    homes: dict[int, int] = field(default_factory=dict)
    """Entry to piece, as corrected by hand."""
    members: dict[int, list[Entry]] = field(default_factory=dict)
    """Every touched piece's entries, by id."""
    before: dict[int, Piece] = field(default_factory=dict)
    """The touched pieces as they stood, absorbed ones included."""

    def absorbed(self) -> dict[int, int]:
        """Every piece that matching found to be one with another, and what that has become."""
        return {piece: self.match_home(piece) for placement in self.placements for piece in placement.absorbs}

    def match_home(self, piece: int) -> int:
        """The piece that this one has become part of, itself if of none: one batch may absorb in a chain."""
        into = {absorbed: placement.piece for placement in self.placements for absorbed in placement.absorbs}
        while piece in into:
            piece = into[piece]
        return piece

    def home(self, piece: int) -> int | None:
        """Where a piece's founding entry is now, else any entry of it."""
        if piece in self.homes:
            return self.homes[piece]
        stood = [copy.entry_id for copy in self.before[piece].copies] if piece in self.before else []
        held = [entry for entry, own in self.matched.items() if own == self.match_home(piece)]
        return next((self.homes[entry] for entry in (*stood, *sorted(held)) if entry in self.homes), None)

    def quoted_in(self, piece: int) -> tuple[int, ...]:
        """The round-ups that contain the piece, old and new."""
        old = {key for before in self.before.values() if self.home(before.id) == piece for key in before.quoted_in}
        new = {each.key for each in self.placements if piece in {self.home(quoted) for quoted in each.quotes}}
        return tuple(sorted(old | new))

    def stages(self) -> dict[int, str]:
        """How each entry was joined: those of this batch by stage, earlier ones in the words that were kept."""
        kept = {
            copy.entry_id: fact
            for piece in self.before.values()
            for copy in piece.copies
            for label, fact in copy.evidence
            if label == JOINED
        }
        new = {placement.key: placement.stage for placement in self.placements if placement.stage != "new"}
        return kept | new

    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """What is kept of the new entries' texts, under the pieces that matching alone makes."""
        return tuple(replace(each.fingerprint, piece=self.match_home(each.piece)) for each in self.placements)


def with_stages(piece: Piece, stages: Mapping[int, str]) -> Piece:
    """The piece with a row of evidence that tells how each entry was joined, so that it is known in any later role."""
    rows = {copy.entry_id: joined_rows(stages.get(copy.entry_id, "")) for copy in piece.copies}
    bare = {copy.entry_id for copy in piece.copies if all(label != JOINED for label, _ in copy.evidence)}
    copies: tuple[Copy, ...] = tuple(
        replace(copy, evidence=(*copy.evidence, *rows[copy.entry_id])) if copy.entry_id in bare else copy
        for copy in piece.copies
    )
    return replace(piece, copies=copies)


def gather(
    db: Database,
    matcher: Matcher,
    waiting: Sequence[Entry],
    placements: Sequence[Placement],
    corrections: Sequence[Correction],
) -> Batch:
    """Read the members of every piece that the batch touches, and put them where they belong."""
    batch = Batch(placements=placements, corrections=corrections)
    connect(db, batch, waiting)
    fresh = {entry.id: entry for entry in waiting}
    older = stored_entries.by_ids(db, sorted(batch.matched.keys() - fresh.keys()))
    everyone = {entry.id: entry for entry in (*older, *fresh.values())}
    batch.matched = {entry: piece for entry, piece in batch.matched.items() if entry in everyone}

    def likeness(first: int, second: int) -> float:
        measured = matcher.compare(document(everyone[first]), document(everyone[second]))
        return measured.containment + measured.jaccard

    batch.homes = piece_homes(batch.matched, corrections, likeness)
    for entry in sorted(batch.homes):
        batch.members.setdefault(batch.homes[entry], []).append(everyone[entry])
    return batch


def connect(db: Database, batch: Batch, waiting: Sequence[Entry]) -> None:
    """Find every entry that matching, a correction or the stored pieces tie to the batch."""
    placed = {placement.key: batch.match_home(placement.piece) for placement in batch.placements}
    batch.matched |= placed
    entries = {entry.id for entry in waiting}
    pieces = {piece for placement in batch.placements for piece in (*placement.quotes, *placement.absorbs)}
    pieces |= set(placed.values())
    asked: tuple[set[int], set[int]] = (set(), set())
    while entries - asked[0] or pieces - asked[1]:
        new, more = entries - asked[0], pieces - asked[1]
        asked = (asked[0] | new, asked[1] | more)
        found = grouping.matched(db, keys=new - placed.keys(), pieces=more)
        held = grouping.pieces_of_entries(db, new | found.keys())
        batch.matched |= {entry: batch.match_home(piece) for entry, piece in found.items() if entry not in placed}
        batch.before |= {piece.id: piece for piece in held}
        entries |= batch.matched.keys() | {copy.entry_id for piece in held for copy in piece.copies}
        entries |= partners(batch.corrections, entries)
        pieces |= set(batch.matched.values())
    settle(batch, waiting)


def settle(batch: Batch, waiting: Sequence[Entry]) -> None:
    """An entry whose signature is lost is matched where it stands."""
    for entry in waiting:
        if entry.piece_id is not None:
            batch.matched.setdefault(entry.id, entry.piece_id)
    for piece in batch.before.values():
        for copy in piece.copies:
            batch.matched.setdefault(copy.entry_id, piece.id)
