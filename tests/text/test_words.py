import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.text.words import count_words, first_words, fold, standfirst, words


def test_case_width_and_accents_make_no_difference() -> None:
    assert fold("Ｚürich ÉTÉ ﬁn Straße ΆΛΦΑ") == "zurich ete fin strasse αλφα"


def test_arabic_vowel_signs_and_tatweel_are_dropped() -> None:
    assert fold("مُحَمَّـــد") == "محمد"


def test_vowel_signs_of_indic_scripts_and_sound_marks_of_kana_stay() -> None:
    assert fold("हिन्दी ガギグ") == "हिन्दी ガギグ"


@settings(deadline=None)
@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_words_are_letters_and_digits() -> None:
    assert words("The court's 2nd ruling — don't!") == ["the", "court", "s", "2nd", "ruling", "don", "t"]


def test_hindi_words_stay_whole() -> None:
    assert words("हिन्दी में लिखा।") == ["हिन्दी", "में", "लिखा"]


def test_hangul_is_taken_by_words() -> None:
    assert words("서울 시장이 말했다.") == ["서울", "시장이", "말했다"]


@pytest.mark.parametrize("text", ["東京大橋開通", "สะพานเปิด", "ຂົວເປີດ", "ស្ពានបើក", "တံတားဖွင့်"])
def test_scripts_without_spaces_become_overlapping_pairs(text: str) -> None:
    folded = fold(text)
    assert words(text) == [folded[place : place + 2] for place in range(len(folded) - 1)]


def test_a_mixed_run_is_taken_apart() -> None:
    assert words("2024年報") == ["2024", "年報"]
    assert words("橋") == ["橋"]


@settings(deadline=None)
@given(st.text(), st.text())
def test_words_of_two_lines_are_the_words_of_both(first: str, second: str) -> None:
    assert words(f"{first}\n{second}") == words(first) + words(second)


def test_characters_count_where_words_have_no_spaces() -> None:
    assert count_words("The bridge don't open: 大橋") == 6


def test_a_short_text_is_not_cut() -> None:
    assert first_words("One  two\nthree.", 3) == "One two three."


def test_a_cut_text_ends_in_a_mark() -> None:
    assert first_words("one two three four", 3) == "one two three…"


def test_a_cut_prefers_the_end_of_a_sentence() -> None:
    text = "The bridge is closed for now. Engineers will look at it on Monday morning, they said."
    assert first_words(text, 8) == "The bridge is closed for now. …"


def test_a_title_before_a_name_is_no_end_of_a_sentence() -> None:
    assert first_words("It was opened by Dr. Reed of the marshes", 6) == "It was opened by Dr. Reed…"


def test_chinese_is_cut_by_characters_at_its_own_full_stop() -> None:
    assert first_words("大橋今天開通了。市長說很高興看到", 9) == "大橋今天開通了。 …"


@settings(deadline=None)
@given(st.text(alphabet="abc .…橋\n", max_size=80), st.integers(1, 20))
def test_a_cut_text_has_no_more_than_the_wanted_words(text: str, count: int) -> None:
    assert count_words(first_words(text, count)) <= count


PARAGRAPH = "The old bridge over the Reed is closed until further notice, the harbour office said."


@pytest.mark.parametrize(
    "before",
    [
        "Old Bridge Closed",
        "OLD BRIDGE CLOSED.",
        "By Jo Doe",
        "By Jo Doe and Ann Rush, Harbour Post",
        "10 July 2026",
        "Published: 10 July 2026, 14:05",
        "Photo: the bridge at dawn / Harbour Post",
        "The bridge at dawn. (AP Photo/Jo Doe)",
        "A view of the bridge. Jo Doe/Getty Images",
        "Share this article",
        "Tweet",
        "Subscribe to our newsletter for more of this",
        "Editor's note: first printed in the Post",
    ],
)
def test_what_is_no_paragraph_is_passed_over(before: str) -> None:
    assert standfirst(f"{before}\n{PARAGRAPH}", "Old bridge closed") == PARAGRAPH


@pytest.mark.parametrize(
    "dateline",
    [
        "PARIS (AP) — ",
        "REEDHAM, Fenland, July 9 (Reuters) - ",
        "REEDHAM – ",
        "(Harbour Wire) -- ",
        "ST. IVES, July 9 — ",
    ],
)
def test_a_dateline_is_taken_off(dateline: str) -> None:
    assert standfirst(dateline + PARAGRAPH, "") == PARAGRAPH


