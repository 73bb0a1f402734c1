from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.characters import (
    MAX_STACKED_MARKS,
    decode_attribute,
    decode_fully,
    decode_references,
    tidy,
    without_directions,
)


def test_controls_and_noncharacters_are_removed() -> None:
    assert tidy("a\x00b\x1b[31mc\x9fd\ufffee\U0001ffff") == "ab[31mcde"


def test_tag_characters_are_removed() -> None:
    assert tidy("safe\U000e0041\U000e007f") == "safe"


def test_lone_surrogates_are_removed() -> None:
    assert tidy("a\ud800b") == "ab"


def test_line_ends_of_every_kind_become_line_feeds() -> None:
    assert tidy("a\r\nb\rc\u2028d\u2029e\x85f") == "a\nb\nc\nd\ne\nf"


def test_a_direction_override_is_removed_even_when_it_is_closed() -> None:
    assert tidy("\u202eevil\u202c") == "evil"


def test_a_closed_isolate_stays() -> None:
    assert tidy("see \u2067שלום\u2069 there") == "see \u2067שלום\u2069 there"


def test_an_unclosed_embedding_is_removed() -> None:
    assert tidy("\u202bשלום") == "שלום"


def test_running_text_loses_all_embeddings_and_isolates() -> None:
    assert without_directions("see \u2067שלום\u2069 there") == "see שלום there"


def test_the_joiners_that_persian_needs_stay() -> None:
    assert tidy("می\u200cخواهم") == "می\u200cخواهم"


def test_piles_of_marks_are_cut() -> None:
    assert tidy("e" + "\u0301" * 80) == "e" + "\u0301" * MAX_STACKED_MARKS


def test_a_reference_of_thousands_of_digits_becomes_one_replacement_character() -> None:
    assert decode_references("a&#" + "9" * 5000 + ";b") == "a\ufffdb"


def test_a_query_that_looks_like_a_reference_survives_in_an_attribute() -> None:
    assert decode_attribute("/x?a=1&copy=2&amp;b=3") == "/x?a=1&copy=2&b=3"


def test_text_that_was_escaped_twice_is_decoded_twice() -> None:
    assert decode_fully("Smith &amp;amp; Sons &amp;#8211; today") == "Smith & Sons – today"


@settings(deadline=None)
@given(st.text())
def test_tidying_twice_changes_nothing_more(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
