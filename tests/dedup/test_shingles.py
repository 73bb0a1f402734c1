from __future__ import annotations

import html
import unicodedata

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.folding import MAX_CHARACTERS, fold, fold_at_length
from aggregator.dedup.shingles import CHUNK, read, shingles, shingles_of, token_hashes, unique

WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=1, max_size=30)


def same(first: str, second: str) -> bool:
    return np.array_equal(shingles(first), shingles(second))


@given(WORDS)
def test_letter_case_and_punctuation_make_no_difference(words: list[str]) -> None:
    assert same(" ".join(words), " — ".join(words).upper() + "!")


@given(WORDS)
def test_the_ascii_path_gives_what_the_general_path_gives(words: list[str]) -> None:
    assert np.array_equal(token_hashes(" ".join(words)), token_hashes(" ".join(words) + " …"))


@given(st.text(max_size=200))
def test_folding_letter_by_letter_gives_what_unicode_says_of_the_whole_text(text: str) -> None:
    plain = text.replace("&", " ")
    short, long = (each.codes[each.codes > 0].tolist() for each in (fold(plain), fold_at_length(plain)))
    assert short == long
    assert same(plain, unicodedata.normalize("NFKC", plain).casefold())


def test_every_letter_of_the_basic_plane_folds_alone_as_it_does_beside_others() -> None:
    for start in range(1, 0x10000, 64):
        text = " ".join(f"a{chr(code)}b" for code in range(start, start + 64) if code != ord("&"))
        assert np.array_equal(token_hashes(text), token_hashes(text + " \U0001f6a2")), hex(start)


@given(st.lists(st.text(max_size=80), max_size=8))
def test_many_texts_are_read_as_each_is_alone(texts: list[str]) -> None:
    long = "harbour gate " * (CHUNK // 20)
    for text, reading in zip([long, *texts, long], read([long, *texts, long]), strict=True):
        alone = read([text])[0]
        assert np.array_equal(reading.tokens, alone.tokens)
        assert np.array_equal(reading.shingles, alone.shingles)
        assert reading.letters == alone.letters


@given(st.lists(st.text("aeéüñ&<字", min_size=1, max_size=6), min_size=1, max_size=20))
def test_text_that_was_escaped_once_or_twice_is_the_same_text(words: list[str]) -> None:
    plain = " ".join(words).replace("&", "+")
    assert same(plain, html.escape(html.escape(plain)))


@given(st.text(max_size=300))
def test_composed_and_decomposed_letters_are_the_same(text: str) -> None:
    plain = text.replace("&", " ")
    assert same(unicodedata.normalize("NFC", plain), unicodedata.normalize("NFD", plain))


@given(st.text(max_size=300))
def test_any_text_gives_one_shingle_fewer_than_tokens_by_two(text: str) -> None:
    tokens = token_hashes(text)
    expected = max(len(tokens) - 2, min(len(tokens), 1))
    assert len(shingles(text)) == expected
    assert shingles(text).dtype == np.uint32


@given(WORDS, WORDS)
def test_a_text_contains_the_shingles_of_its_parts(first: list[str], second: list[str]) -> None:
    whole = set(shingles(" ".join(first + second)).tolist())
    parts = [words for words in (first, second) if len(words) >= 3]
    assert all(set(shingles(" ".join(words)).tolist()) <= whole for words in parts)


def test_the_order_of_words_matters() -> None:
    assert not same("one two three", "three two one")


def test_full_width_letters_ligatures_and_sharp_s_are_folded() -> None:
    assert same("Ｈａｒｂｏｕｒ ﬁnds Straße again", "harbour finds strasse again")


def test_soft_hyphens_and_joiners_are_not_there() -> None:
    assert same("the har\u00adbour was\u200b closed to\ufeffday", "the harbour was closed today")


def test_an_apostrophe_parts_words_whichever_way_it_is_written() -> None:
    assert same("it isn't the mayor's boat", "it isn’t the mayor’s boat")


def test_scripts_without_spaces_give_overlapping_pairs() -> None:
    assert len(token_hashes("港口昨天关闭")) == 5
    assert set(shingles("港口昨天关闭").tolist()) < set(shingles("据报道港口昨天关闭了").tolist())


def test_pairs_do_not_reach_over_punctuation() -> None:
    assert len(token_hashes("港口，昨天")) == 2


def test_words_and_ideographs_may_stand_side_by_side() -> None:
    assert len(token_hashes("港口abc昨天")) == 3


def test_vowel_signs_stay_within_their_word() -> None:
    assert len(token_hashes("बंदरगाह कल बंद था")) == 4


def test_rare_ideographs_count_and_pictographs_do_not() -> None:
    assert len(token_hashes("𠀀𠀁𠀂")) == 2
    assert len(token_hashes("🚢🚢 harbour 🚢")) == 1


def test_an_empty_text_and_one_of_punctuation_give_nothing() -> None:
    assert len(shingles("")) == len(shingles(" … — !")) == 0


def test_a_text_of_two_words_gives_one_shingle_that_others_do_not_share() -> None:
    assert len(shingles("harbour closed")) == 1
    assert not same("harbour closed", "harbour opened")


def test_no_more_than_the_bound_is_looked_at() -> None:
    long = "harbour " * (MAX_CHARACTERS // 4)
    assert len(token_hashes(long)) == MAX_CHARACTERS // 8


def test_a_lone_surrogate_does_no_harm() -> None:
    assert len(token_hashes("harbour \ud800 closed")) == 2


@given(st.lists(st.integers(0, 2**32 - 1), max_size=50))
def test_unique_is_what_numpy_says(values: list[int]) -> None:
    array = np.array(values, np.uint32)
    assert np.array_equal(unique(array), np.unique(array))


def test_few_of_many_shingles_collide() -> None:
    tokens = np.arange(200_000, dtype=np.uint32) * np.uint32(2_654_435_761)
    assert len(np.unique(shingles_of(tokens))) > 199_980
