from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.evaluation import evaluate, score

INDEPENDENT = Path(__file__).parents[2] / "shared" / "bench" / "evaluate.py"
GROUPINGS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)


def records(field: str, groups: list[Any]) -> list[dict[str, Any]]:
    return [{"id": number, field: group} for number, group in enumerate(groups)]


def test_equal_groups_score_one_whatever_they_are_called() -> None:
    found = evaluate(records("dup_group", ["x", "x", "y"]), records("piece", [7, 7, 9]))["piece"]
    assert found["b3_f1"] == found["pair_f1"] == found["ari"] == 1.0
    assert (found["gold_groups"], found["predicted_groups"]) == (2, 2)


def test_everything_in_one_group_is_recalled_but_not_precise() -> None:
    found = evaluate(records("dup_group", [1, 1, 2, 2]), records("piece", [1, 1, 1, 1]))["piece"]
    assert (found["b3_precision"], found["b3_recall"]) == (0.5, 1.0)
    assert found["pair_precision"] == pytest.approx(1 / 3)
    assert found["pair_recall"] == 1.0
    assert found["ari"] == 0.0


def test_all_apart_is_precise_but_recalls_no_pair() -> None:
    found = evaluate(records("dup_group", [1, 1, 2, 2]), records("piece", [1, 2, 3, 4]))["piece"]
    assert (found["b3_precision"], found["b3_recall"]) == (1.0, 0.5)
    assert (found["pair_precision"], found["pair_recall"]) == (1.0, 0.0)


def test_pieces_and_stories_are_scored_side_by_side() -> None:
    gold = [{"id": 1, "dup_group": 1, "story": "s"}, {"id": 2, "dup_group": 2, "story": "s"}]
    predicted = [{"id": 1, "piece": 1, "story": 1}, {"id": 2, "piece": 2, "story": 1}]
    assert {field: found["pair_f1"] for field, found in evaluate(gold, predicted).items()} == {
        "piece": 1.0,
        "story": 1.0,
    }


def test_rows_without_a_label_are_not_scored() -> None:
    found = evaluate(records("story", ["a", None, "a"]), records("story", [1, 1, 1]))["story"]
    assert found["count"] == 2
    assert found["pair_precision"] == 1.0


def test_an_id_without_a_prediction_stands_alone() -> None:
    found = evaluate(records("story", ["a", "a", "a"]), records("story", [1, 1]))["story"]
    assert (found["missing"], found["predicted_groups"]) == (1, 2)


def test_a_question_without_labels_or_without_answers_is_left_out() -> None:
    assert evaluate(records("story", [1, 2]), records("piece", [1, 2])) == {}
    assert evaluate(records("dup_group", [None]), records("piece", [1])) == {}


def test_an_id_that_is_predicted_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="id 1 is predicted twice"):
        evaluate([], [{"id": 1, "piece": 1}, {"id": 1, "piece": 2}])


def test_a_record_without_an_id_is_refused() -> None:
    with pytest.raises(ValueError, match="no id"):
        evaluate([{"story": 1}], [])


@given(GROUPINGS)
def test_swapping_labels_and_predictions_swaps_precision_and_recall(groups: list[tuple[int, int]]) -> None:
    gold, predicted = ({number: pair[side] for number, pair in enumerate(groups)} for side in (0, 1))
    found, turned = score(gold, predicted), score(predicted, gold)
    assert found["b3_precision"] == pytest.approx(turned["b3_recall"])
    assert found["pair_precision"] == pytest.approx(turned["pair_recall"])
    assert found["ari"] == pytest.approx(turned["ari"])


@pytest.mark.acceptance
@pytest.mark.skipif(not INDEPENDENT.exists(), reason=f"{INDEPENDENT} is not there")
def test_figures_are_those_of_the_independent_evaluator() -> None:
    spec = importlib.util.spec_from_file_location("independent", INDEPENDENT)
    assert spec is not None
    assert spec.loader is not None
    independent = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(independent)
    for seed in range(40):
        gold = {number: (number * (seed + 3)) % 7 for number in range(50)}
        predicted = {number: (number * number + seed) % 6 for number in range(50)}
        ours, theirs = score(gold, predicted), independent.score(gold, predicted)
        names = {"b3_precision": "b3_p", "b3_recall": "b3_r", "b3_f1": "b3_f1", "pair_precision": "pw_p"}
        names |= {"pair_recall": "pw_r", "pair_f1": "pw_f1", "ari": "ari"}
        assert {name: ours[name] for name in names} == {
            name: pytest.approx(theirs[other]) for name, other in names.items()
        }, json.dumps(ours)