@pytest.mark.parametrize(
    "tail",
    [
        " Read more",
        " Continue reading →",
        " […]",
        " The post Old Bridge appeared first on Harbour Post.",
        " (Read more at Post)",
    ],
)
def test_a_tail_is_taken_off(tail: str) -> None:
    assert standfirst(PARAGRAPH + tail, "") == PARAGRAPH


@pytest.mark.parametrize(
    "sentence",
    [
        "Save the eels, say the people who fish for them in the marshes.",
        "By Monday the river had risen above the second mark on the wall.",
        "Water – and there was much of it – stood in every street of the town.",
        "Comments by the mayor led to a long debate in the town hall on Monday.",
    ],
)
def test_a_sentence_that_begins_like_chatter_is_kept(sentence: str) -> None:
    assert standfirst(sentence, "") == sentence


def test_a_very_short_opening_takes_the_next_paragraph_with_it() -> None:
    assert standfirst(f"It was over.\n{PARAGRAPH}", "") == f"It was over. {PARAGRAPH}"


def test_nothing_but_the_title_gives_no_standfirst() -> None:
    assert standfirst("Old bridge closed\nShare this", "Old Bridge Closed") == ""
    assert standfirst("", "x") == ""


def test_a_long_paragraph_is_cut() -> None:
    assert count_words(standfirst(PARAGRAPH * 20, "", limit=30)) <= 30


@pytest.mark.parametrize(
    "dateline",
    ["PORT AVERIL, 9 July (Merrow Wire) — ", "London, July 9 (Reuters) - ", "(CNN) — ", "PARIS (AP) — ", "TAMSEL – "],
)
def test_datelines_of_every_house_style_are_taken_off(dateline: str) -> None:
    told = "Ferry pilots agreed on Thursday to talk for the first time in months."
    assert standfirst(dateline + told, "A title") == told


def test_a_clause_before_a_dash_is_no_dateline() -> None:
    told = "Nobody had expected it — The pilots agreed on Thursday to talk for the first time."
    assert standfirst(told, "A title") == told


@pytest.mark.parametrize(
    "line",
    [
        "Visit our website at https://heron.example",
        "► SUBSCRIBE for new films: https://heron.example/films",
        "Subscribe to our channel for updates about the ferry strike, the storm and everything else that moves the coast.",
        "To watch more news videos, click the link below:",
        "For more stories from the coast, visit the harbour page.",
        "#Ferry #Storm #Coast",
        "THE NUMBERS",
        "Ferry strike: Pilots agree to talk",
    ],
)
def test_lines_that_send_readers_away_headings_and_the_title_with_its_topic_are_passed_over(line: str) -> None:
    told = "The pilots of both ferries agreed on Thursday to talk for the first time in months."
    assert standfirst(f"{line}\n{told}", "Pilots agree to talk") == told
    assert standfirst(line, "Pilots agree to talk") == ""


@pytest.mark.parametrize("before", ["* ", "• ", "► ", "– ", "(Update 1, 5:44 p.m.) ", "[UPDATED] "])
@pytest.mark.parametrize("after", ["", " #Ferry #Coast", " https://heron.example/ferry"])
def test_bullets_marks_of_updates_tags_and_addresses_come_off_a_paragraph(before: str, after: str) -> None:
    told = "The pilots of both ferries agreed on Thursday to talk for the first time in months."
    assert standfirst(f"{before}{told}{after}", "A title") == told


@pytest.mark.parametrize(
    "told",
    [
        "For more than a year the pilots of both ferries had refused to talk with anybody at all.",
        "Visitors to the harbour saw the pilots of both ferries shake hands for the first time.",
        "Pilots agree to talk after months of silence, and the town council pays for the coffee.",
        "-5 degrees did not keep the pilots of both ferries from meeting outside the harbour hall.",
        "#Ferry became the most used word of the week on the coast, said the pilots of both.",
    ],
)
def test_a_paragraph_that_begins_alike_stays_whole(told: str) -> None:
    assert standfirst(told, "Pilots agree to talk") == told
