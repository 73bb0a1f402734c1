"""Two documents on the scales: how the first stands to the second, by all rules of `verify`.

While a new text is being placed it is compared with many; what is worked out of it once is kept here meanwhile.
"""

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

    _reading: Prepared | None
    _comparables: dict[int, Shingles]
    """The new text's sample by its thinning."""

    def __init__(self, boilerplate: Boilerplate, settings: Dedup) -> None:
        self._boilerplate, self._settings = boilerplate, settings
        self._reading, self._comparables = None, {}

    def read(self, new: Prepared) -> None:
        """Take up the text that is being placed."""
        self._reading, self._comparables = new, {}

    def measure(self, first: Known, second: Known) -> Measured:
        """How the first stands to the second."""
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
        measured = Measured(relation, comparison, leads >= verify.LEADS_AGREE)
        if relation is Relation.NONE or measured.leads_agree or self._begun(first, second, (one, other), measured):
            return measured
        return measured._replace(relation=Relation.NONE)

    def _asked(
        self, first: Known, second: Known, sets: tuple[Shingles, Shingles], comparison: Comparison, steps: int
    ) -> float:
        """The containment asked of the two; their spread is looked at only where it can decide."""
        least = self._settings.containment * verify.EVEN_DISCOUNT
        doubtful = least <= comparison.containment < verify.QUOTING_CONTAINMENT
        alike = min(map(len, sets)) >= verify.PART * max(map(len, sets))
        if not doubtful or not alike or (first.outlet and first.outlet == second.outlet):
            return self._settings.containment
        spread = spread_in(self._reading, first, second, sets)
        return verify.containment_asked(spread, steps, self._settings) if spread else self._settings.containment

    def _begun(self, first: Known, second: Known, sets: tuple[Shingles, Shingles], measured: Measured) -> bool:
        """Whether a text begins within the other; where none does, they may share the furniture, not the piece."""
        if measured.comparison.jaccard >= verify.WHOLLY:
            return True
        spread, steps = spread_in(self._reading, first, second, sets), max(first.steps, second.steps)
        one_block = spread is not None and spread.block >= verify.BLOCK
        asked = verify.BEGUN_UNCHANGED if one_block else verify.BEGUN
        leads = [fingerprint.sampled_by(document.lead) for document in (first, second)]
        begun = any(
            verify.begins_within(lead, values, steps, asked) for lead, values in zip(leads, sets[::-1], strict=True)
        )
        return begun or (measured.relation is Relation.SAME and not one_block)

    def _comparable(self, document: Known, steps: int) -> Shingles:
        """The sample at the given thinning, less what its outlet was found to repeat since it was taken."""
        is_new = self._reading is not None and document.number == self._reading.known.number
        if is_new and steps in self._comparables:
            return self._comparables[steps]
        found = self._boilerplate.own(document.outlet, verify.thinned(document.sample, steps))
        return self._comparables.setdefault(steps, found) if is_new else found


def spread_in(
    new: Prepared | None, first: Known, second: Known, sets: tuple[Shingles, Shingles]
) -> verify.Spread | None:
    """How the shared shingles lie in the one of two documents that is being placed; None for two placed ones."""
    if new is None or new.known.number not in {first.number, second.number}:
        return None
    other = sets[1] if new.known.number == first.number else sets[0]
    return verify.spread(verify.thinned_in_order(new.own, max(first.steps, second.steps)), other)
