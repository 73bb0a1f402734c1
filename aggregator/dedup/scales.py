"""Two documents on the scales: how the first stands to the second, by all rules of `verify`."""

from __future__ import annotations

from typing import NamedTuple

from aggregator.config import Dedup
from aggregator.dedup import fingerprint, verify
from aggregator.dedup.boilerplate import WARM, Boilerplate
from aggregator.dedup.pieces import Known
from aggregator.dedup.prepared import Prepared
from aggregator.dedup.records import Comparison
from aggregator.dedup.shingles import Shingles
from aggregator.dedup.verify import Relation


class Measured(NamedTuple):
    """Two documents compared: how the first stands to the second."""

    relation: Relation
    comparison: Comparison
    leads_agree: bool


class Scales:
    """The measuring of one ladder."""

    def __init__(self, boilerplate: Boilerplate, settings: Dedup) -> None:
        self._boilerplate, self._settings = boilerplate, settings
        self._reading: Prepared | None = None

    def read(self, new: Prepared) -> None:
        """Take up the text that is being placed."""
        self._reading = new

    def measure(self, first: Known, second: Known) -> Measured:
        """How the first stands to the second."""
        steps = max(first.steps, second.steps)
        outlets = first.outlet, second.outlet
        one, other, shared = self._boilerplate.measure(outlets, first.sample, second.sample, steps)
        sizes, comparison = (one, other), verify.comparison_of(one, other, shared)
        leads = fingerprint.estimated_jaccard(first.lead, second.lead)
        relation = verify.relation(
            comparison,
            sizes=sizes,
            same_outlet=bool(first.outlet) and first.outlet == second.outlet,
            warm=self._boilerplate.learnt(first.outlet) >= WARM,
            leads=leads,
            steps=steps,
            asked=self._asked(first, second, sizes, comparison),
            settings=self._settings,
        )
        measured = Measured(relation, comparison, leads >= verify.LEADS_AGREE)
        if relation is Relation.NONE or measured.leads_agree or self._begun(first, second, measured):
            return measured
        return measured._replace(relation=Relation.NONE)

    def _asked(self, first: Known, second: Known, sizes: tuple[int, int], comparison: Comparison) -> float:
        """The containment asked of the two; their spread is looked at only where it can decide."""
        least = self._settings.containment * verify.EVEN_DISCOUNT
        doubtful = least <= comparison.containment < verify.QUOTING_CONTAINMENT
        alike = min(sizes) >= verify.PART * max(sizes)
        if not doubtful or not alike or (first.outlet and first.outlet == second.outlet):
            return self._settings.containment
        spread, steps = self._spread(first, second), max(first.steps, second.steps)
        return verify.containment_asked(spread, steps, self._settings) if spread else self._settings.containment

    def _begun(self, first: Known, second: Known, measured: Measured) -> bool:
        """Whether a text begins within the other; where none does, they may share the furniture, not the piece."""
        if measured.comparison.jaccard >= verify.WHOLLY:
            return True
        spread, steps = self._spread(first, second), max(first.steps, second.steps)
        one_block = spread is not None and spread.block >= verify.BLOCK
        asked = verify.BEGUN_UNCHANGED if one_block else verify.BEGUN
        begun = any(
            verify.begins_within(fingerprint.sampled_by(one.lead), self._comparable(other, steps), steps, asked)
            for one, other in ((first, second), (second, first))
        )
        return begun or (measured.relation is Relation.SAME and not one_block)

    def _comparable(self, document: Known, steps: int) -> Shingles:
        """The sample at the given thinning, less what its outlet was found to repeat since it was taken."""
        return self._boilerplate.own(document.outlet, verify.thinned(document.sample, steps))

    def _spread(self, first: Known, second: Known) -> verify.Spread | None:
        """How the shared shingles lie in the one of two that is being placed; None for two placed ones."""
        new = self._reading
        if new is None or new.known.number not in {first.number, second.number}:
            return None
        other, steps = second if new.known.number == first.number else first, max(first.steps, second.steps)
        return verify.spread(verify.thinned_in_order(new.own, steps), self._comparable(other, steps))
