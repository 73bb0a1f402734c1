"""How well do groups agree with labels? Pure: two streams of records in, figures out.

Pieces are scored by `dup_group` against `piece`, stories by `story` against `story`. A record whose label is null is
not scored; one that was not predicted stands alone. Figures: B-cubed (Bagga and Baldwin 1998), pairwise, and the
adjusted Rand index (Hubert and Arabie 1985), which is 0 for chance and 1 for agreement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

QUESTIONS: Final = {"piece": "dup_group", "story": "story"}
"""The predicted field and the label it is held against."""


def evaluate(gold: Iterable[Mapping[str, Any]], predicted: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Score predictions, joined to the labels by `id`.

    Returns for `piece` and `story`, where there are labels and predictions for them: `count`, `gold_groups`,
    `predicted_groups`, `missing`, `b3_precision`, `b3_recall`, `b3_f1`, `pair_precision`, `pair_recall`, `pair_f1`
    and `ari`. Raises ValueError when one id is predicted twice, or a record has no id.
    """
    labels = list(gold)
    answers = _by_id(predicted)
    scores = {}
    for field, label in QUESTIONS.items():
        asked = {_id(record): record[label] for record in labels if record.get(label) is not None}
        given = {key: record[field] for key, record in answers.items() if record.get(field) is not None}
        if asked and given:
            scores[field] = score(asked, given)
    return scores


def score(gold: Mapping[Any, Hashable], predicted: Mapping[Any, Hashable]) -> dict[str, float]:
    """Score one grouping against another over the ids of `gold`; an id without prediction stands alone."""
    missing = [key for key in gold if key not in predicted]
    group_of: dict[Hashable, Hashable] = {key: ("given", predicted[key]) for key in gold if key in predicted}
    group_of |= {key: ("missing", key) for key in missing}
    cells = Counter((label, group_of[key]) for key, label in gold.items())
    rows, columns = Counter(gold.values()), Counter(group_of.values())
    return {
        "count": len(gold),
        "gold_groups": len(rows),
        "predicted_groups": len(columns),
        "missing": len(missing),
        **_b_cubed(cells, rows, columns),
        **_pairwise(cells, rows, columns),
    }


def _b_cubed(
    cells: Counter[tuple[Hashable, Hashable]], rows: Counter[Hashable], columns: Counter[Hashable]
) -> dict[str, float]:
    total = rows.total()
    precision = sum(count * count / columns[column] for (_, column), count in cells.items()) / total
    recall = sum(count * count / rows[row] for (row, _), count in cells.items()) / total
    return {"b3_precision": precision, "b3_recall": recall, "b3_f1": _harmonic(precision, recall)}


def _pairwise(
    cells: Counter[tuple[Hashable, Hashable]], rows: Counter[Hashable], columns: Counter[Hashable]
) -> dict[str, float]:
    both, in_gold, in_predicted = (sum(map(_pairs, counts.values())) for counts in (cells, rows, columns))
    precision = both / in_predicted if in_predicted else 1.0
    recall = both / in_gold if in_gold else 1.0
    everything = _pairs(rows.total())
    expected = in_gold * in_predicted / everything if everything else 0.0
    most = (in_gold + in_predicted) / 2
    return {
        "pair_precision": precision,
        "pair_recall": recall,
        "pair_f1": _harmonic(precision, recall),
        "ari": (both - expected) / (most - expected) if most != expected else 1.0,
    }


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _harmonic(first: float, second: float) -> float:
    return 2 * first * second / (first + second) if first + second else 0.0


def _by_id(records: Iterable[Mapping[str, Any]]) -> dict[Hashable, Mapping[str, Any]]:
    found: dict[Hashable, Mapping[str, Any]] = {}
    for record in records:
        key = _id(record)
        if key in found:
            raise ValueError(f"id {key!r} is predicted twice")
        found[key] = record
    return found


def _id(record: Mapping[str, Any]) -> Hashable:
    key: Hashable = record.get("id")
    if key is None:
        raise ValueError(f"a record has no id: {str(record)[:80]}")
    return key
