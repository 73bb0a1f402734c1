"""Words from outside, made fit to stand among ours."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from aggregator.render import foreign, plain
from aggregator.render.foreign import ISOLATE, RELEASE, bare, cut, harmless, isolated, tidy, tidy_text
from aggregator.render.templates import say
from aggregator.text import characters

anything = st.text(alphabet=st.characters(exclude_categories=[]), max_size=200)
STEERING = re.compile("[\u202a-\u202e\u2066-\u2069\u061c]")


@given(anything)
def test_tidied_words_hold_no_control_no_surrogate_and_no_direction_mark(text: str) -> None:
    found = tidy(text)
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in found)
    assert not STEERING.search(found)
    assert found == found.strip()
    found.encode()


@given(anything)
def test_a_foreign_text_keeps_only_line_ends_between_paragraphs(text: str) -> None:
    assert all(line == tidy(line, 1000) for line in tidy_text(text).split("\n"))


@given(anything, st.integers(min_value=5, max_value=80))
def test_a_cut_text_is_no_longer_than_asked(text: str, limit: int) -> None:
    assert len(cut(text, limit)) <= limit


def test_a_text_is_cut_between_words_and_marked() -> None:
    assert cut("the gate had cracked in August", 20) == "the gate had…"


@given(anything)
def test_a_sentence_with_a_foreign_name_is_balanced_whatever_the_name(name: str) -> None:
    sentence = f"Credits {isolated(name)}, itself a copy"
    markup = str(say(sentence))
    assert markup.count("<bdi>") == markup.count("</bdi>") == 1
    assert ISOLATE not in markup
    assert RELEASE not in markup


def test_isolates_stay_in_plain_text_only_round_right_to_left_names() -> None:
    assert bare(f"First in {isolated('Quay Dispatch')}") == "First in Quay Dispatch"
    assert bare(f"First in {isolated('مرآة')}") == f"First in {ISOLATE}مرآة{RELEASE}"


@given(anything)
def test_what_is_printed_is_harmless_even_if_a_template_forgets(text: str) -> None:
    found = harmless(text)
    assert not re.search("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e]", found)


@given(st.text(max_size=400), st.sampled_from(["", "    ", "  * "]))
def test_lines_of_mail_fit_their_columns(text: str, indent: str) -> None:
    for line in plain.wrap(text, indent).split("\n"):
        assert plain.width(line) <= plain.COLUMNS + 1
        assert line.count(ISOLATE) == line.count(RELEASE)


def test_each_line_of_a_right_to_left_headline_is_isolated() -> None:
    title = "ميناء أفيريل يعيد فتح الرصيف الشرقي بعد إغلاق دام ثلاثة أسابيع كاملة في الميناء القديم"
    lines = plain.wrap(title, "    ", " 5. ").split("\n")
    assert len(lines) == 2
    assert all(line.strip(" 5.").startswith(ISOLATE) and line.endswith(RELEASE) for line in lines)


def test_wide_letters_take_two_columns() -> None:
    lines = plain.wrap("漢" * 50).split("\n")
    assert [len(line) for line in lines] == [36, 14]


def test_an_isolate_that_runs_over_a_lines_end_is_closed_and_opened_again() -> None:
    name = isolated("مرآة الساحل " * 8)
    lines = plain.wrap(f"First in {name}, Thursday 20:10.").split("\n")
    assert len(lines) > 1
    assert all(line.count(ISOLATE) == line.count(RELEASE) for line in lines)


def test_what_is_printed_without_a_closer_look_holds_nothing_that_must_go() -> None:
    untouched = "".join(letter for letter in map(chr, range(0x110000)) if not foreign._HARMFUL.search(letter))
    assert len(untouched) > 50_000
    assert characters.without_directions(characters.tidy(untouched)) == untouched


def test_only_a_code_that_names_a_language_is_stated() -> None:
    stated = ["en", "de-AT", "pt-BR", "zh-Hant-TW", "fil", "EN"]
    assert [foreign.language_tag(code) for code in stated] == stated
    assert [foreign.language_tag(code) for code in ("jav", "xx", "en_US", "<b>", "english", "", None)] == [None] * 7
