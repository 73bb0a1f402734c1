from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.arena import BLOCK, STORED, Arena


@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=40), max_size=30))
def test_what_is_kept_is_found_again_part_behind_part(arrays: list[list[int]]) -> None:
    arena = Arena()
    places = [arena.keep(np.array(each, np.uint32), np.array(each[::-1], np.uint32)) for each in arrays]
    assert places == sorted(places)
    for place, each in zip(places, arrays, strict=True):
        assert arena.view(place, 2 * len(each)).tolist() == [*each, *each[::-1]]


def test_an_array_larger_than_a_block_has_one_of_its_own() -> None:
    arena = Arena()
    long = np.arange(BLOCK + 5, dtype=np.uint32)
    places = [arena.keep(values) for values in (long[:3], long, long[:7])]
    assert [arena.view(place, size).sum() for place, size in zip(places, (3, len(long), 7), strict=True)] == [
        3,
        long.sum(),
        21,
    ]


def test_forgotten_blocks_are_given_back() -> None:
    arena = Arena()
    places = [arena.keep(np.full(BLOCK // 2 - 1, number, np.uint32)) for number in range(40)]
    arena.free(before=places[36])
    assert arena.nbytes() <= 3 * 4 * BLOCK
    assert arena.view(places[36], 1)[0] == 36


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, BLOCK // 3)), max_size=12))
def test_many_stored_arrays_are_kept_as_each_is_alone(sizes: list[tuple[int, int]]) -> None:
    alone, arena = Arena(), Arena()
    arrays = [
        tuple(np.arange(number, number + size, dtype=np.uint32) for size in row) for number, row in enumerate(sizes)
    ]
    columns = ([row[part].astype(STORED).tobytes() for row in arrays] for part in (0, 1))
    places = arena.keep_stored(*columns).tolist()
    assert places == sorted(places)
    for place, row in zip(places, arrays, strict=True):
        size = sum(map(len, row))
        assert np.array_equal(arena.view(place, size), alone.view(alone.keep(*row), size))
    assert arena.view(arena.keep(np.array([7], np.uint32)), 1)[0] == 7
