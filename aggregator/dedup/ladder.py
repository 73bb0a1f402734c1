"""The ladder: to which piece does a prepared document belong? Reads the memory, changes nothing.

    same address -> declared source's address -> same text -> one text contained in the other

Headlines have no rung: republishers change them, and recurring ones mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from aggregator.config import Dedup
from aggregator.dedup import fingerprint
from aggregator.dedup.boilerplate import Boilerplate
from aggregator.dedup.candidates import Candidates
from aggregator.dedup.pieces import Known, Memory, elect
from aggregator.dedup.prepared import Prepared
from aggregator.dedup.records import Comparison, Document
from aggregator.dedup.scales import Measured, Scales
from aggregator.dedup.shingles import read
from aggregator.dedup.verify import Relation

MOST_CANDIDATES: Final = 32
"""Pieces verified for one document at most, the newest first; one comparison takes some 20 microseconds."""
DECLARED: Final = 0.3
"""Containment asked of a text whose feed declares where it comes from: a link with a comment is no copy. Measured: 300
pairs of reports of one event, each in its outlet's words, have .06 in the middle and .41 at most; copies with a third
of their words changed have .48 at least."""
CONTRADICTED: Final = 0.1
"""Containment below which two full texts under one address are two pieces: some feeds link all to one page. Measured:
of 3,000 pairs of strangers none has .06."""
PASSAGE: Final = 120
"""Characters (20 words, some 40 ideographs) that make a paragraph worth looking up."""
MOST_PASSAGES: Final = 40
FULL: Final = 60
"""Own shingles from which a text is full; a shorter one may be an editor's summary of the page it links to."""


class Found(NamedTuple):
    """A piece that a new document may join: `partner` is the member it was verified against."""

    piece: int
    partner: Known
    measured: Measured


class Joined(NamedTuple):
    """A decision: the piece, those it absorbs, its reference from now on, what the document was verified against."""

    piece: int
    absorbs: tuple[int, ...]
    reference: Known
    stage: str
    against: Known
    comparison: Comparison | None
    binds: bool = True
    """False: joined by address alone; the text is no evidence for others."""


class Elder(NamedTuple):
    """A document from beyond the window: known by its address alone, it can still be joined."""

    piece: int
    known: Known


