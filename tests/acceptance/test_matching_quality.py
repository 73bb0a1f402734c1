"""The figures that the matcher must reach on labelled articles, with one set of defaults for all sets."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import Dedup
from aggregator.dedup.attribution import find_credits
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.records import Document
from aggregator.evaluation import score

DATA = Path(__file__).parents[2].parent / "shared" / "data"
AT = datetime(2024, 1, 1, tzinfo=UTC)
POLL = 32
"""Articles placed at once."""

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not DATA.exists(), reason=f"the measuring data is not at {DATA}"),
]


def rows_of(name: str) -> list[dict[str, Any]]:
    with gzip.open(DATA / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def pieces_of(rows: list[dict[str, Any]]) -> dict[str, int]:
    """The piece of each article's id after all were placed in their order."""
    matcher, piece_of, heirs = Matcher(Dedup()), dict[int, int](), dict[int, int]()
    documents = [
        Document(key=key, outlet=row["outlet"] or "", title=row["title"] or "", text=row["text"] or "", at=AT)
        for key, row in enumerate(rows)
    ]
    for start in range(0, len(documents), POLL):
        for placement in matcher.place(documents[start : start + POLL]):
            piece_of[placement.key] = placement.piece
            heirs |= dict.fromkeys(placement.absorbs, placement.piece)

    def heir(piece: int) -> int:
        return heir(heirs[piece]) if piece in heirs else piece

    return {row["id"]: heir(piece_of[key]) for key, row in enumerate(rows)}


@cache
def figures(name: str, *, turned: bool = False) -> dict[str, float]:
    rows = rows_of(name)
    return score({row["id"]: row["dup_group"] for row in rows}, pieces_of(rows[::-1] if turned else rows))


@pytest.mark.parametrize("name", ["families_real", "families_zh"])
def test_families_of_copies_are_found_whole_and_pure(name: str) -> None:
    found = figures(name)
    assert found["pair_precision"] >= 0.995
    assert found["pair_recall"] >= 0.995


def test_hard_families_are_nearly_found() -> None:
    found = figures("families_hard")
    assert found["pair_precision"] >= 0.975
    assert found["pair_recall"] >= 0.98
    assert found["pair_f1"] >= 0.98


def test_the_order_of_arrival_hardly_matters() -> None:
    assert figures("families_real", turned=True)["pair_f1"] >= 0.995
    assert figures("families_hard", turned=True)["pair_f1"] >= 0.975


def test_declared_republications_are_joined_and_boilerplate_alone_joins_nothing() -> None:
    pieces = pieces_of(rows_of("republication_bodies"))
    pairs = rows_of("republication_pairs")
    wrong = [
        each for each in pairs if each["label"] in {0, 1} and (pieces[each["a"]] == pieces[each["b"]]) != each["label"]
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["basil", "allsides_dev", "ecbplus"])
def test_events_told_in_other_words_are_never_one_piece_across_stories(name: str) -> None:
    rows, members = rows_of(name), defaultdict(list)
    for row, piece in zip(rows, pieces_of(rows).values(), strict=True):
        members[piece].append(row)
    joined = [pair for group in members.values() for pair in combinations(group, 2)]
    assert [(one["id"], other["id"]) for one, other in joined if one["story"] != other["story"]] == []
    assert name != "basil" or joined == []


def test_declared_sources_are_named() -> None:
    declared = {
        each["declared_by"]: each["declaration"] for each in rows_of("republication_pairs") if each["declaration"]
    }
    texts = {row["id"]: row["text"] for row in rows_of("republication_bodies")}
    named = 0
    for article, declaration in declared.items():
        credits_found = find_credits(
            texts[article],
            (),
            authors=(),
            source_name=None,
            source_url=None,
            outlet="",
            resolve=lambda _name, _url: None,
        )
        best = credits_found[0] if credits_found else None
        named += best is not None and best.confidence >= 0.9 and f" {best.name}" in declaration
    assert named >= 0.85 * len(declared)


@pytest.mark.parametrize("name", ["basil", "ecbplus", "allsides_dev", "semeval_articles", "republication_bodies"])
def test_articles_that_are_not_republished_are_hardly_ever_said_to_be(name: str) -> None:
    rows = rows_of(name)
    strong = [
        credit
        for row in rows
        for credit in find_credits(
            row["text"] or "",
            (),
            authors=(),
            source_name=None,
            source_url=None,
            outlet="",
            resolve=lambda _name, _url: None,
        )[:1]
        if credit.confidence >= 0.6
    ]
    assert len(strong) <= 0.012 * len(rows)
