"""Documents into pieces, a poll at a time: the ladder from the same address to the verified text.

    shingles -> less boilerplate -> signatures -> candidates of the whole batch -> verify each -> place in turn -> learn

Placing is deterministic: the same documents in the same batches give the same pieces, whether the state was kept in
memory or restored between them. The state has no undo: whoever could not save what was placed throws the matcher away
and restores another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np

from aggregator.config import Dedup
from aggregator.dedup import fingerprint, verify
from aggregator.dedup.boilerplate import WARM, Boilerplate
from aggregator.dedup.candidates import Candidates
from aggregator.dedup.pieces import Known, Memory, elect
from aggregator.dedup.records import Comparison, Document, Fingerprint, OutletBoilerplate, Placement
from aggregator.dedup.shingles import Shingles, shingles, unique
from aggregator.dedup.verify import Relation

MOST_CANDIDATES: Final = 32
"""Pieces verified for one document at most, the newest first; one comparison takes some 20 microseconds."""
FIRST_POLL: Final = 4
"""Items of one outlet in one batch from which its boilerplate is learnt before they are placed."""
SAME_VERSION: Final = 0.9
"""Estimated Jaccard of whole texts, boilerplate included, above which two items of a first poll count once."""
UNITES: Final = 0.6
"""Containment that each of several pieces must have in a text that shows them to be one."""
DECLARED: Final = 0.3
"""Containment asked of a text whose feed declares where it comes from: a link with a comment is no copy."""
CONTRADICTED: Final = 0.1
"""Containment below which two full texts under one address are two pieces: some feeds link all to one page."""
PASSAGE: Final = 120
"""Characters (20 words, some 40 ideographs) that make a paragraph worth looking up."""
MOST_PASSAGES: Final = 40
FULL: Final = 60
"""Own shingles from which a text is full; a shorter one may be an editor's summary of the page it links to."""
VALUES: Final = "<u4"
"""How hashes are stored: little-endian on every machine."""
UNTOLD: Final = np.full(fingerprint.BODY_PERMUTATIONS, fingerprint.EMPTY, VALUES).tobytes()
"""The stored body of a text that says too little to be indexed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document with what was computed of it."""

    document: Document
    raw: Shingles
    body: Shingles
    known: Known


class Measured(NamedTuple):
    """Two documents compared: how the first stands to the second."""

    relation: Relation
    comparison: Comparison
    leads_agree: bool


class Found(NamedTuple):
    """A piece that a new document may join: `partner` is the member it was verified against."""

    piece: int
    partner: Known
    measured: Measured


class Joined(NamedTuple):
    """A decision: the piece, those it absorbs, the reference from now on, and against what the document was verified."""

    piece: int
    absorbs: tuple[int, ...]
    reference: Known
    stage: str
    against: Known
    comparison: Comparison | None
    binds: bool = True
    """False: joined by address alone; the text is no evidence for others."""


