from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Dedup
from aggregator.dedup.records import Comparison
from aggregator.dedup.shingles import Shingles, shingles, unique
from aggregator.dedup.verify import (
    SAMPLE,
    Relation,
    Spread,
    begins_within,
    compare_sets,
    containment_asked,
    relation,
    samples,
    shared_count,
    spread,
    thinned,
    thinning,
)
from tests.dedup.texts import article, edited

SETS = st.frozensets(st.integers(0, 400), max_size=120).map(lambda values: np.array(sorted(values), np.uint32))


VALUES = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 9), max_size=40).map(
    lambda each: np.array(each, np.uint32)
)


@given(SETS, SETS)
def test_measures_are_those_of_sets_and_symmetric(first: Shingles, second: Shingles) -> None:
    one, other = set(first.tolist()), set(second.tolist())
    found, turned = compare_sets(first, second), compare_sets(second, first)
    assert found.shared == turned.shared == len(one & other)
    assert found.jaccard == turned.jaccard == pytest.approx(len(one & other) / len(one | other) if one and other else 0)
    assert (found.of_first, found.of_second) == (turned.of_second, turned.of_first)
    assert found.containment == max(found.of_first, found.of_second)


@given(SETS)
def test_a_set_is_the_same_as_itself(values: Shingles) -> None:
    found = compare_sets(values, values)
    assert found.jaccard == found.containment == (1.0 if len(values) else 0.0)


@given(SETS, SETS)
def test_the_count_of_shared_values_is_the_intersections(first: Shingles, second: Shingles) -> None:
    assert shared_count(first, second) == len(np.intersect1d(first, second))


@given(st.integers(0, 100_000))
def test_a_sample_has_between_half_and_all_of_its_bound(size: int) -> None:
    kept = size / 2 ** thinning(size)
    assert kept <= SAMPLE
    assert size <= SAMPLE or kept > SAMPLE / 2 - 1


@given(st.lists(st.tuples(VALUES, st.integers(0, 31)), max_size=6))
def test_texts_are_sampled_together_as_each_is_alone(texts: list[tuple[Shingles, int]]) -> None:
    together = samples([values for values, _ in texts], [steps for _, steps in texts])
    alone = [thinned(unique(values), steps) for values, steps in texts]
    assert [each.tolist() for each in together] == [each.tolist() for each in alone]


def test_thinning_twice_is_thinning_to_the_coarser_step() -> None:
    values = unique(np.random.default_rng(1).integers(0, 2**32, 4000, dtype=np.uint32))
    assert np.array_equal(thinned(thinned(values, 1), 3), thinned(values, 3))
    assert len(thinned(values, 2)) == pytest.approx(1000, rel=0.15)
    assert thinned(values, 0) is values


def measured(shared: int, first: int, second: int) -> tuple[Comparison, tuple[int, int]]:
    found = Comparison(
        jaccard=shared / (first + second - shared),
        containment=shared / min(first, second),
        of_first=shared / first,
        of_second=shared / second,
        shared=shared,
    )
    return found, (first, second)


def judge(
    shared: int,
    first: int,
    second: int,
    *,
    same: bool = False,
    warm: bool = False,
    leads: float = 1.0,
    asked: float = 0.5,
) -> Relation:
    comparison, sizes = measured(shared, first, second)
    return relation(
        comparison, sizes=sizes, same_outlet=same, warm=warm, leads=leads, steps=0, asked=asked, settings=Dedup()
    )


def test_half_of_the_shorter_text_makes_a_copy_between_outlets() -> None:
    assert judge(100, 200, 220) is Relation.SAME
    assert judge(99, 200, 220) is Relation.NONE


def test_within_one_outlet_jaccard_decides_until_its_boilerplate_is_known() -> None:
    assert judge(150, 200, 200, same=True) is Relation.NONE
    assert judge(160, 200, 200, same=True) is Relation.SAME
    assert judge(150, 200, 200, same=True, warm=True) is Relation.SAME
    assert judge(110, 200, 200, same=True, warm=True) is Relation.NONE


def test_too_few_shared_shingles_say_nothing() -> None:
    assert judge(19, 30, 30) is Relation.NONE
    assert judge(20, 30, 30) is Relation.SAME


def test_short_texts_must_agree_nearly_whole() -> None:
    assert judge(13, 15, 15) is Relation.SAME
    assert judge(11, 15, 15) is Relation.NONE
    assert judge(7, 7, 7) is Relation.NONE


def test_a_much_shorter_text_is_a_part_if_it_begins_the_same_or_is_held_nearly_whole() -> None:
    assert judge(60, 100, 400, leads=0.3) is Relation.PART
    assert judge(60, 400, 100, leads=0.3) is Relation.WHOLE
    assert judge(60, 100, 400, leads=0.1) is Relation.NONE
    assert judge(85, 100, 400, leads=0.0) is Relation.PART


def test_a_text_that_quotes_passages_needs_more_than_one_that_was_rewritten() -> None:
    settings = Dedup()
    assert containment_asked(Spread(run=40, gap=0.3, block=0.5), 0, settings) == 0.65
    assert containment_asked(Spread(run=6, gap=0.05, block=0.1), 0, settings) == pytest.approx(0.4)
    assert containment_asked(Spread(run=6, gap=0.2, block=0.1), 0, settings) == 0.5


def test_a_stricter_setting_is_not_softened_for_quotations() -> None:
    assert containment_asked(Spread(run=40, gap=0.3, block=0.5), 0, Dedup(containment=0.8)) == 0.8


def test_the_spread_of_a_rewritten_copy_differs_from_that_of_a_quotation() -> None:
    original = article(1, 400)
    rewritten = spread(shingles(edited(original, 0.2)), unique(shingles(original)))
    passage = " ".join(original.split()[:200])
    quoting = spread(shingles(f"{article(2, 200)} {passage}"), unique(shingles(original)))
    assert rewritten.gap < 0.1 < quoting.gap
    assert rewritten.run < 12 < quoting.run
    assert quoting.block == 1.0


def test_nothing_shared_is_one_long_gap() -> None:
    assert spread(shingles(article(1)), unique(shingles(article(2)))) == Spread(0.0, 1.0, 0.0)
    assert spread(shingles(""), unique(shingles(article(2)))) == Spread(0.0, 1.0, 0.0)


def test_a_beginning_is_found_wherever_it_stands() -> None:
    whole, lead = shingles(article(1)), shingles(article(1))[:64]
    assert begins_within(unique(lead), unique(np.concatenate([shingles(article(2)), whole])), 0)
    assert not begins_within(unique(lead), unique(shingles(article(2))), 0)