class Ladder:
    """The rungs over one memory."""

    def __init__(self, memory: Memory, candidates: Candidates, boilerplate: Boilerplate, settings: Dedup) -> None:
        self._memory, self._candidates = memory, candidates
        self._boilerplate, self._settings = boilerplate, settings
        self._scales = Scales(boilerplate, settings)

    def decide(
        self, new: Prepared, numbers: Sequence[int], elders: Mapping[str, Elder]
    ) -> tuple[Joined | None, tuple[int, ...]]:
        """What the document joins, None for a new piece, and what it quotes; `numbers` are candidates, newest first.

        `elders` are documents that are remembered no more, by address.
        """
        self._scales.read(new)
        found = self._found(new.known, numbers) if new.known.joins else []
        addressed = self._addressed(new.document, new.known)
        if addressed is None and elders and (late := self._joined_to_elder(new, found, elders)):
            return late, ()
        quotes = () if addressed else self._quoted(new, found)
        return (None if quotes else self._joined(new.known, found, addressed)), quotes

    def _addressed(self, document: Document, new: Known) -> tuple[int, str] | None:
        """The piece that the document's addresses name, and which rung of the ladder says so."""
        memory = self._memory
        same = memory.by_url.get(document.url or "")
        if same is not None and not self._contradicted(new, memory.document(same)):
            return memory.piece_of(same), "url"
        declared = memory.by_url.get(document.source_url or "", memory.by_source.get(document.url or ""))
        if declared is not None and self._borne_out(new, memory.document(declared)):
            return memory.piece_of(declared), "source"
        return None

    def _joined_to_elder(self, new: Prepared, found: Sequence[Found], elders: Mapping[str, Elder]) -> Joined | None:
        """The same two rungs beyond the window; the new text then stands for the piece, if it is the elder's."""
        document, known = new.document, new.known
        same, declared = elders.get(document.url or ""), elders.get(document.source_url or "")
        if same is not None and not self._contradicted(known, same.known):
            elder, stage = same, "url"
        elif declared is not None and self._borne_out(known, declared.known):
            elder, stage = declared, "source"
        else:
            return None
        if self._memory.members(elder.piece):
            return self._joined_by_address(known, found, elder.piece, stage)
        measured = self._scales.measure(known, elder.known) if known.joins and elder.known.joins else None
        agrees = measured is None or measured.relation is not Relation.NONE
        return Joined(
            elder.piece, (), known, stage, elder.known, measured.comparison if measured else None, binds=agrees
        )

    def _contradicted(self, new: Known, other: Known) -> bool:
        """Whether two full texts under one address have nothing in common, as entries that all link to one page."""
        if not (new.joins and other.joins) or min(len(new.sample), len(other.sample)) < FULL:
            return False
        return self._scales.measure(new, other).comparison.containment < CONTRADICTED

    def _borne_out(self, new: Known, other: Known) -> bool:
        """Whether nothing in the texts speaks against a declared source."""
        if not (new.joins and other.joins):
            return True
        return self._scales.measure(new, other).comparison.containment >= DECLARED

    def _quoted(self, new: Prepared, found: Sequence[Found]) -> tuple[int, ...]:
        """The pieces that a round-up holds, () for anything else.

        A text that holds shorter ones is either the whole of which they are parts, or a round-up. It is a round-up
        when it holds two that do not begin as it does, when its paragraphs begin as two further pieces do, or when it
        has passages of two that it links to.
        """
        if any(each.measured.relation is not Relation.WHOLE for each in found) or not (found or new.document.links):
            return ()
        held = sorted(each.piece for each in found)
        further = self._further(new, held)
        several = len(further) + sum(not each.measured.leads_agree for each in found) > 1
        return tuple(sorted([*held, *further])) if several else ()

    def _further(self, new: Prepared, held: Sequence[int]) -> list[int]:
        """Pieces beside those held that share enough with the text: linked to, or begun as a paragraph of it begins."""
        by_url = self._memory.by_url
        linked = [by_url[address] for address in new.document.links if address in by_url]
        begun = self._candidates.beginning_with(paragraph_leads(new, self._boilerplate)) if held else []
        numbers = [*linked, *(number for number in begun if number < new.known.number)]
        pieces = dict.fromkeys(self._memory.piece_of(number) for number in numbers)
        return [
            piece
            for piece in list(pieces)[:MOST_CANDIDATES]
            if piece not in held and self._shares(new.known, self._memory.reference(piece))
        ]

    def _shares(self, new: Known, reference: Known) -> bool:
        """Whether the two have a passage in common; of thinned texts fewer shingles are compared."""
        steps = max(new.steps, reference.steps)
        return (
            reference.joins
            and self._scales.measure(new, reference).comparison.shared << steps >= self._settings.min_shared
        )

    def _joined(self, new: Known, found: Sequence[Found], addressed: tuple[int, str] | None) -> Joined | None:
        """The piece to join, what it absorbs and which text is its reference from now on; None for a new piece."""
        if addressed is not None:
            return self._joined_by_address(new, found, *addressed)
        # What was joined at a discount may be a chance likeness; that must not make two pieces one.
        clear = [each for each in found if each.measured.comparison.containment >= self._settings.containment]
        attempts = ([clear] if len(clear) > 1 else []) + [[each] for each in found]
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
        plain = len(found) == 1 and best.partner.number == reference.number
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

    # ------------------------------------------------------------ verifying

    def _found(self, new: Known, numbers: Sequence[int]) -> list[Found]:
        """The pieces whose reference, else another member, the new text is verified against; the best first."""
        pieces = dict.fromkeys(self._memory.piece_of(number) for number in numbers)
        found = [each for piece in list(pieces)[:MOST_CANDIDATES] if (each := self._verified(new, piece))]
        return sorted(found, key=preference)

    def _verified(self, new: Known, piece: int) -> Found | None:
        reference = self._memory.reference(piece)
        if not reference.joins:
            return None
        measured = self._scales.measure(new, reference)
        if measured.relation is not Relation.NONE:
            return Found(piece, reference, measured)
        for member in self._memory.other_members(piece):
            measured = self._scales.measure(new, member)
            if measured.relation is not Relation.NONE:
                return Found(piece, member, measured)
        return None

    def _verifies(self, member: Known, reference: Known) -> bool:
        """Whether a reference speaks for a member; an excerpt speaks for no text that goes beyond it.

        Else a short excerpt, which many texts contain, would tie together all that quote it.
        """
        return self._scales.measure(member, reference).relation in {Relation.SAME, Relation.PART}


def paragraph_leads(new: Prepared, boilerplate: Boilerplate) -> fingerprint.Signatures:
    """How the long paragraphs of a text begin."""
    paragraphs = [line for line in new.document.text.splitlines() if len(line) >= PASSAGE][:MOST_PASSAGES]
    own = [boilerplate.own(new.document.outlet, each.shingles) for each in read(paragraphs)]
    return fingerprint.lead_signatures(own)


def preference(found: Found) -> tuple[bool, float, int]:
    """The order in which pieces are tried: same text before part of it, then the most contained, then the oldest."""
    relation, comparison, _ = found.measured
    return relation is not Relation.SAME, -comparison.containment, found.piece
