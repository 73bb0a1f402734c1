import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.linkage import Groups, average_link, parts
from aggregator.stories.naming import Member, name_groups


def singles(matrix: np.ndarray, words: float = 60.0) -> Groups:
    """Every piece its own group, by the matrix of similarities."""
    across = matrix.astype(np.float64).copy()
    np.fill_diagonal(across, 0.0)
    count = len(matrix)
    return Groups(across=across, sizes=np.ones(count), inside=np.zeros(count), words=np.full(count, words))


def two_events(within: float, between: float, size: int = 4) -> np.ndarray:
    matrix = np.full((2 * size, 2 * size), between)
    matrix[:size, :size] = matrix[size:, size:] = within
    return matrix


def test_pieces_on_one_event_are_joined_and_strangers_are_not() -> None:
    assert average_link(singles(two_events(0.5, 0.0)), 0.13) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_two_tight_events_that_look_alike_stay_apart() -> None:
    assert len(average_link(singles(two_events(0.5, 0.24)), 0.13)) == 2


def test_a_loose_event_is_one_at_the_same_distance() -> None:
    assert len(average_link(singles(two_events(0.25, 0.24)), 0.13)) == 1


def test_bare_titles_show_no_gap() -> None:
    assert len(average_link(singles(two_events(0.5, 0.2), words=6.0), 0.13)) == 1


def test_a_block_counts_as_its_members() -> None:
    whole = average_link(singles(two_events(0.5, 0.2, size=2)), 0.13)
    blocks = Groups(
        across=np.array([[0.0, 0.4, 0.4], [0.4, 0.0, 0.5], [0.4, 0.5, 0.0]]),
        sizes=np.array([2.0, 1.0, 1.0]), inside=np.array([0.5, 0.0, 0.0]), words=np.array([120.0, 60.0, 60.0]),
    )  # fmt: skip
    assert (whole, average_link(blocks, 0.13)) == ([[0, 1], [2, 3]], [[0], [1, 2]])


def test_no_groups_give_no_groups() -> None:
    assert average_link(singles(np.zeros((0, 0))), 0.1) == []


@st.composite
def matrices(draw: st.DrawFn) -> np.ndarray:
    count = draw(st.integers(2, 9))
    chance = np.random.default_rng(draw(st.integers(0, 10_000)))
    upper = np.triu(chance.random((count, count)) * (chance.random((count, count)) < 0.6), 1)
    return upper + upper.T


@given(matrices(), st.floats(0.05, 0.6))
def test_every_piece_is_in_one_group_and_the_order_of_pieces_does_not_matter(
    matrix: np.ndarray, threshold: float
) -> None:
    groups = average_link(singles(matrix), threshold)
    assert sorted(one for group in groups for one in group) == list(range(len(matrix)))
    order = np.random.default_rng(0).permutation(len(matrix))
    again = average_link(singles(matrix[np.ix_(order, order)]), threshold)
    assert {frozenset(group) for group in groups} == {frozenset(order[group].tolist()) for group in again}


@given(matrices(), st.floats(0.05, 0.6))
def test_linking_part_by_part_is_linking_all(matrix: np.ndarray, threshold: float) -> None:
    first, second = np.nonzero(np.triu(matrix))
    found = parts(len(matrix), first, second, matrix[first, second], threshold, 100)
    by_part = [
        part[group].tolist() for part in found for group in average_link(singles(matrix[np.ix_(part, part)]), threshold)
    ]
    whole = average_link(singles(matrix), threshold)
    assert {frozenset(group) for group in by_part} == {frozenset(group) for group in whole}


def test_a_part_that_is_too_large_is_cut_along_its_weakest_link() -> None:
    first, second = np.array([0, 1, 2, 3, 4]), np.array([1, 2, 3, 4, 5])
    values = np.array([0.9, 0.9, 0.2, 0.9, 0.9])
    assert [part.tolist() for part in parts(6, first, second, values, 0.1, 3)] == [[0, 1, 2], [3, 4, 5]]


def test_a_part_that_is_too_large_and_all_equal_is_cut_into_few() -> None:
    first, second = np.triu_indices(7, 1)
    found = parts(7, first, second, np.full(len(first), 1.0), 0.1, 3)
    assert [part.tolist() for part in found] == [[0, 1, 2], [3, 4, 5], [6]]


@given(matrices(), st.integers(1, 4))
def test_parts_hold_every_piece_once_and_never_too_many(matrix: np.ndarray, largest: int) -> None:
    first, second = np.nonzero(np.triu(matrix))
    found = parts(len(matrix), first, second, matrix[first, second], 0.05, largest)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(matrix)))
    assert max(len(part) for part in found) <= largest


def young(piece: int, story: int) -> Member:
    return Member(piece, story, frozen=False)


def frozen(piece: int, story: int) -> Member:
    return Member(piece, story, frozen=True)


def test_an_id_goes_to_the_group_with_most_frozen_pieces() -> None:
    groups = [[young(2, 1), young(3, 1), young(4, 1)], [frozen(1, 1)]]
    assert name_groups(groups, (), ()) == [2, 1]


def test_an_id_goes_to_the_larger_group_where_nothing_is_frozen() -> None:
    assert name_groups([[young(9, 1)], [young(1, 1), young(2, 1)]], (), ()) == [9, 1]


def test_merged_stories_take_the_older_id_where_they_are_equal() -> None:
    assert name_groups([[young(1, 1), young(2, 2)]], (), ()) == [1]


def test_a_group_takes_no_id_that_ever_named_another_story_while_it_has_another() -> None:
    groups = [[young(5, 5), young(6, 5), young(7, 5)], [young(3, 5), young(4, 5)]]
    assert name_groups(groups, (), {3}) == [5, 4]


def test_an_absorbed_story_comes_back_under_its_own_id() -> None:
    groups = [[young(5, 5), young(6, 5)], [young(3, 5)]]
    assert name_groups(groups, (), {3}) == [5, 3]


def test_a_founding_piece_that_leaves_takes_its_id_along_while_nobody_has_seen_it() -> None:
    groups = [[young(1, 1)], [young(2, 1), young(3, 1)]]
    assert name_groups(groups, (), ()) == [1, 2]


def test_a_founding_piece_stays_where_readers_have_seen_its_id() -> None:
    groups = [[young(1, 1)], [frozen(2, 1), young(3, 1)]]
    assert name_groups(groups, (), ()) == [None, 1]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans()), min_size=1, max_size=20))
def test_names_are_distinct_and_belong_to_the_group(drawn: list[tuple[int, int, bool]]) -> None:
    labels: dict[int, int] = {}
    groups: dict[int, list[Member]] = {}
    for piece, (group, story, is_frozen) in enumerate(drawn):
        label = labels.setdefault(story, piece)
        groups.setdefault(group, []).append(Member(piece, label, is_frozen))
    names = name_groups(list(groups.values()), (), ())
    given_names = [name for name in names if name is not None]
    assert len(given_names) == len(set(given_names))
    for name, members in zip(names, groups.values(), strict=True):
        assert name is None or name in {member.piece for member in members} | {member.story for member in members}
