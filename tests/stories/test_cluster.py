import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import chain

import pytest

from aggregator.config import Stories
from aggregator.stories.cluster import Clusterer
from aggregator.stories.records import PieceText, TermCounts
from tests.stories.builders import EVENTS, NOON, Keeper, event, piece, run, stream


def clusterer() -> Clusterer:
    return Clusterer(Stories())


def test_pieces_on_one_event_share_a_story_and_others_do_not() -> None:
    labels: dict[int, int] = {}
    run(clusterer(), [*event("bridge", 1), *event("orchard", 11), *event("museum", 21)], labels)
    assert labels == {1: 1, 2: 1, 3: 1, 11: 11, 12: 11, 21: 21, 22: 21}


def test_a_story_is_named_after_its_founding_piece_and_dated_by_its_pieces() -> None:
    subject, pieces = clusterer(), event("bridge", 7)
    run(subject, pieces, {})
    (story,) = subject.stories([7])
    assert (story.id, story.pieces, story.language) == (7, (7, 8, 9), "en")
    assert (story.first_at, story.last_at) == (pieces[0].at, pieces[-1].at)


def test_a_founding_piece_scores_nothing_and_a_joining_one_at_least_the_threshold() -> None:
    first, second, _ = clusterer().place(event("bridge", 1))
    assert first.score == 0.0
    assert second.score >= Stories().threshold


def test_languages_never_mix_and_a_region_is_no_language() -> None:
    texts = [text for _, text in EVENTS["bridge"]]
    batch = [
        piece(1, texts[0], language="en-GB"), piece(2, texts[0], language="en_US"),
        piece(3, texts[0], language="de"), piece(4, texts[0], language=None),
    ]  # fmt: skip
    assert [one.story for one in clusterer().place(batch)] == [1, 1, 3, 4]


def test_the_same_words_after_the_window_are_another_story() -> None:
    subject, labels = clusterer(), dict[int, int]()
    run(subject, event("bridge", 1), labels)
    run(subject, event("bridge", 11, at=NOON + timedelta(hours=80)), labels)
    assert {labels[11], labels[12], labels[13]} == {11}


def test_an_old_piece_that_comes_in_late_does_not_join_an_active_story() -> None:
    subject = clusterer()
    subject.place(event("bridge", 1))
    late = event("bridge", 11, at=NOON - timedelta(hours=100))[:1]
    assert [one.story for one in subject.place(late)] == [11]


def test_a_new_story_continues_an_ended_one_like_it() -> None:
    subject, labels = clusterer(), dict[int, int]()
    run(subject, [*event("bridge", 1), *event("orchard", 5)], labels)
    run(subject, event("museum", 21, at=NOON + timedelta(hours=76)), labels)
    run(subject, event("bridge", 31, at=NOON + timedelta(hours=100)), labels)
    (story,) = subject.stories([labels[31]])
    assert story.continues == 1
    assert subject.stories([labels[21]])[0].continues is None


def test_a_story_older_than_two_weeks_is_not_continued() -> None:
    subject, labels = clusterer(), dict[int, int]()
    run(subject, event("bridge", 1), labels)
    run(subject, event("museum", 21, at=NOON + timedelta(days=10)), labels)
    run(subject, event("bridge", 31, at=NOON + timedelta(days=15)), labels)
    assert subject.stories([labels[31]])[0].continues is None


def test_a_piece_placed_twice_keeps_its_place() -> None:
    subject = clusterer()
    first = subject.place(event("bridge", 1))
    again = subject.place(event("bridge", 1))
    assert [one.story for one in again] == [one.story for one in first]
    assert subject.stories([1])[0].pieces == (1, 2, 3)


def test_assignments_come_in_the_order_of_the_texts_whatever_their_languages() -> None:
    batch = [piece(5, "eins zwei", language="de"), piece(3, "three four"), piece(9, "fünf sechs", language="de")]
    assert [one.piece for one in clusterer().place(batch)] == [5, 3, 9]


