"""Tokens, features, frequencies and titles: what a piece is compared by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.features import FIRST_WORDS, Counted, Vector, count, number_mask, numbers, weigh, word_count
from aggregator.stories.frequencies import RECENT, TERM_SPACE, TermTable
from aggregator.stories.records import VERSION, TermCounts
from aggregator.stories.titles import TitleSegments
from aggregator.stories.tokens import stem, tokens


def table(*texts: str) -> TermTable:
    made = TermTable("en")
    made.learn([count(text, "").terms for text in texts])
    return made


def cosine(one: Vector, other: Vector) -> float:
    _, first, second = np.intersect1d(one.terms, other.terms, return_indices=True)
    return float(one.weights[first] @ other.weights[second])


def test_case_accents_and_possessives_do_not_part_words() -> None:
    assert tokens("The CAFÉ’s owner") == tokens("cafe owner")


def test_scripts_without_spaces_give_pairs_of_characters() -> None:
    assert tokens("東京都庁") == ["東京", "京都", "都庁"]


def test_a_plural_meets_its_singular_and_a_long_word_its_inflections() -> None:
    assert stem("bridges") == stem("bridge")
    assert stem("inspecting") == stem("inspection")
    assert stem("boss") == "boss"


def test_the_arabic_article_does_not_part_words() -> None:
    assert stem("الحكومة") == stem("حكومة")


def test_only_the_first_sixty_words_count() -> None:
    beginning = " ".join(f"word{number}x" for number in range(FIRST_WORDS))
    assert np.array_equal(count("", beginning).terms, count("", beginning + " another").terms)


def test_a_title_counts_twice() -> None:
    counted = count("zebra", "giraffe")
    zebra, giraffe = count("zebra", "").terms, count("", "giraffe").terms
    assert set(counted.frequency[np.isin(counted.terms, zebra)]) == {1.0 + np.log(2)}
    assert set(counted.frequency[np.isin(counted.terms, giraffe)]) == {1.0}


@pytest.mark.parametrize("again", ["Zebra crosses", "ZEBRA crosses:", "The zebra’s – crosses!"])
def test_a_text_that_begins_with_its_title_says_no_more_than_the_rest_of_it(again: str) -> None:
    once, repeated = count("Zebra crosses", "Giraffe waits"), count("Zebra crosses", f"{again} Giraffe waits")
    assert np.array_equal(once.terms, repeated.terms)
    assert np.array_equal(once.frequency, repeated.frequency)


def test_a_text_that_begins_like_its_title_counts_in_full() -> None:
    counted = count("Zebra crosses", "Zebra crossing closed")
    zebra = np.isin(counted.terms, count("zebra", "").terms)
    assert set(counted.frequency[zebra]) == {1.0 + np.log(3)}


def test_words_are_counted_apart_from_their_parts() -> None:
    assert word_count(count("zebra crossing closed", "zebra").terms) == 3


def test_a_rare_word_weighs_more_than_a_common_one() -> None:
    learnt = table(*["harbour news"] * 9, "zebra news")
    vector = weigh(count("harbour zebra", ""), learnt)
    harbour, zebra = (
        vector.weights[np.isin(vector.terms, count(word, "").terms)].sum() for word in ("harbour", "zebra")
    )
    assert zebra > harbour


ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=300)


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_gives_a_unit_vector_or_none_and_the_same_each_time(title: str, text: str) -> None:
    counted = count(title, text)
    vector = weigh(counted, table("some other news"))
    assert np.array_equal(vector.terms, np.unique(vector.terms))
    assert not len(vector.terms) or abs(float(np.linalg.norm(vector.weights.astype(np.float32))) - 1.0) < 1e-3
    again = weigh(count(title, text), table("some other news"))
    assert vector.weights.tobytes() == again.weights.tobytes()


@given(
    st.lists(st.sampled_from("harbour bridge barge frost apricot mask elder".split()), min_size=1, max_size=8),
    st.randoms(),
)
def test_the_order_of_words_does_not_matter(found: list[str], chance) -> None:  # type: ignore[no-untyped-def]
    learnt = table("harbour bridge", "frost apricot", "mask elder")
    shuffled = chance.sample(found, len(found))
    first, second = (weigh(count(" ".join(words), ""), learnt) for words in (found, shuffled))
    assert abs(cosine(first, second) - 1.0) < 2e-3


def test_numbers_leave_out_years_and_long_codes_and_what_stands_late() -> None:
    assert numbers("Flight 815 of 2004", "case 1234567 " + "x" * 200 + " 42") == ("815",)


def test_masks_of_common_numbers_meet() -> None:
    assert number_mask(("7", "12")) & number_mask(("12", "90"))
    assert number_mask(()) == 0


def test_a_table_restored_from_its_records_weighs_the_same() -> None:
    chance = np.random.default_rng(1)
    kept: dict[str, TermCounts] = {}
    learnt = TermTable("en")
    for _ in range(40):
        learnt.learn([np.unique(chance.integers(0, TERM_SPACE, 50).astype(np.uint32)) for _ in range(5)])
        kept |= {record.language: record for record in learnt.records()}
        restored = TermTable("en")
        for record in kept.values():
            restored.restore(record)
        assert np.array_equal(restored.counts, learnt.counts)
        assert restored.pieces == learnt.pieces
        names = {f"{VERSION}:en", f"{VERSION}:en{RECENT}"}
        assert {one.language for one in restored.records()} <= names


def test_a_small_batch_rewrites_little_of_a_large_table() -> None:
    chance = np.random.default_rng(2)
    learnt = TermTable("en")
    documents = [np.unique(chance.integers(0, TERM_SPACE, 100).astype(np.uint32)) for _ in range(1600)]
    learnt.learn(documents[:1590])
    learnt.records()
    learnt.learn(documents[1590:])
    (recent,) = learnt.records()
    assert (recent.language, recent.pieces) == (f"{VERSION}:en+", 10)
    assert len(recent.terms) <= 10 * 100 * 4


def test_an_outlets_name_behind_its_titles_is_learnt_and_left_out() -> None:
    segments = TitleSegments()
    titles = [("f", f"Headline number {number} | Daily Example") for number in range(5)]
    assert segments.strip(titles)[0] == "Headline number 0"
    assert segments.strip([("f", "One more - Daily Example")]) == ["One more"]


def test_a_segment_that_stands_once_stays() -> None:
    assert TitleSegments().strip([("f", "Frost - growers count losses")]) == ["Frost - growers count losses"]


def test_titles_of_unknown_feeds_are_left_alone() -> None:
    titles = [("", f"Games latest | report {number % 2}") for number in range(6)]
    assert TitleSegments().strip(titles) == [title for _, title in titles]


@pytest.mark.parametrize(
    ("title", "bare"),
    [
        ("Harbour Hour | 28 April 2020", "Harbour Hour"),
        ("Harbour Hour (April 28, 2020)", "Harbour Hour"),
        ("Harbour Hour - Tuesday, April 28, 2020 Part 2", "Harbour Hour"),
        ("Best of cartoons, April 28, 2020", "Best of cartoons"),
        ("Ponte fechada - 28/04/2020 - Folha", "Ponte fechada - Folha"),
        ("Мост закрыт | 28 апреля 2020", "Мост закрыт"),
        ("大桥关闭 | 2020年4月28日", "大桥关闭"),
        ("Bridge shut since 28 April 2020 after crash", "Bridge shut since 28 April 2020 after crash"),
        ("Bridge opens on April 28", "Bridge opens on April 28"),
        ("Ten books for summer 2020", "Ten books for summer 2020"),
        ("April 28, 2020", "April 28, 2020"),
        ("Tuesday, 28 April 2020", "Tuesday, 28 April 2020"),
        ("(28 April 2020)", "(28 April 2020)"),
    ],
)
def test_a_date_that_stands_apart_in_a_title_is_left_out(title: str, bare: str) -> None:
    assert TitleSegments().strip([("", title)]) == [bare]


def test_what_one_feed_repeats_says_nothing_of_another() -> None:
    segments = TitleSegments()
    segments.strip([("f", f"Text {number} | Example") for number in range(5)])
    assert segments.strip([("g", "Text | Example")]) == ["Text | Example"]


def test_a_title_of_nothing_but_recurring_segments_keeps_one() -> None:
    segments = TitleSegments()
    assert segments.strip([("f", "Daily | Example")] * 5)[-1] == "Daily"


def test_an_empty_text_has_no_terms() -> None:
    counted: Counted = count("", "")
    assert len(counted.terms) == 0
    assert len(weigh(counted, table("x")).weights) == 0
