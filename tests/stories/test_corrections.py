"""What people decide about pieces holds, whatever arrival, repair and a restart would make of them."""

from datetime import timedelta

from aggregator.config import Stories
from aggregator.stories.cluster import Clusterer
from tests.stories.builders import NOON, Keeper, event, run, stream


def of_three_events() -> tuple[Clusterer, dict[int, int]]:
    """Bridge: 1 to 3, orchard: 11 and 12, museum: 21 and 22."""
    subject, labels = Clusterer(Stories()), dict[int, int]()
    run(subject, [*event("bridge", 1), *event("orchard", 11), *event("museum", 21)], labels)
    return subject, labels


def members(subject: Clusterer, *pieces: int) -> list[tuple[int, ...]]:
    return [story.pieces for story in subject.stories(pieces)]


def test_a_pinned_piece_moves_at_once_and_stays() -> None:
    subject, labels = of_three_events()
    (move,) = subject.pin([12], 1, NOON)
    assert (move.piece, move.old, move.new) == (12, 11, 1)
    labels[12] = 1
    assert not subject.repair(NOON + timedelta(hours=1))
    run(subject, event("orchard", 31, at=NOON + timedelta(hours=2)), labels)
    assert labels[12] == labels[1] == 1


def test_pinning_a_storys_last_pieces_makes_it_an_alias() -> None:
    subject, _ = of_three_events()
    assert {move.piece for move in subject.pin([11, 12], 1, NOON)} == {11, 12}
    assert [(story.id, story.pieces, story.aliases) for story in subject.stories([11])] == [
        (1, (1, 2, 3, 11, 12), (11,))
    ]


def test_pinning_what_is_there_already_moves_nothing() -> None:
    subject, _ = of_three_events()
    assert subject.pin([1, 2], 1, NOON) == ()


def test_pieces_pinned_to_two_stories_never_share_one() -> None:
    subject, _ = of_three_events()
    subject.pin([1], 1, NOON)
    subject.pin([2], 21, NOON)
    run(subject, event("bridge", 31, at=NOON + timedelta(hours=1)), {})
    assert 2 in members(subject, 21)[0]
    assert 1 in members(subject, 1)[0]


def test_pieces_kept_apart_part_at_once_and_the_rest_keeps_the_name() -> None:
    subject, _ = of_three_events()
    (move,) = subject.keep_apart([1], [2], NOON)
    assert (move.piece, move.old, move.new) == (2, 1, 2)
    assert members(subject, 1, 2) == [(1, 3), (2,)]
    subject.repair(NOON + timedelta(hours=1))
    run(subject, event("bridge", 31, at=NOON + timedelta(hours=1)), {})
    assert all(not {1, 2} <= set(pieces) for pieces in members(subject, 1, 2, 31, 32, 33))


def test_a_founding_piece_that_is_split_off_takes_its_id_along_even_when_frozen() -> None:
    subject, _ = of_three_events()
    subject.freeze([1, 2, 3])
    assert {(move.piece, move.new) for move in subject.keep_apart([2, 3], [1], NOON)} == {(2, 2), (3, 2)}
    assert members(subject, 1, 2) == [(1,), (2, 3)]


def test_pieces_that_leave_together_stay_together() -> None:
    subject, _ = of_three_events()
    subject.keep_apart([1], [2, 3], NOON)
    assert members(subject, 1, 2) == [(1,), (2, 3)]


def test_a_whole_story_stays_out_of_another_under_a_pin_that_was_said_before_it_came() -> None:
    subject = Clusterer(Stories())
    subject.pin([12], 1, NOON)
    subject.place([*event("bridge", 1), *event("orchard", 11)])
    assert members(subject, 1, 11) == [(1, 2, 3, 12), (11,)]


def test_what_was_said_can_be_taken_back() -> None:
    subject, labels = of_three_events()
    subject.keep_apart([1], [2], NOON)
    labels[2] = 2
    subject.release([1, 2])
    run(subject, event("bridge", 31, at=NOON + timedelta(hours=1)), labels)
    assert {1, 2} <= set(members(subject, 1)[0])


def test_corrections_said_again_after_a_restart_move_nothing_and_hold_on() -> None:
    subject, labels, keeper = Clusterer(Stories()), dict[int, int](), Keeper()
    batches = list(stream(23, 400))
    for batch in batches[:20]:
        run(subject, batch, labels)
    ((first, second, *_), *_) = sorted(members(subject, *labels.values()), key=len, reverse=True)
    other = next(piece for piece, story in sorted(labels.items()) if story != labels[first])
    for move in (*subject.keep_apart([first], [second], NOON), *subject.pin([other], labels[first], NOON)):
        labels[move.piece] = move.new
    keeper.save(subject)
    restarted, expected = keeper.restored(), dict(labels)
    assert restarted.keep_apart([first], [second], NOON) == ()
    assert restarted.pin([other], labels[first], NOON) == ()
    for batch in batches[20:]:
        run(subject, batch, labels)
        run(restarted, batch, expected)
        assert labels[first] != labels[second]
    assert labels == expected