class Matcher:
    """Places documents in pieces by their texts. One process, one thread."""

    def __init__(self, settings: Dedup) -> None:
        self._settings = settings
        self._boilerplate = Boilerplate()
        self._memory = Memory()
        self._candidates = Candidates()
        self._next = 0

    # ------------------------------------------------------------ asked by others

    def place(self, documents: Sequence[Document]) -> tuple[Placement, ...]:
        """Place one poll's documents, in order; keys must grow from call to call."""
        taught = self._learn_first_poll(documents)
        batch = [self._prepare(document, self._next + place) for place, document in enumerate(documents)]
        self._next += len(batch)
        telling = [new for new in batch if new.known.joins]
        met = self._candidates.meet([new.known for new in telling], [new.body for new in telling])
        placements = tuple(
            self._place(new, met.get(new.known.number, []), teach=new.document.outlet not in taught) for new in batch
        )
        self._candidates.settle(self._memory.piece_of)
        return placements

    def compare(self, first: Document, second: Document) -> Comparison:
        """Two texts measured on all their shingles, the boilerplate of both outlets left out."""
        outlets = {first.outlet, second.outlet}
        one, other = (unique(self._own(outlets, shingles(document.text))) for document in (first, second))
        return verify.compare_sets(one, other)

    def paragraphs(self, outlet: str, text: str) -> tuple[str, ...]:
        """The paragraphs of the text that are mostly the outlet's boilerplate, in reading order."""
        return self._boilerplate.recurring_paragraphs(outlet, text)

    def boilerplate_changes(self) -> tuple[OutletBoilerplate, ...]:
        """The counters of the outlets that learnt something since this was last asked."""
        return self._boilerplate.changes()

    def expire(self, before: datetime) -> None:
        """Forget documents that came before; the first younger one ends the forgetting."""
        self._candidates.expire(self._memory.expire(before))

    def restore(self, fingerprints: Iterable[Fingerprint], boilerplate: Iterable[OutletBoilerplate]) -> None:
        """Take over what was kept of earlier placements, in any order; `self` must be new.

        Raises ValueError when a fingerprint or the counters were made by another scheme: their texts must then be
        placed afresh.
        """
        for stored in boilerplate:
            self._boilerplate.restore(stored)
        kept = sorted(fingerprints, key=lambda each: each.key)
        for each in kept:
            self._memory.add(known_of(each, self._next), each.piece)
            self._next += 1
        self._memory.set_references({each.piece: each.key if each.reference is None else each.reference for each in kept})
        telling = [(self._memory.of_key(each.key), each.body) for each in kept if each.body != UNTOLD]
        bodies = [np.frombuffer(body, VALUES).astype(np.uint32) for _, body in telling]
        self._candidates.add([known for known, _ in telling], bodies)

    # ------------------------------------------------------------ preparing

    def _own(self, outlets: set[str], values: Shingles) -> Shingles:
        for outlet in outlets:
            values = self._boilerplate.own(outlet, values)
        return values

    def _learn_first_poll(self, documents: Sequence[Document]) -> set[str]:
        """Learn the boilerplate of outlets that are new and come with enough items; returns those outlets."""
        counts = Counter(document.outlet for document in documents)
        taught = {o for o, count in counts.items() if o and count >= FIRST_POLL and self._boilerplate.learnt(o) < WARM}
        seen: dict[str, list[Shingles]] = {outlet: [] for outlet in taught}
        for document in documents:
            if document.outlet not in taught:
                continue
            raw = shingles(document.text)
            body = fingerprint.body_signature(raw)
            versions = seen[document.outlet]
            if all(fingerprint.estimated_jaccard(body, other) < SAME_VERSION for other in versions):
                versions.append(body)
                self._boilerplate.learn(document.outlet, raw)
        return taught

    def _prepare(self, document: Document, number: int) -> Prepared:
        raw = shingles(document.text)
        own = self._boilerplate.own(document.outlet, raw)
        sample, steps = unique(own), verify.thinning(len(raw))
        known = Known(
            number=number,
            key=document.key,
            outlet=document.outlet,
            at=document.at,
            url=document.url,
            source_url=document.source_url,
            sample=verify.thinned(sample, steps),
            steps=steps,
            lead=fingerprint.lead_signature(own),
            joins=len(sample) >= verify.FEWEST,
            order=own,
        )
        return Prepared(document=document, raw=raw, body=fingerprint.body_signature(own if known.joins else own[:0]), known=known)

    # ------------------------------------------------------------ measuring

    def _measure(self, first: Known, second: Known) -> Measured:
        steps = max(first.steps, second.steps)
        one, other = (self._comparable(each, steps) for each in (first, second))
        comparison = verify.compare_sets(one, other)
        leads = fingerprint.estimated_jaccard(first.lead, second.lead)
        same_outlet = bool(first.outlet) and first.outlet == second.outlet
        relation = verify.relation(
            comparison,
            sizes=(len(one), len(other)),
            same_outlet=same_outlet,
            warm=self._boilerplate.learnt(first.outlet) >= WARM,
            leads=leads,
            steps=steps,
            asked=self._asked(first, second, (one, other), comparison, steps),
            settings=self._settings,
        )
        return Measured(relation, comparison, leads >= verify.LEADS_AGREE)

    def _asked(
        self, first: Known, second: Known, sets: tuple[Shingles, Shingles], comparison: Comparison, steps: int
    ) -> float:
        """The containment asked of the two; their spread is looked at only where it can decide."""
        doubtful = self._settings.containment * verify.EVEN_DISCOUNT <= comparison.containment < verify.QUOTING_CONTAINMENT
        alike = min(map(len, sets)) >= verify.PART * max(map(len, sets))
        new, other = (first, sets[1]) if first.order is not None else (second, sets[0])
        if not doubtful or not alike or new.order is None or (first.outlet and first.outlet == second.outlet):
            return self._settings.containment
        order = new.order if steps == 0 else new.order[new.order < 1 << 32 - steps]
        return verify.containment_asked(verify.spread(order, other), steps, self._settings)

    def _comparable(self, document: Known, steps: int) -> Shingles:
        """The sample at the given thinning, less what its outlet was found to repeat since it was taken."""
        return self._boilerplate.own(document.outlet, verify.thinned(document.sample, steps))

    def _verifies(self, first: Known, second: Known) -> bool:
        return self._measure(first, second).relation is not Relation.NONE

    def _found(self, new: Known, numbers: Sequence[int]) -> list[Found]:
        """The pieces whose reference, else another member, the new text is verified against; the best first."""
        pieces = dict.fromkeys(self._memory.piece_of[number] for number in numbers)
        found = [each for piece in list(pieces)[:MOST_CANDIDATES] if (each := self._verified(new, piece))]
        return sorted(found, key=preference)

    def _verified(self, new: Known, piece: int) -> Found | None:
        reference = self._memory.reference(piece)
        if not reference.joins:
            return None
        measured = self._measure(new, reference)
        if measured.relation is not Relation.NONE:
            return Found(piece, reference, measured)
        for member in self._memory.other_members(piece):
            measured = self._measure(new, member)
            if measured.relation is not Relation.NONE:
                return Found(piece, member, measured)
        return None

    # ------------------------------------------------------------ placing

    def _place(self, new: Prepared, numbers: Sequence[int], *, teach: bool) -> Placement:
        found = self._found(new.known, numbers) if new.known.joins else []
        addressed = self._addressed(new)
        quotes = () if addressed else self._quoted(new, found)
        joined = None if quotes else self._joined(new.known, found, addressed)
        again = joined is not None and self._memory.has_outlet((joined.piece, *joined.absorbs), new.document.outlet)
        if teach and not again:
            self._boilerplate.learn(new.document.outlet, new.raw)
        return self._settle(new, joined, quotes)

    def _addressed(self, new: Prepared) -> tuple[int, str] | None:
        """The piece that the document's addresses name, and which rung of the ladder says so."""
        memory, document = self._memory, new.document
        same = memory.by_url.get(document.url or "")
        if same is not None and not self._contradicted(new, memory.documents[same]):
            return memory.piece_of[same], "url"
        declared = memory.by_url.get(document.source_url or "", memory.by_source.get(document.url or ""))
        if declared is not None and self._borne_out(new.known, memory.documents[declared]):
            return memory.piece_of[declared], "source"
        return None

    def _contradicted(self, new: Prepared, other: Known) -> bool:
        """Have two full texts under one address nothing in common, as entries that all link to one page?"""
        if not (new.known.joins and other.joins) or min(len(new.known.sample), len(other.sample)) < FULL:
            return False
        return self._measure(new.known, other).comparison.containment < CONTRADICTED

    def _borne_out(self, new: Known, other: Known) -> bool:
        """Does nothing in the texts speak against a declared source?"""
        if not (new.joins and other.joins):
            return True
        return self._measure(new, other).comparison.containment >= DECLARED

    def _quoted(self, new: Prepared, found: Sequence[Found]) -> tuple[int, ...]:
        """The pieces that a round-up holds, () for anything else.

        A text that holds shorter ones is either the whole of which they are parts, or a round-up. It is a round-up
        when it holds two that do not begin as it does, or when its paragraphs begin as two further pieces do.
        """
        if not found or any(each.measured.relation is not Relation.WHOLE for each in found):
            return ()
        held = sorted(each.piece for each in found)
        if sum(not each.measured.leads_agree for each in found) > 1:
            return tuple(held)
        further = self._begun(new, held)
        return tuple(sorted([*held, *further])) if len(further) > 1 else ()

    def _begun(self, new: Prepared, held: Sequence[int]) -> list[int]:
        """Pieces beside those held with whose beginnings paragraphs of the text share enough."""
        paragraphs = [line for line in new.document.text.splitlines() if len(line) >= PASSAGE][:MOST_PASSAGES]
        leads = [fingerprint.lead_signature(self._boilerplate.own(new.document.outlet, shingles(each))) for each in paragraphs]
        numbers = (number for number in self._candidates.beginning_with(leads) if number < new.known.number)
        pieces = dict.fromkeys(self._memory.piece_of[number] for number in numbers)
        return [
            piece
            for piece in list(pieces)[:MOST_CANDIDATES]
            if piece not in held
            and self._measure(new.known, self._memory.reference(piece)).comparison.shared >= self._settings.min_shared
        ]

    def _joined(self, new: Known, found: Sequence[Found], addressed: tuple[int, str] | None) -> Joined | None:
        """The piece to join, what it absorbs and which text is its reference from now on; None for a new piece."""
        if addressed is not None:
            return self._joined_by_address(new, found, *addressed)
        several = [each for each in found if each.measured.comparison.containment >= UNITES]
        attempts = ([several] if len(several) > 1 else []) + [[each] for each in found]
        return next((joined for attempt in attempts if (joined := self._united(new, attempt))), None)

    def _joined_by_address(self, new: Known, found: Sequence[Found], piece: int, stage: str) -> Joined:
        """Join the named piece whatever the texts say; they only decide whether the new one may speak for it."""
        named = [each for each in found if each.piece == piece]
        by_text = self._united(new, named or found[:1]) if found else None
        reference = self._memory.reference(piece)
        if by_text and named:
            return by_text._replace(stage=stage)
        if reference.joins or not new.joins:
            return Joined(piece, (), reference, stage, reference, None, binds=False)
        if by_text is None:
            return Joined(piece, (), new, stage, reference, None)
        pieces = sorted({piece, by_text.piece})
        return by_text._replace(piece=pieces[0], absorbs=tuple(pieces[1:]), stage=stage)

    def _united(self, new: Known, found: Sequence[Found]) -> Joined | None:
        """Join a piece, or several as one, if some member can be the reference of all."""
        best = found[0]
        reference, fuller = self._memory.reference(best.piece), best.measured.relation is Relation.WHOLE
        pieces = sorted(each.piece for each in found)
        plain = len(found) == 1 and best.partner is reference
        elected = reference if plain and not fuller else None
        if elected is None:
            others = [reference, *(each.partner for each in found)]
            candidates = [new, *others] if fuller else [*others, new]
            elected = elect(candidates, [*self._memory.bound(pieces), new], self._verifies)
        if elected is None:
            elected = reference if plain else None
        if elected is None:
            return None
        stage = "text" if best.measured.relation is Relation.SAME else "excerpt"
        return Joined(pieces[0], tuple(pieces[1:]), elected, stage, best.partner, best.measured.comparison)

    def _settle(self, new: Prepared, joined: Joined | None, quotes: tuple[int, ...]) -> Placement:
        """Remember the document where it was put."""
        speaks = new.known.joins and not quotes and (joined is None or joined.binds)
        known = replace(new.known, joins=speaks, order=None)
        piece = known.key if joined is None else joined.piece
        if joined is not None:
            self._memory.merge(joined.absorbs, into=piece)
        self._memory.add(known, piece)
        if joined is not None:
            number = joined.reference.number
            self._memory.pieces[piece].reference = number
        return Placement(
            key=known.key,
            piece=piece,
            of=joined.against.key if joined else None,
            stage=joined.stage if joined else "round-up" if quotes else "new",
            comparison=joined.comparison if joined else None,
            quotes=quotes,
            fingerprint=fingerprint_of(new, known, piece, self._memory.reference(piece).key),
            absorbs=joined.absorbs if joined else (),
        )


