# mypy: ignore-errors
"""datasketch as its documentation uses it: one `update` a shingle, then MinHashLSH."""

from __future__ import annotations

from collections.abc import Iterator

from archive import PERMUTATIONS, THRESHOLD, main, shingles
from datasketch import MinHash, MinHashLSH


def similar(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Each text with the earlier ones that the index names."""
    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    for place, text in enumerate(texts):
        sketch = MinHash(num_perm=PERMUTATIONS)
        for shingle in shingles(text):
            sketch.update(shingle.encode())
        for found in index.query(sketch):
            yield found, place
        index.insert(place, sketch)


main(similar)
