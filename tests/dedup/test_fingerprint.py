from __future__ import annotations

import numpy as np
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup.fingerprint import (
    BODY_PERMUTATIONS,
    EMPTY,
    LEAD_PERMUTATIONS,
    LEAD_SHINGLES,
    SEED,
    body_signature,
    estimated_jaccard,
    lead_signature,
    sampled_by,
    signature,
    signatures,
)
from aggregator.dedup.shingles import Shingles

VALUES = st.lists(st.integers(0, 2**32 - 1), max_size=200).map(lambda values: np.array(values, np.uint32))


def documented(values: Shingles, permutations: int) -> Shingles:
    """datasketch by its documented interface: one `update` a shingle."""
    sketch = MinHash(num_perm=permutations, seed=SEED, hashfunc=int, scheme="affine32")
    for value in values.tolist():
        sketch.update(value)
    found: Shingles = sketch.hashvalues
    return found


@settings(max_examples=30, deadline=None)
@given(VALUES, st.sampled_from([1, LEAD_PERMUTATIONS, BODY_PERMUTATIONS]))
def test_signatures_equal_those_of_datasketchs_documented_interface_bit_for_bit(values: Shingles, count: int) -> None:
    assert np.array_equal(signature(values, count), documented(values, count))


def test_signatures_of_long_texts_equal_them_too() -> None:
    values = np.random.default_rng(5).integers(0, 2**32, 5000, dtype=np.uint32)
    assert np.array_equal(body_signature(values), documented(values, BODY_PERMUTATIONS))


@given(VALUES)
def test_body_and_lead_come_together_as_they_come_alone(values: Shingles) -> None:
    body, lead = signatures(values)
    assert np.array_equal(body, body_signature(values))
    assert np.array_equal(lead, lead_signature(values))


@given(VALUES)
def test_the_lead_is_the_first_shingles_only(values: Shingles) -> None:
    assert np.array_equal(lead_signature(values), lead_signature(values[:LEAD_SHINGLES]))


@given(VALUES)
def test_order_and_repeats_make_no_difference_to_a_body(values: Shingles) -> None:
    shuffled = np.concatenate([values[::-1], values])
    assert np.array_equal(body_signature(values), body_signature(shuffled))


def test_nothing_gives_the_empty_signature() -> None:
    assert (body_signature(np.empty(0, np.uint32)) == EMPTY).all()


@given(VALUES)
def test_a_signature_gives_back_shingles_that_it_was_made_of(values: Shingles) -> None:
    sample = sampled_by(lead_signature(values))
    assert np.isin(sample, values[:LEAD_SHINGLES]).all()
    assert len(sample) > 0 or not len(values)


@given(VALUES)
def test_a_set_is_wholly_like_itself(values: Shingles) -> None:
    assert estimated_jaccard(body_signature(values), body_signature(values)) == 1.0


def test_half_shared_sets_are_estimated_near_a_third() -> None:
    values = np.random.default_rng(7).integers(0, 2**32, 3000, dtype=np.uint32)
    estimate = estimated_jaccard(signature(values[:2000], 64), signature(values[1000:], 64))
    assert 0.15 < estimate < 0.52