def preference(found: Found) -> tuple[bool, float, int]:
    """The order in which pieces are tried: same text before part of it, then the most contained, then the oldest."""
    relation, comparison, _ = found.measured
    return relation is not Relation.SAME, -comparison.containment, found.piece


def known_of(stored: Fingerprint, number: int) -> Known:
    """A stored fingerprint as it is remembered. Raises ValueError when another scheme made it."""
    if stored.scheme != fingerprint.SCHEME:
        raise ValueError(f"fingerprint {stored.key} was made by {stored.scheme}; this program makes {fingerprint.SCHEME}")
    return Known(
        number=number,
        key=stored.key,
        outlet=stored.outlet,
        at=stored.at,
        url=stored.url,
        source_url=stored.source_url,
        sample=np.frombuffer(stored.sample, VALUES).astype(np.uint32),
        steps=verify.thinning(stored.size),
        lead=np.frombuffer(stored.lead, VALUES).astype(np.uint32),
        joins=stored.joins,
    )


def fingerprint_of(new: Prepared, known: Known, piece: int, reference: int) -> Fingerprint:
    """What is to be stored of a placed document."""
    return Fingerprint(
        key=known.key,
        piece=piece,
        outlet=known.outlet,
        at=known.at,
        url=known.url,
        scheme=fingerprint.SCHEME,
        body=new.body.astype(VALUES).tobytes(),
        lead=known.lead.astype(VALUES).tobytes(),
        sample=known.sample.astype(VALUES).tobytes(),
        size=len(new.raw),
        joins=known.joins,
        reference=reference,
        source_url=known.source_url,
    )