def test_pieces_without_any_word_stay_apart() -> None:
    placed = clusterer().place([piece(1, ""), piece(2, "—"), piece(3, "", "…")])
    assert [one.story for one in placed] == [1, 2, 3]


def test_nothing_placed_gives_nothing() -> None:
    subject = clusterer()
    assert subject.place([]) == ()
    assert subject.repair(NOON) == ()
    assert subject.stories([1]) == ()


def test_repair_moves_are_told_and_stories_agree_with_them() -> None:
    subject, labels = clusterer(), dict[int, int]()
    for batch in stream(3, 400):
        run(subject, batch, labels)
        for story in subject.stories(set(labels.values())):
            assert all(labels[one] == story.id for one in story.pieces)


def test_absorbed_ids_lead_to_their_heirs_and_no_id_is_both_alias_and_story() -> None:
    subject, labels, aliases = clusterer(), dict[int, int](), 0
    for batch in stream(5, 600):
        founded = {one.story for one in subject.place(batch)}
        moves = subject.repair(max(one.at for one in batch))
        assert founded <= {alias for story in subject.stories(founded) for alias in (story.id, *story.aliases)}
        stories = subject.stories(founded | {move.old for move in moves} | {move.new for move in moves})
        live = {story.id for story in stories}
        gone = [alias for story in stories for alias in story.aliases]
        assert not live & set(gone)
        assert len(gone) == len(set(gone))
        aliases += len(gone)
        labels |= {one: story.id for story in stories for one in story.pieces}
    assert aliases, "the stream must make stories merge, or this test says nothing"


@pytest.mark.parametrize("seed", [7, 8])
def test_what_an_edition_has_shown_stays_in_its_story_whatever_comes_later(seed: int) -> None:
    subject, labels, shown, moved = clusterer(), dict[int, int](), set[int](), 0
    for number, batch in enumerate(stream(seed, 500), 1):
        held = dict(labels)
        run(subject, batch, labels)
        assert all(labels[one] == held[one] for one in held if one in shown)
        moved += sum(labels[one] != held[one] for one in held)
        if number % 5 == 0:
            subject.freeze(labels)
            shown = set(labels)
    assert moved, "the stream must make pieces move, or this test says nothing"


def test_pieces_freeze_six_hours_after_their_date() -> None:
    subject = clusterer()
    run(subject, event("bridge", 1), {})
    subject.changes()
    subject.repair(NOON + timedelta(hours=5))
    assert subject.changes()[0] == ()
    subject.repair(NOON + timedelta(hours=7))
    assert [(one.piece, one.frozen) for one in subject.changes()[0]] == [(1, True), (2, True), (3, True)]


def test_an_edition_freezes_what_it_showed_at_once() -> None:
    subject = clusterer()
    run(subject, event("bridge", 1), {})
    subject.changes()
    subject.freeze([2, 99])
    assert [(one.piece, one.frozen) for one in subject.changes()[0]] == [(2, True)]


def test_changes_are_told_once() -> None:
    subject = clusterer()
    run(subject, event("bridge", 1), {})
    vectors, _ = subject.changes()
    assert [one.piece for one in vectors] == [1, 2, 3]
    assert subject.changes()[0] == ()


@pytest.mark.parametrize("seed", [11, 12])
def test_restoring_before_any_batch_gives_what_uninterrupted_running_gives(seed: int) -> None:
    subject, keeper, labels = clusterer(), Keeper(), dict[int, int]()
    for number, batch in enumerate(stream(seed, 500)):
        if number % 7 == 3:
            other, expected = keeper.restored(), dict(labels)
            run(other, batch, expected)
        run(subject, batch, labels)
        if number % 7 == 3:
            assert labels == expected
            assert subject.stories(labels.values()) == other.stories(labels.values())
        keeper.save(subject)


