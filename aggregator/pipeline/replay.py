"""Grouping again in memory, under other thresholds: which pieces and stories would be others. Writes nothing.

    what came before stays as it is -> entries since then, poll by poll -> matcher, clusterer -> corrections by hand

Boilerplate and word frequencies are those of today, since those of then are not kept. So that only the thresholds show,
a replay under other ones is compared with a replay under the present ones, and without any with what is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice

from aggregator.config import Config
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.records import Document, Placement
from aggregator.model import Entry, Piece
from aggregator.pipeline.app import App
from aggregator.pipeline.batch import boilerplate_matcher, document, elders_of, linked
from aggregator.pipeline.group import BATCH, STORY_MEMORY, Grouper, piece_text, stories_by_grouping
from aggregator.pipeline.overriding import (
    PIECE,
    STORY,
    Correction,
    Likeness,
    of_level,
    piece_homes,
    regrouped,
    standing,
)
from aggregator.store import entries as stored_entries
from aggregator.store import grouping, overrides
from aggregator.store.replaying import grouped_since
from aggregator.stories.cluster import Clusterer


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Where the replayed entries, and earlier ones of their pieces, are: entry to piece, and entry to story."""

    pieces: dict[int, int] = field(default_factory=dict)
    stories: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Entries that stand together differently: the groups as they are, and as they would be; ids ascending."""

    now: tuple[tuple[int, ...], ...]
    then: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay came to; numbers are of pieces and stories that hold a replayed entry, now and then."""

    entries: int
    pieces: tuple[int, int]
    stories: tuple[int, int]
    piece_changes: tuple[Change, ...]
    story_changes: tuple[Change, ...]


def replay(app: App, since: datetime, other: Config | None) -> Replayed:
    """Group what came since then under `other` thresholds, None: the present ones, and compare."""
    ids = [entry.id for entry in grouped_since(app.database, since)]
    now = run(app, app.config, since) if other else as_stored(app, since)
    then = run(app, other or app.config, since)
    return Replayed(
        entries=len(ids),
        pieces=(count(now.pieces, ids), count(then.pieces, ids)),
        stories=(count(now.stories, ids), count(then.stories, ids)),
        piece_changes=changes(now.pieces, then.pieces),
        story_changes=changes(now.stories, then.stories),
    )


def count(homes: Mapping[int, int], ids: Iterable[int]) -> int:
    """How many groups hold these."""
    return len({homes[key] for key in ids if key in homes})


def changes(now: Mapping[int, int], then: Mapping[int, int]) -> tuple[Change, ...]:
    """What differs between two groupings, each difference whole and as small as it can be, by its first entry."""
    both = now.keys() & then.keys()
    groups = (grouped({key: now[key] for key in both}), grouped({key: then[key] for key in both}))
    place = ({key: group for group in groups[0] for key in group}, {key: group for group in groups[1] for key in group})
    seen: set[int] = set()
    found = []
    for key in sorted(both):
        if key in seen or place[0][key] == place[1][key]:
            continue
        reached = {key}
        while (more := {other for one in reached for side in place for other in side[one]}) != reached:
            reached = more
        seen |= reached
        now_groups, then_groups = (tuple(sorted({side[one] for one in reached})) for side in place)
        found.append(Change(now=now_groups, then=then_groups))
    return tuple(found)


def grouped(homes: Mapping[int, int]) -> list[tuple[int, ...]]:
    """The groups of a grouping."""
    held: dict[int, list[int]] = {}
    for key in sorted(homes):
        held.setdefault(homes[key], []).append(key)
    return [tuple(group) for group in held.values()]


# ---------------------------------------------------------------- grouping


def as_stored(app: App, since: datetime) -> Outcome:
    """Where they are now."""
    homes = {entry.id: entry.piece_id or entry.id for entry in grouped_since(app.database, since)}
    pieces = grouping.pieces(app.database, set(homes.values()))
    homes = {copy.entry_id: piece.id for piece in pieces for copy in piece.copies}
    stories = grouping.story_of_pieces(app.database, set(homes.values()))
    return Outcome(pieces=homes, stories={key: stories[piece] for key, piece in homes.items() if piece in stories})


def run(app: App, config: Config, since: datetime) -> Outcome:
    """Group again, corrections by hand on top."""
    first = next(grouped_since(app.database, since), None)
    if first is None:
        return Outcome()
    grouper = before(app, config, first.id, since)
    matched: dict[int, int] = {}
    story_of: dict[int, int] = {}
    absorbed: dict[int, int] = {}
    for batch in polls(grouped_since(app.database, since)):
        now = batch[-1].first_seen
        grouper.matcher.expire(now - config.dedup.window)
        documents = documents_of(batch)
        elders = elders_of(replace(app, config=config, now=now), documents)
        elders = {url: one._replace(piece=matched.get(one.known.key, one.piece)) for url, one in elders.items()}
        placements = grouper.matcher.place(documents, elders=elders)
        story_of |= settle(grouper, batch, placements, absorbed, now)
        matched |= {placement.key: placement.piece for placement in placements}
    stood = set(grouping.matched(app.database, keys=matched.keys()).values())
    hands = {key for one in standing(overrides.listing(app.database)) for key in one.members}
    old = grouping.matched(app.database, keys=hands, pieces=stood | set(matched.values()) | absorbed.keys())
    homes = {**{key: piece for key, piece in old.items() if key < first.id}, **matched}
    return corrected(app, {key: home(piece, absorbed) for key, piece in homes.items()}, story_of)


