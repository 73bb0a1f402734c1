"""Documents into pieces, a poll at a time.

    shingles -> less boilerplate -> signatures -> candidates of the whole batch -> verify each -> place in turn -> learn

Placing is deterministic: the same documents in the same batches give the same pieces, whether the state was kept in
memory or restored between them. The state has no undo: whoever could not save what was placed throws the matcher away
and restores another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from aggregator.config import Dedup
from aggregator.dedup import cycles, fingerprint, kernels, verify
from aggregator.dedup.arena import sizes_of, values_of
from aggregator.dedup.boilerplate import MOSTLY, RECURS_IN, WARM, Boilerplate
from aggregator.dedup.candidates import Candidates
from aggregator.dedup.fingerprint import Signatures
from aggregator.dedup.index import Numbers
from aggregator.dedup.ladder import Elder, Joined, Ladder
from aggregator.dedup.pieces import Memory
from aggregator.dedup.prepared import BEYOND, Prepared, fingerprint_of, prepare
from aggregator.dedup.records import (
    Columns,
    Comparison,
    Document,
    Fingerprint,
    OutletBoilerplate,
    Placement,
    columns_of,
)
from aggregator.dedup.shingles import Shingles, read, shingles, unique

FIRST_POLL: Final = 4
"""Items of one outlet in one batch from which its boilerplate is learnt before they are placed."""
PRINTED_AGAIN: Final = 8
"""Times that an outlet may print one piece again before what these printings share is learnt as its boilerplate: else
all joins that stands over a template once forgotten, and what joins teaches nothing (43 videos of one channel)."""
STANDING: Final = 3
"""Printings of one text by one outlet alone, each at an address of its own, after which it may be a standing line:
what introduces every horoscope, quiz or live page says nothing of what is under it."""
STANDING_GAP: Final = 6 * 3600
"""Seconds that lie between such printings in the mean, at least; versions of one piece, and items whose addresses
change at every poll, come faster. In ten days of 23 feeds eleven lines stood in 5 to 15 items each, all but one of
them half to one and a half times a day; no piece of one outlet that was one event had more than three versions."""
SAME_VERSION: Final = 0.9
"""Estimated Jaccard of whole texts, boilerplate included, above which two items of a first poll under one title count
once; under two titles they are as likely two items over one template."""


BY_TEXT: Final = frozenset({"text", "excerpt"})
NOBODY: Final[Mapping[str, Elder]] = MappingProxyType({})


class Lesson(NamedTuple):
    """An item of a batch with its shingles, all of them and those that are no boilerplate."""

    document: Document
    raw: Shingles
    own: Shingles


def distinct(items: Sequence[Lesson]) -> list[Lesson]:
    """The items but for those that say nearly the same as an earlier one under its title, or under none."""
    kept: list[tuple[Lesson, Shingles]] = []
    for item, body in zip(items, fingerprint.body_signatures([item.raw for item in items]), strict=True):
        title = item.document.title
        alike = (
            fingerprint.estimated_jaccard(body, other) >= SAME_VERSION
            for earlier, other in kept
            if earlier.document.title == title or not (earlier.document.title and title)
        )
        if not any(alike):
            kept.append((item, body))
    return [item for item, _ in kept]


def over_a_template(items: Sequence[Lesson]) -> list[Lesson]:
    """The items most of whose own shingles stand in as many items of the batch as boilerplate does."""
    steps = min((verify.thinning(len(item.raw)) for item in items), default=0)
    own = verify.samples([item.own for item in items], [steps] * len(items))
    flat = np.sort(np.concatenate([np.empty(0, np.uint32), *own]))
    recurring = unique(flat[RECURS_IN - 1 :][flat[RECURS_IN - 1 :] == flat[: 1 - RECURS_IN]])
    if not len(recurring):
        return []
    held = [verify.shared_count(recurring, values) for values in own]
    return [item for item, kept, shared in zip(items, own, held, strict=True) if shared > MOSTLY * len(kept)]


class Matcher:
    """Places documents in pieces by their texts. One process, one thread."""

    def __init__(self, settings: Dedup) -> None:
        self._boilerplate = Boilerplate()
        self._memory = Memory()
        self._candidates = Candidates()
        self._ladder = Ladder(self._memory, self._candidates, self._boilerplate, settings)
        self._next = 0
        self._after = 0
        self._placed = 0

    def place(
        self,
        documents: Sequence[Document],
        raw: Sequence[Shingles] | None = None,
        elders: Mapping[str, Elder] = NOBODY,
    ) -> tuple[Placement, ...]:
        """Place one poll's documents, in order; keys must grow within the call and from call to call.

        `raw` are the shingles of their texts, for those who have read them already; `elders` documents that have
        expired, by the address that one of these has or declares: texts are compared within the window only,
        addresses for ever, as far as the caller remembers them.
        """
        self._placed += sum(bool(document.text) for document in documents)
        if self._placed > kernels.WORTH_IT:
            kernels.load()
        if raw is None:
            raw = [reading.shingles for reading in read([document.text for document in documents])]
        outlets = [document.outlet for document in documents]
        own = self._boilerplate.own_of_each(outlets, raw)
        taught = self._learn_templates(list(map(Lesson, documents, raw, own)))
        if taught:  # and so more is boilerplate now
            own = self._boilerplate.own_of_each(outlets, raw)
        batch = prepare(documents, raw, own, self._next)
        self._next += len(batch)
        self._after = max([self._after, *(document.key + 1 for document in documents)])
        telling = [new for new in batch if new.known.joins]
        met = self._candidates.meet(
            [new.known.number for new in telling],
            np.array([new.body for new in telling]),
            np.array([new.known.lead for new in telling]),
        )
        placements = tuple(
            self._place(new, met.get(new.known.number, []), elders, teach=new.known.key not in taught) for new in batch
        )
        self._candidates.settle(self._memory.pieces_of)
        return placements

    def compare(self, first: Document, second: Document) -> Comparison:
        """Two texts measured on all their shingles, the boilerplate of both outlets left out."""
        one, other = (shingles(document.text) for document in (first, second))
        return self.compare_read({first.outlet, second.outlet}, one, other)

    def compare_read(self, outlets: Iterable[str], first: Shingles, second: Shingles) -> Comparison:
        """The same for the shingles of two texts, in any order."""
        return verify.comparison_of(*self._boilerplate.overlap(outlets, first, second))

    def elder(self, piece: int, outlet: str, raw: Shingles) -> Elder:
        """An expired document, given by the shingles of its text, as `place` takes it."""
        document = Document(key=BEYOND, outlet=outlet, title="", text="", at=datetime.min.replace(tzinfo=UTC))
        (made,) = prepare([document], [raw], [self._boilerplate.own(outlet, raw)], BEYOND)
        return Elder(piece, made.known)

    def paragraphs(self, outlet: str, text: str) -> tuple[str, ...]:
        """The paragraphs of the text that are mostly the outlet's boilerplate, in reading order."""
        return self._boilerplate.recurring_paragraphs(outlet, text)

    def boilerplate_changes(self) -> tuple[OutletBoilerplate, ...]:
        """The counters of the outlets that learnt something since this was last asked."""
        return self._boilerplate.changes()

    def expire(self, before: datetime) -> int:
        """Forget documents that came before; the first younger one ends the forgetting.

        Returns the smallest key that is remembered: what stands below it can be joined no more.
        """
        oldest = self._memory.expire(before)
        self._candidates.expire(oldest)
        return self._memory.key_of(oldest) if len(self._memory) else self._after

    def restore(self, fingerprints: Iterable[Fingerprint], boilerplate: Iterable[OutletBoilerplate]) -> None:
        """Take over what was kept of earlier placements, in any order; else as `restore_columns`."""
        self.restore_columns([columns_of(fingerprints)], boilerplate)

    def restore_columns(self, stored: Iterable[Columns], boilerplate: Iterable[OutletBoilerplate]) -> None:
        """Take over what was kept of earlier placements, by growing key; `self` must be new.

        Raises ValueError when a fingerprint or the counters were made by another scheme: their texts must then be
        placed afresh.
        """
        for counters in boilerplate:
            self._boilerplate.restore(counters)
        references: dict[int, int] = {}
        with cycles.seldom_looked_for():
            self._candidates.add_all(self._taken(columns, references) for columns in stored)
        self._memory.set_references(references)

    def _taken(self, stored: Columns, references: dict[int, int]) -> tuple[Numbers, Signatures, Signatures]:
        """Remember stored documents, and the references of their pieces; returns what is to be indexed of them."""
        for other in set(stored.scheme) - {fingerprint.SCHEME}:
            key = stored.key[stored.scheme.index(other)]
            raise ValueError(f"fingerprint {key} was made by {other}; this program makes {fingerprint.SCHEME}")
        steps = verify.thinnings(stored.size)
        self._memory.add_many(stored, steps)
        for key, piece, named in zip(stored.key, stored.piece, stored.reference, strict=True):
            if key != piece or named not in (None, key) or self._memory.several(piece):
                references[piece] = key if named is None else named
        telling = np.flatnonzero(sizes_of(stored.sample) << steps >= verify.FEWEST)
        numbers = telling + self._next
        self._next += len(stored.key)
        self._after = stored.key[-1] + 1 if stored.key else self._after
        bodies = values_of(stored.body).reshape(-1, fingerprint.BODY_PERMUTATIONS)
        leads = values_of(stored.lead).reshape(-1, fingerprint.LEAD_PERMUTATIONS)
        return numbers, bodies[telling], leads[telling]

    def _learn_templates(self, items: Sequence[Lesson]) -> set[int]:
        """Learn what outlets print under several items of this batch; returns the keys of the items learnt from."""
        held: dict[str, list[Lesson]] = {}
        for item in items:
            held.setdefault(item.document.outlet, []).append(item)
        taught: set[int] = set()
        for outlet, printed in held.items():
            if outlet and len(printed) >= FIRST_POLL:
                cold = self._boilerplate.learnt(outlet) < WARM
                lessons = distinct(printed) if cold else over_a_template(printed)
                if lessons and not cold:  # with fewer items fewer are over a template: most outlets need no second look
                    lessons = over_a_template(distinct(printed))
                for lesson in lessons:
                    self._boilerplate.learn(outlet, lesson.raw)
                taught |= {lesson.document.key for lesson in (printed if cold else lessons)}
        return taught

    def _place(self, new: Prepared, numbers: Sequence[int], elders: Mapping[str, Elder], *, teach: bool) -> Placement:
        joined, quotes = self._ladder.decide(new, numbers, elders)
        pieces = () if joined is None else (joined.piece, *joined.absorbs)
        again = self._memory.printings(pieces, new.document.outlet)
        standing = joined is not None and joined.stage in BY_TEXT and self._is_standing(pieces, again, new.document.at)
        if standing:
            joined, again = None, 0
        if teach and not 0 < again <= PRINTED_AGAIN:
            self._boilerplate.learn(new.document.outlet, new.raw)
        return self._settle(new, joined, quotes, "standing" if standing else "round-up" if quotes else "new")

    def _is_standing(self, pieces: Sequence[int], printed: int, at: datetime) -> bool:
        """Whether the outlet, and hardly anybody else, printed these pieces regularly before."""
        if printed < STANDING or 2 * printed <= sum(len(self._memory.members(piece)) for piece in pieces):
            return False
        return at.timestamp() - self._memory.printed_first(pieces) >= STANDING_GAP * printed

    def _settle(self, new: Prepared, joined: Joined | None, quotes: tuple[int, ...], alone: str) -> Placement:
        """Remember the document where it was put; `alone` is the stage of one that joins nothing."""
        speaks = new.known.joins and alone == "new" and (joined is None or joined.binds)
        known = new.known if speaks == new.known.joins else new.known._replace(joins=speaks)
        if joined is None:
            self._memory.add(known, known.key, new.document.at)
            return Placement(
                known.key, known.key, None, alone, None, quotes, (),
                partial(fingerprint_of, new, known, known.key, known.key),
            )  # fmt: skip
        piece = joined.piece
        self._memory.merge(joined.absorbs, into=piece)
        self._memory.add(known, piece, new.document.at)
        self._memory.set_reference(piece, joined.reference.number)
        reference = self._memory.key_of(self._memory.reference_number(piece))
        return Placement(
            known.key, piece, joined.against.key, joined.stage, joined.comparison, quotes, joined.absorbs,
            partial(fingerprint_of, new, known, piece, reference),
        )  # fmt: skip
