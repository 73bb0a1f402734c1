import numpy as np
import pytest

from aggregator.stories import neighbours
from aggregator.stories.features import Vector, count, number_mask, weigh
from aggregator.stories.frequencies import TermTable
from aggregator.stories.neighbours import FLOOR, Window


def window(
    texts: list[str], at: list[float], numbers: list[tuple[str, ...]] | None = None, span: float = 3.0
) -> Window:
    table = TermTable("en")
    counted = [count(text, "") for text in texts]
    table.learn([one.terms for one in counted])
    made = Window(span)
    made.append(
        [weigh(one, table) for one in counted], at, [number_mask(found) for found in numbers or [()] * len(texts)]
    )
    return made


def links(made: Window, row: int) -> dict[int, float]:
    (found,) = made.links([row])
    return dict(zip(found.rows.tolist(), found.values.tolist(), strict=True))


def test_links_lead_to_earlier_rows_only() -> None:
    made = window(["harbour bridge"] * 3, [0.0] * 3)
    assert links(made, 0) == {}
    assert links(made, 2) == pytest.approx({0: 1.0, 1: 1.0}, abs=1e-5)


def test_similarity_fades_with_time_and_ends_with_the_window() -> None:
    made = window(["harbour bridge"] * 4, [0.0, 0.2, 1.0, 3.1])
    same_day, next_day = links(made, 1)[0], links(made, 2)[0]
    assert same_day == pytest.approx(1.0, abs=1e-5)
    assert next_day < 0.6
    assert 0 not in links(made, 3)


def test_differing_numbers_cost_a_little_and_a_common_one_nothing() -> None:
    made = window(["harbour bridge"] * 4, [0.0] * 4, [("7",), ("8",), (), ("7", "9")])
    assert links(made, 1)[0] == pytest.approx(1.0 - neighbours.NUMBER_PENALTY, abs=1e-5)
    assert links(made, 2)[0] == pytest.approx(1.0, abs=1e-5)
    assert links(made, 3)[0] == pytest.approx(1.0, abs=1e-5)


def test_every_pair_from_the_floor_on_is_found_whatever_the_index_was_built_of() -> None:
    chance = np.random.default_rng(4)
    vocabulary = [f"{first}{second}" for first in "bdfgk" for second in "aeiouy"]
    vocabulary = [one + other for one in vocabulary for other in vocabulary]
    texts = [" ".join(chance.choice(vocabulary, 7)) for _ in range(neighbours.SMALLEST_FRESH + 300)]
    made = window(texts, [0.0] * len(texts))
    assert sum(len(found.rows) for found in made.links(range(400))) > 400
    every = made._matrix(range(len(texts)))
    similarities = (every @ every.T).toarray()
    for row in range(0, len(texts), 97):
        expected = {other for other in range(row) if similarities[row, other] >= FLOOR + 1e-4}
        found = links(made, row)
        assert expected <= found.keys()
        assert all(abs(found[other] - similarities[row, other]) < 1e-4 for other in found)


def test_forgetting_rows_renumbers_links() -> None:
    made = window(["harbour bridge", "apricot frost", "harbour bridge", "harbour bridge"], [0.0] * 4)
    before = links(made, 3)
    numbers = made.keep(np.array([False, True, True, True]))
    assert numbers.tolist() == [-1, 0, 1, 2]
    assert links(made, 2) == {1: before[2]}


def test_a_vector_without_terms_is_like_nothing() -> None:
    made = window(["harbour", "harbour"], [0.0, 0.0])
    made.append([Vector(terms=np.zeros(0, np.uint32), weights=np.zeros(0, np.float32))] * 2, [0.0, 0.0], [0, 0])
    assert links(made, 3) == {}