def home(piece: int, absorbed: Mapping[int, int]) -> int:
    """What the piece has become."""
    while piece in absorbed:
        piece = absorbed[piece]
    return piece


def before(app: App, config: Config, first: int, since: datetime) -> Grouper:
    """Matcher and clusterer as they knew what came before the first entry."""
    matcher, clusterer = Matcher(config.dedup), Clusterer(config.stories)
    known = grouping.fingerprints(app.database, since=since - config.dedup.window)
    matcher.restore((one for one in known if one.key < first), grouping.boilerplate(app.database))
    vectors = [one for one in grouping.vectors(app.database, since=since - STORY_MEMORY) if one.piece < first]
    founders: dict[int, int] = {}
    for one in vectors:  # by piece: a story that a later piece gave its name goes by its earliest here
        founders.setdefault(one.story, one.piece if one.story >= first else one.story)
    vectors = [replace(one, story=founders[one.story]) for one in vectors]
    stories = [
        replace(story, pieces=tuple(piece for piece in story.pieces if piece < first), aliases=())
        for story in stories_by_grouping(replace(app, now=since), since - STORY_MEMORY)
    ]
    clusterer.restore(vectors, grouping.term_counts(app.database), stories)
    return Grouper(matcher=matcher, clusterer=clusterer)


def polls(entries: Iterator[Entry]) -> Iterator[list[Entry]]:
    """The entries as they were grouped: those first seen together, so many at once."""
    for _, together in groupby(entries, key=lambda entry: entry.first_seen):
        while batch := list(islice(together, BATCH)):
            yield batch


def documents_of(batch: Sequence[Entry]) -> list[Document]:
    """The entries as the matcher takes them."""
    return [document(entry, linked(entry)) for entry in batch]


def settle(
    grouper: Grouper, batch: Sequence[Entry], placements: Sequence[Placement], absorbed: dict[int, int], now: datetime
) -> dict[int, int]:
    """Put the new pieces of a batch into stories, piece to story; `absorbed` is brought up to date."""
    for placement in placements:
        absorbed |= dict.fromkeys(placement.absorbs, placement.piece)
    by_id = {entry.id: entry for entry in batch}
    founders = [by_id[one.key] for one in placements if one.piece == one.key and one.key not in absorbed]
    alone = [Piece(id=entry.id, original=entry.id, confidence=0.0, copies=()) for entry in founders]
    texts = [piece_text(piece, [entry], grouper) for piece, entry in zip(alone, founders, strict=True)]
    assigned = {one.piece: one.story for one in grouper.clusterer.place(texts)}
    return assigned | {move.piece: move.new for move in grouper.clusterer.repair(now)}


def corrected(app: App, matched: Mapping[int, int], story_of: Mapping[int, int]) -> Outcome:
    """The outcome with the standing corrections by hand."""
    corrections = standing(overrides.listing(app.database))
    pieces = piece_homes(matched, of_level(corrections, PIECE), likeness_of(app))
    labels = {piece: story for piece, (story, _) in grouping.labels(app.database, pieces=set(pieces.values())).items()}
    own = {piece: story_of.get(piece, labels.get(piece, piece)) for piece in set(pieces.values())}
    named = tuple(on_pieces(of_level(corrections, STORY), pieces))
    groups = regrouped(own, named, lambda _first, _second: 0.0)
    story = {piece: min(group.members) for group in groups for piece in group.members}
    return Outcome(pieces=pieces, stories={entry: story[piece] for entry, piece in pieces.items()})


def on_pieces(corrections: Iterable[Correction], pieces: Mapping[int, int]) -> Iterator[Correction]:
    """The corrections with pieces in the place of the entries that stand for them."""
    for one in corrections:
        if pieces.keys() >= set(one.members):
            yield replace(one, members=tuple(pieces[entry] for entry in one.members))


def likeness_of(app: App) -> Likeness:
    """How like two entries' texts are; reads them when it is asked."""
    matcher = boilerplate_matcher(app, app.config.dedup)

    def likeness(first: int, second: int) -> float:
        found = stored_entries.by_ids(app.database, [first, second])
        measured = matcher.compare(document(found[0]), document(found[-1]))
        return measured.containment + measured.jaccard

    return likeness
