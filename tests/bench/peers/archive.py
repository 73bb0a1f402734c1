# mypy: ignore-errors
"""What every peer does alike: read an archive, chain what is similar, write groups."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

Similar = Callable[[list[str]], Iterable[tuple[int, int]]]
"""Texts to pairs of places in their list."""

THRESHOLD, PERMUTATIONS, WORDS = 0.5, 128, 3
_WORD = re.compile(r"\w+")


def shingles(text: str) -> set[str]:
    """The runs of three words, in lower case."""
    words = _WORD.findall(text.lower())
    return {" ".join(words[start : start + WORDS]) for start in range(max(1, len(words) - WORDS + 1))}


def grouped(count: int, pairs: Iterable[tuple[int, int]]) -> Iterator[int]:
    """The first member of each place's group."""
    parents = list(range(count))

    def first(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    for one, other in pairs:
        low, high = sorted((first(one), first(other)))
        parents[high] = low
    return map(first, range(count))


def main(similar: Similar) -> None:
    """Run a peer on the files of the command line."""
    source, target = sys.argv[1:]
    with Path(source).open(encoding="utf-8") as file:
        articles = [(article["id"], article["text"]) for article in map(json.loads, file)]
    ids = [each for each, _ in articles]
    groups = grouped(len(ids), similar([text for _, text in articles]))
    with Path(target).open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps({"id": each, "piece": ids[group]}) + "\n" for each, group in zip(ids, groups, strict=True)
        )
