# mypy: ignore-errors
"""rensa, the fast way of its documentation: signatures of many texts at once, then its index."""

from __future__ import annotations

from collections.abc import Iterator

from archive import PERMUTATIONS, THRESHOLD, WORDS, main
from rensa import RMinHash, RMinHashLSH

BANDS = 32
"""Four values a band: the same curve as the other peers have at .5."""


def tokens(text: str) -> list[str]:
    """Runs of three words; a list, since a set costs more than what it saves."""
    words = text.lower().split()
    return [" ".join(run) for run in zip(*(words[start:] for start in range(WORDS)), strict=False)] or words


def similar(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Each text with the earlier ones that the index names."""
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=BANDS)
    sketches = RMinHash.from_token_sets(map(tokens, texts), num_perm=PERMUTATIONS, seed=1)
    index.insert_many(sketches)
    for place, sketch in enumerate(sketches):
        for found in index.query(sketch):
            if found < place and sketch.jaccard(sketches[found]) >= THRESHOLD:
                yield found, place


main(similar)
