from __future__ import annotations

import numpy as np
from datasketch import MinHash, MinHashLSH
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup.fingerprint import SEED, signature
from aggregator.dedup.index import BandIndex, Keys, Numbers
from aggregator.dedup.shingles import Shingles


def numbers(*values: int) -> Numbers:
    return np.array(values, np.int64)


def pairs(index: BandIndex, keys: Keys) -> set[tuple[int, int]]:
    hits = index.lookup(keys)
    return set(zip(hits.query.tolist(), hits.document.tolist(), strict=True))


def overlapping_sets(count: int) -> list[Shingles]:
    values = np.random.default_rng(3).integers(0, 2**32, 200 * count, dtype=np.uint32)
    return [values[start : start + 300] for start in range(0, 60 * count, 60)]


def test_candidates_are_those_of_datasketchs_own_index() -> None:
    signatures = [signature(values, 64) for values in overlapping_sets(60)]
    stock = MinHashLSH(num_perm=64, params=(32, 2))
    ours = BandIndex(bands=32, rows=2)
    keys = ours.keys(np.stack(signatures))
    ours.insert(keys, np.arange(60, dtype=np.int64))
    expected = set()
    for number, values in enumerate(signatures):
        stock.insert(number, MinHash(hashvalues=values, seed=SEED, scheme="affine32"))
    for number, values in enumerate(signatures):
        found = stock.query(MinHash(hashvalues=values, seed=SEED, scheme="affine32"))
        expected |= {(number, int(other)) for other in found}
    assert len(expected) > 200
    assert pairs(ours, keys) == expected


@settings(max_examples=50)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=120))
def test_every_posting_is_found_and_no_other(values: list[int]) -> None:
    index = BandIndex(bands=1, rows=1)
    keys = index.keys(np.array(values, np.uint32)[:, None])
    index.insert(keys, np.arange(len(values), dtype=np.int64))
    expected = {(one, other) for one, a in enumerate(values) for other, b in enumerate(values) if a == b}
    assert pairs(index, keys) == expected


def test_the_table_grows_and_keeps_what_it_holds() -> None:
    index = BandIndex(bands=2, rows=1)
    keys = index.keys(np.arange(20_000, dtype=np.uint32).reshape(10_000, 2))
    for start in range(0, 10_000, 500):
        index.insert(keys[start : start + 500], np.arange(start, start + 500, dtype=np.int64))
    assert pairs(index, keys) == {(number, number) for number in range(10_000)}


def test_expired_documents_are_not_found_and_their_room_is_used_again() -> None:
    index = BandIndex(bands=1, rows=1)
    keys = index.keys(np.arange(1000, dtype=np.uint32)[:, None])
    for turn in range(40):
        index.insert(keys, np.arange(1000, dtype=np.int64) + 1000 * turn)
        index.expire(1000 * turn)
    assert pairs(index, keys) == {(number, 39_000 + number) for number in range(1000)}
    assert index.nbytes() <= 8 * 8192


def test_the_bound_of_expiry_never_sinks() -> None:
    index = BandIndex(bands=1, rows=1)
    keys = index.keys(np.array([[7]], np.uint32))
    index.insert(keys, numbers(3))
    index.expire(4)
    index.expire(0)
    assert pairs(index, keys) == set()


def test_a_posting_given_up_is_gone_and_those_behind_it_are_not() -> None:
    index = BandIndex(bands=1, rows=1)
    keys = index.keys(np.array([[7]], np.uint32))
    for number in range(3):
        index.insert(keys, numbers(number))
    hits = index.lookup(keys)
    index.give_up(hits.position[hits.document == 1])
    assert pairs(index, keys) == {(0, 0), (0, 2)}


def test_a_lookup_in_an_empty_table_finds_nothing() -> None:
    index = BandIndex(bands=3, rows=1)
    assert pairs(index, index.keys(np.array([[1, 2, 3]], np.uint32))) == set()


@given(st.lists(st.integers(2**32 - 60, 2**32 - 1) | st.integers(0, 2**32 - 1), min_size=1, max_size=300))
def test_postings_laid_in_one_sweep_are_found_at_the_end_of_the_table_too(values: list[int]) -> None:
    keys, documents = np.array(values, np.uint32)[:, None], np.arange(len(values), dtype=np.int64)
    swept, searched = BandIndex(bands=1, rows=1), BandIndex(bands=1, rows=1)
    swept.insert_all([swept.postings(keys, documents)])
    searched.insert(keys, documents)
    assert pairs(swept, keys) == pairs(searched, keys)


def test_postings_of_many_parts_are_each_found_in_a_table_of_many_stretches() -> None:
    keys = np.random.default_rng(1).integers(0, 1 << 32, (400_000, 1), dtype=np.uint32)
    documents = np.arange(len(keys), dtype=np.int64)
    index = BandIndex(bands=1, rows=1)
    index.insert(keys[:5_000], documents[:5_000])
    parts = [slice(start, start + 100_000) for start in range(5_000, len(keys), 100_000)]
    index.insert_all([index.postings(keys[part], documents[part]) for part in parts])
    hits = index.lookup(keys)
    assert set(documents.tolist()) == set(hits.document[hits.query == hits.document].tolist())
    assert (keys[hits.query] == keys[hits.document]).all()
