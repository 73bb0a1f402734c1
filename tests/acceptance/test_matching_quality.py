"""The figures that `aggregator dedupe` must reach on labelled articles, with one set of defaults for all sets.

Every figure comes from the commands as a user runs them: files in, files out, scored by `aggregator evaluate`.
"""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from aggregator.evaluation import score
from tests.acceptance.tables import ShowTable, agree

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SEEDS = (1, 2)
"""Shuffles beside the order of the file."""
ROUND_UPS, HALF_QUOTING = "digest", "hn_event40"
"""Kinds of article in families_hard: leads of several others, and a third to two thirds quoted from one other."""

Rows: TypeAlias = Mapping[str | int, dict[str, Any]]
Deduped: TypeAlias = Callable[..., Path]

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not DATA.exists(), reason=f"the measuring data is not at {DATA}"),
]


def aggregator(*arguments: str | Path) -> bytes:
    """Run a command; what it says on standard output."""
    return subprocess.run([sys.executable, "-m", "aggregator", *arguments], check=True, capture_output=True).stdout


def rows_of(path: Path) -> Rows:
    """Records of a JSONL file by their ids."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        return {row["id"]: row for row in map(json.loads, file)}


def labelled(name: str) -> Rows:
    return rows_of(DATA / f"{name}.jsonl.gz")


@pytest.fixture(scope="module")
def deduped(tmp_path_factory: pytest.TempPathFactory) -> Deduped:
    """What `dedupe` writes of a set, in the order of its file or shuffled by a seed; each is made once."""
    folder = tmp_path_factory.mktemp("deduped")

    def made(name: str, seed: int = 0) -> Path:
        source, output = DATA / f"{name}.jsonl.gz", folder / f"{name}-{seed}.jsonl"
        if output.exists():
            return output
        if seed:
            rows = list(labelled(name).values())
            random.Random(seed).shuffle(rows)
            source = folder / "shuffled.jsonl"
            source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        aggregator("dedupe", source, "--output", output, "--no-stories")
        return output

    return made


def figures(gold: Path, predicted: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads(aggregator("evaluate", gold, predicted, "--json"))["piece"]
    return found


def pieces_of(rows: Rows) -> dict[str | int, str | int]:
    return {key: row["piece"] for key, row in rows.items()}


def in_company(labels: Rows, found: Rows, kind: str) -> float:
    """The share of articles of a kind that are in a piece with any article of another family."""
    families = defaultdict(set)
    for key, row in found.items():
        families[row["piece"]].add(labels[key]["dup_group"])
    asked = [key for key, row in labels.items() if row["kind"] == kind]
    return sum(len(families[found[key]["piece"]]) > 1 for key in asked) / len(asked)


def test_families_of_copies_are_found_whole_and_pure_in_any_order(deduped: Deduped, show_table: ShowTable) -> None:
    rows: list[tuple[str | int, ...]] = []
    expected: dict[str, list[float]] = {}
    for name, agreement in (("families_real", 0.995), ("families_zh", 0.995), ("families_hard", 0.985)):
        found = figures(DATA / f"{name}.jsonl.gz", deduped(name))
        orders = [pieces_of(rows_of(deduped(name, seed))) for seed in (0, *SEEDS)]
        agreed = min(score(one, other)["pair_f1"] for one, other in combinations(orders, 2))
        measures = (found["pair_precision"], found["pair_recall"], found["pair_f1"], agreed)
        rows.append((name, int(found["count"]), *(f"{each:.4f}" for each in measures)))
        expected[name] = [round(each, 2) for each in measures]
        assert agreed >= agreement
        assert found["missing"] == 0
        if name == "families_hard":
            assert found["pair_f1"] >= 0.985
        else:
            assert min(found["pair_precision"], found["pair_recall"]) >= 0.995
    head = ("families", "articles", "precision", "recall", "F1", f"F1 between {1 + len(SEEDS)} orders")
    show_table("Copies found by `aggregator dedupe`", head, rows)
    agree("expected_matching.json", expected)


def test_round_ups_and_texts_that_quote_half_of_another_seldom_join_it(deduped: Deduped, show_table: ShowTable) -> None:
    labels = labelled("families_hard")
    rows: list[tuple[str, str, str]] = []
    for seed in (0, *SEEDS):
        found = rows_of(deduped("families_hard", seed))
        round_ups, quoting = (in_company(labels, found, kind) for kind in (ROUND_UPS, HALF_QUOTING))
        rows.append((f"shuffled by {seed}" if seed else "as filed", f"{round_ups:.1%}", f"{quoting:.1%}"))
        assert round_ups <= 0.15
        assert quoting <= 0.05
    show_table("Joined a piece that they only quote", ("order", "round-ups", "a third to two thirds quoted"), rows)


def test_declared_republications_are_joined_and_boilerplate_alone_joins_nothing(deduped: Deduped) -> None:
    pieces = pieces_of(rows_of(deduped("republication_bodies")))
    with gzip.open(DATA / "republication_pairs.jsonl.gz", "rt", encoding="utf-8") as file:
        pairs = [row for row in map(json.loads, file) if row["label"] is not None]
    assert {row["label"] for row in pairs} == {0, 1}
    assert [row for row in pairs if (pieces[row["a"]] == pieces[row["b"]]) != row["label"]] == []


def test_declared_sources_are_named(deduped: Deduped) -> None:
    found = rows_of(deduped("republication_bodies"))
    with gzip.open(DATA / "republication_pairs.jsonl.gz", "rt", encoding="utf-8") as file:
        declared = {row["declared_by"]: row["declaration"] for row in map(json.loads, file) if row["declared_by"]}
    credits_given = {key: found[key]["credit"] for key in declared}
    named = [
        key
        for key, credit in credits_given.items()
        if credit and credit["confidence"] >= 0.9 and f" {credit['name']}" in declared[key]
    ]
    assert len(named) >= 0.85 * len(declared)


@pytest.mark.parametrize("name", ["basil", "allsides_dev", "ecbplus"])
def test_events_told_in_other_words_are_never_one_piece_across_stories(name: str, deduped: Deduped) -> None:
    labels, members = labelled(name), defaultdict(list)
    for key, row in rows_of(deduped(name)).items():
        members[row["piece"]].append(labels[key])
    joined = [pair for group in members.values() for pair in combinations(group, 2)]
    assert [(one["id"], other["id"]) for one, other in joined if one["story"] != other["story"]] == []
    if name == "basil":
        assert joined == [], "three outlets told each event in their own words"


@pytest.mark.parametrize("name", ["basil", "ecbplus", "allsides_dev", "semeval_articles", "republication_bodies"])
def test_articles_that_are_not_republished_are_hardly_ever_said_to_be(name: str, deduped: Deduped) -> None:
    found = rows_of(deduped(name))
    strong = [row for row in found.values() if row["credit"] and row["credit"]["confidence"] >= 0.6]
    assert len(strong) <= 0.012 * len(found)
