# mypy: ignore-errors
"""gaoya: an index of strings in Rust; its own analyser makes the shingles."""

from __future__ import annotations

from collections.abc import Iterator

from archive import THRESHOLD, WORDS, main
from gaoya.minhash import MinHashStringIndex

BANDS, ROWS = 42, 3
"""Its documentation's own for a Jaccard of .5."""


def similar(texts: list[str]) -> Iterator[tuple[int, int]]:
    """Each text with the earlier ones that the index names."""
    index = MinHashStringIndex(32, THRESHOLD, BANDS, ROWS, None, "word", True, (WORDS, WORDS))
    for place, text in enumerate(texts):
        index.insert_document(place, text)
    for place, text in enumerate(texts):
        for found in index.query(text):
            if found < place:
                yield found, place


main(similar)
