from __future__ import annotations

import subprocess
import sys

import numpy as np
from datasketch import MinHash
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup.fingerprint import (
    BODY_PERMUTATIONS,
    BODY_STEPS,
    EMPTY,
    LEAD_PERMUTATIONS,
    LEAD_SHINGLES,
    SEED,
    body_signatures,
    estimated_jaccard,
    lead_signatures,
    sampled_by,
    signature,
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
    assert np.array_equal(signature(values, BODY_PERMUTATIONS), documented(values, BODY_PERMUTATIONS))


@given(st.lists(VALUES, max_size=5))
def test_many_are_signed_as_each_is_alone(texts: list[Shingles]) -> None:
    bodies, leads = body_signatures(texts), lead_signatures(texts)
    assert bodies.shape == (len(texts), BODY_PERMUTATIONS)
    for values, body, lead in zip(texts, bodies, leads, strict=True):
        assert np.array_equal(body, signature(values[values < 2**32 >> BODY_STEPS], BODY_PERMUTATIONS))
        assert np.array_equal(lead, signature(values[:LEAD_SHINGLES], LEAD_PERMUTATIONS))


def test_long_and_short_texts_are_signed_together_as_each_is_alone() -> None:
    sizes = [700, 0, 6000, 3, 900, 1500, 2500, 1, 0]
    texts = [np.random.default_rng(size).integers(0, 2**32, size, dtype=np.uint32) for size in sizes]
    for values, body in zip(texts, body_signatures(texts), strict=True):
        assert np.array_equal(body, signature(values[values < 2**32 >> BODY_STEPS], BODY_PERMUTATIONS))


@given(VALUES)
def test_order_and_repeats_make_no_difference(values: Shingles) -> None:
    shuffled = np.concatenate([values[::-1], values])
    assert np.array_equal(signature(values, 64), signature(shuffled, 64))


def test_nothing_gives_the_empty_signature() -> None:
    assert (body_signatures([np.empty(0, np.uint32)]) == EMPTY).all()


@given(VALUES)
def test_a_signature_gives_back_shingles_that_it_was_made_of(values: Shingles) -> None:
    sample = sampled_by(signature(values[:LEAD_SHINGLES], LEAD_PERMUTATIONS))
    assert np.isin(sample, values[:LEAD_SHINGLES]).all()
    assert len(sample) > 0 or not len(values)


@given(VALUES)
def test_a_set_is_wholly_like_itself(values: Shingles) -> None:
    assert estimated_jaccard(signature(values, 64), signature(values, 64)) == 1.0


def test_half_shared_sets_are_estimated_near_a_third() -> None:
    values = np.random.default_rng(7).integers(0, 2**32, 3000, dtype=np.uint32)
    estimate = estimated_jaccard(signature(values[:2000], 64), signature(values[1000:], 64))
    assert 0.15 < estimate < 0.52


def test_signing_loads_no_scipy_and_leaves_the_whole_of_datasketch_importable() -> None:
    program = """
import sys
import subprocess
import sys

import numpy as np
from aggregator.dedup.fingerprint import signature
signature(np.arange(9, dtype=np.uint32), 8)
assert "scipy" not in sys.modules
import datasketch
assert datasketch.MinHashLSH
"""
    subprocess.run([sys.executable, "-c", program], check=True)
