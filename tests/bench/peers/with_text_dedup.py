# mypy: ignore-errors
"""text-dedup: the functions of its minhash program, in its order, without the data-set library around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from archive import PERMUTATIONS, THRESHOLD, WORDS, main
from text_dedup.minhash import RNG, SIGNATURE_COLUMN, embed_func
from text_dedup.utils import optimal_param, xxh3_32hash

MOST, PRIME = np.uint32((1 << 32) - 1), np.uint32((1 << 32) - 5)
"""Its 32-bit configuration."""


def similar(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Neighbours within a band's bucket."""
    bands, rows = optimal_param(THRESHOLD, PERMUTATIONS, false_positive_weight=0.5, false_negative_weight=0.5)
    permutations = tuple(RNG.randint(low, PRIME, size=(PERMUTATIONS,), dtype=np.uint32) for low in (1, 0))
    tables: list[defaultdict[bytes, set[int]]] = [defaultdict(set) for _ in range(bands)]
    for place, text in enumerate(texts):
        made = embed_func(
            text, place, num_perm=PERMUTATIONS, ngram_size=WORDS, min_length=0,
            hashranges=[(band * rows, (band + 1) * rows) for band in range(bands)], permutations=permutations,
            hash_func=xxh3_32hash, dtype=np.uint32, max_hash=MOST, modulo_prime=PRIME,
        )  # fmt: skip
        for table, key in zip(tables, made[SIGNATURE_COLUMN], strict=True):
            table[key].add(place)
    for table in tables:
        for bucket in table.values():
            yield from pairwise(sorted(bucket))


main(similar)
