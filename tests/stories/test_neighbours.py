import numpy as np
import pytest

from aggregator.stories import neighbours
from aggregator.stories.features import Vector, count, number_mask, weigh
from aggregator.stories.frequencies import TermTable
from aggregator.stories.neighbours import FLOOR, LEAST_KEPT, MOST_AMONG, MOST_LINKS, Window
from aggregator.stories.retrieval import BLOCK, MERGED


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
    assert links(made, 2) == pytest.approx({0: 1.0, 1: 1.0}, abs=1e-3)


def test_similarity_fades_with_time_and_ends_with_the_window() -> None:
    made = window(["harbour bridge"] * 4, [0.0, 0.2, 1.0, 3.1])
    same_day, next_day = links(made, 1)[0], links(made, 2)[0]
    assert same_day == pytest.approx(1.0, abs=1e-3)
    assert next_day < 0.6
    assert 0 not in links(made, 3)


def test_differing_numbers_cost_a_little_and_a_common_one_nothing() -> None:
    made = window(["harbour bridge"] * 4, [0.0] * 4, [("7",), ("8",), (), ("7", "9")])
    assert links(made, 1)[0] == pytest.approx(1.0 - neighbours.NUMBER_PENALTY, abs=1e-3)
    assert links(made, 2)[0] == pytest.approx(1.0, abs=1e-3)
    assert links(made, 3)[0] == pytest.approx(1.0, abs=1e-3)


def made_up(texts: int) -> list[str]:
    """Titles of seven words out of 3,600: a few of them share a word with any other."""
    chance = np.random.default_rng(4)
    syllables = [f"{first}{second}" for first in "bdfgklmnpr" for second in "aeiouy"]
    vocabulary = [one + other for one in syllables for other in syllables]
    chosen = chance.integers(0, len(vocabulary), (texts, 7)).tolist()
    return [" ".join(vocabulary[word] for word in words) for words in chosen]


@pytest.mark.parametrize("days", [0.0, 2.8], ids=["all at once", "the last ones days later"])
def test_every_pair_from_the_floor_on_is_found_whatever_the_index_was_built_of(days: float) -> None:
    count = BLOCK * (MERGED + 1) + 300
    texts = made_up(count)
    texts[-1], texts[-198] = texts[50], texts[1000]
    at = [days * (row >= BLOCK * MERGED) + row / count / 10 for row in range(count)]
    made = window(texts, at)
    made.links(range(400))
    checked, oldest = 0, 0.0
    for row in range(count - 1, 0, -197):
        found = links(made, row)
        for other in range(0, row, 5):
            _, first, second = np.intersect1d(made.vector(row).terms, made.vector(other).terms, return_indices=True)
            cosine = float(
                made.vector(row).weights[first].astype(np.float64) @ made.vector(other).weights[second].astype(float)
            )
            left = np.exp(-neighbours.DECAY * max(0.0, at[row] - at[other] - neighbours.GRACE))
            if cosine * left >= FLOOR + 1e-3:
                assert found[other] == pytest.approx(cosine * left, abs=1e-3)
                checked, oldest = checked + 1, max(oldest, at[row] - at[other])
    assert checked > 50
    assert oldest >= days


def test_links_do_not_depend_on_what_was_asked_before() -> None:
    texts = made_up(BLOCK * MERGED + 200)
    at_once, piecemeal = window(texts, [0.0] * len(texts)), Window(3.0)
    vectors = [at_once.vector(row) for row in range(len(texts))]
    for start in range(0, len(texts), 150):
        batch = vectors[start : start + 150]
        piecemeal.append(batch, [0.0] * len(batch), [0] * len(batch))
        piecemeal.links(range(start, start + len(batch)))
    for row in (100, 700, 2000, len(texts) - 1):
        assert links(at_once, row) == links(piecemeal, row)


def test_links_that_were_forgotten_for_room_are_found_again() -> None:
    texts = ["harbour bridge"] * 600
    made = window(texts, [0.0] * len(texts))
    before = [links(made, row) for row in (3, 300, 599)]
    made.links(range(len(texts)))
    assert made._links.pairs > LEAST_KEPT
    assert [links(made, row) for row in (3, 300, 599)] == before
    assert made._links.pairs < LEAST_KEPT * 2


def test_links_among_rows_are_the_same_whether_they_are_remembered_or_not() -> None:
    texts = made_up(BLOCK * 2)
    made = window(texts, [0.0] * len(texts))
    rows = [*range(900, 1000), *range(100, 200), *range(500, 600)]
    anew = made.links_among(rows)
    whole = made.links(rows)
    remembered = made.links_among(rows)
    found = 0
    for reckoned, all_of_them, again in zip(anew, whole, remembered, strict=True):
        asked_for = np.isin(all_of_them.rows, rows)
        assert reckoned.rows.tolist() == all_of_them.rows[asked_for].tolist()
        assert reckoned.values.tolist() == all_of_them.values[asked_for].tolist()
        assert again.rows.tolist() == reckoned.rows.tolist()
        assert again.values.tolist() == reckoned.values.tolist()
        found += len(reckoned.rows)
    assert found > 100
    assert made.links_among([]) == []


def test_forgetting_rows_renumbers_links() -> None:
    made = window(["harbour bridge", "apricot frost", "harbour bridge", "harbour bridge"], [0.0] * 4)
    before = links(made, 3)
    numbers = made.keep(np.array([False, True, True, True]))
    assert numbers.tolist() == [-1, 0, 1, 2]
    assert links(made, 2) == {1: before[2]}


def test_a_vector_without_terms_is_like_nothing() -> None:
    made = window(["harbour", "harbour"], [0.0, 0.0])
    made.append([Vector(terms=np.zeros(0, np.uint32), weights=np.zeros(0, np.float16))] * 2, [0.0, 0.0], [0, 0])
    assert links(made, 3) == {}


def test_a_flood_of_equal_titles_keeps_a_bounded_number_of_links() -> None:
    made = window(["harbour bridge"] * 2500, [0.0] * 2500)
    (last,) = made.links([2499])
    assert last.rows.tolist() == list(range(499, 2499))
    among = made.links_among(range(2500))
    assert sum(len(one.rows) for one in among) <= MOST_AMONG
    share = MOST_AMONG // 2500
    assert among[2499].rows.tolist() == list(range(2499 - share, 2499))
    assert among[share // 2].rows.tolist() == list(range(share // 2))


def test_of_too_many_links_the_strongest_are_kept() -> None:
    texts = ["harbour bridge", *["harbour bridge apricot"] * MOST_LINKS, "harbour bridge"]
    made = window(texts, [0.0] * len(texts))
    (last,) = made.links([len(texts) - 1])
    assert len(last.rows) == MOST_LINKS
    assert 0 in last.rows
    assert 1 not in last.rows