@pytest.mark.parametrize("seed", [31, 32, 33])
def test_pieces_that_come_days_late_go_where_they_would_have_gone_without_a_restart(seed: int) -> None:
    subject, keeper, labels = clusterer(), Keeper(), dict[int, int]()
    for number, batch in enumerate(stream(seed, 500, hours=240, events=12, late=(12.0, 30.0, 60.0, 75.0, 100.0))):
        other, expected = keeper.restored() if number % 4 == 3 else None, dict(labels)
        now = NOON + timedelta(hours=240 * (number + 1) / 50 + 8)
        run(subject, batch, labels, now)
        if other is not None:
            run(other, batch, expected, now)
            assert labels == expected
        keeper.save(subject)


def test_a_chain_of_restarts_gives_what_uninterrupted_running_gives() -> None:
    subject, labels, expected = clusterer(), dict[int, int](), dict[int, int]()
    keeper = Keeper()
    for batch in stream(13, 400):
        run(subject, batch, labels)
        restarted = keeper.restored()
        run(restarted, batch, expected)
        keeper.save(restarted)
    assert labels == expected


def test_what_other_rules_have_counted_is_dropped_and_emptied_where_it_is_kept() -> None:
    old = TermCounts(language="1:en", pieces=9, terms=b"\1\0\0\0", counts=b"\7\0\0\0")
    older = replace(old, language="en")
    subject, fresh = clusterer(), clusterer()
    subject.restore([], [old, older], [])
    expected = fresh.place(event("bridge", 1))
    assert subject.place(event("bridge", 1)) == expected
    (_, counts), (_, untouched) = subject.changes(), fresh.changes()
    emptied = [TermCounts(language=name, pieces=0, terms=b"", counts=b"") for name in ("1:en", "en")]
    assert list(counts) == [*emptied, *untouched]
    assert subject.changes()[1] == fresh.changes()[1]


def test_the_same_stream_gives_the_same_stories() -> None:
    def stories() -> list[object]:
        subject, labels = clusterer(), dict[int, int]()
        for batch in stream(17, 300):
            run(subject, batch, labels)
        return [labels, subject.stories(labels.values()), subject.changes()]

    assert stories() == stories()


def test_what_has_left_the_window_leaves_memory() -> None:
    subject, labels = clusterer(), dict[int, int]()
    batches = list(stream(19, 600, hours=600))
    for batch in batches:
        run(subject, batch, labels)
    dates = {one.piece: one.at for one in chain.from_iterable(batches)}
    last = max(dates.values())
    for story in subject.stories(labels.values()):
        assert story.last_at >= last - timedelta(hours=80)
    assert len(subject.stories(labels.values())) < len(set(labels.values())) / 3


def drifting(texts: int) -> list[list[PieceText]]:
    """Batches of texts each of which shares all words but one with the next: like neighbours, unlike ends."""
    chance = random.Random(5)
    words = ["".join(chance.choice("bdfgklmnprstv") + chance.choice("aeiou") for _ in range(3)) for _ in range(420)]
    return [
        [piece(number + 1, " ".join(words[number : number + 20])) for number in range(start, start + 20)]
        for start in range(0, texts, 20)
    ]


def largest(labels: dict[int, int]) -> int:
    return Counter(labels.values()).most_common(1)[0][1]


def test_a_chain_of_alike_texts_is_not_one_story() -> None:
    subject, labels = clusterer(), dict[int, int]()
    for batch in drifting(400):
        run(subject, batch, labels)
    assert largest(labels) < 50


def test_a_hub_does_not_swallow_a_chain_even_before_its_repair() -> None:
    subject = clusterer()
    labels = {one.piece: one.story for batch in drifting(400) for one in subject.place(batch)}
    assert largest(labels) < 200


def test_a_story_that_comes_close_is_named_beside() -> None:
    subject = clusterer()
    batch = [
        piece(1, "Ferry strike enters second week", "Crews of the island ferries refuse to sail until wages rise with prices."),
        piece(2, "Ferry timetable grows", "Visitors can book bicycles on board in summer, the harbour office says."),
        piece(3, "Frost destroys apricot blossom", "Growers in the valley lit candles all night."),
    ]  # fmt: skip
    run(subject, batch, {})
    assert [story.see_also for story in subject.stories([1, 2, 3])] == [(2,), (1,), ()]
