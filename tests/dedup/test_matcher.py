from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Dedup
from aggregator.dedup.matcher import Matcher
from aggregator.dedup.records import Document, Placement
from tests.dedup.texts import AT, FOOTER, article, document, edited, opening, pieces, place, words

# ---------------------------------------------------------------- the same text


def test_the_same_text_is_one_piece_whoever_prints_it() -> None:
    first, second = place(article(1), article(1))
    assert (first.piece, first.of, first.stage) == (0, None, "new")
    assert (second.piece, second.of, second.stage) == (0, 0, "text")
    assert second.comparison is not None
    assert second.comparison.jaccard == 1.0


def test_different_texts_are_different_pieces() -> None:
    assert pieces(place(article(1), article(2), article(3))) == [0, 1, 2]


def test_a_copy_within_one_batch_is_found() -> None:
    placements = Matcher(Dedup()).place([document(0, article(1)), document(1, article(2)), document(2, article(1))])
    assert [each.piece for each in placements] == [0, 1, 0]


def test_a_copy_under_a_long_footer_is_found() -> None:
    assert pieces(place(article(1), f"{article(1)}\n{FOOTER}\n{FOOTER[::-1]}")) == [0, 0]


def test_a_copy_with_a_third_of_its_words_changed_is_found() -> None:
    assert pieces(place(article(1, 400), edited(article(1, 400), 0.2, seed=3))) == [0, 0]


def test_headlines_never_matter() -> None:
    same = [document(0, article(1), title="Harbour closed"), document(1, article(1), title="Mayor resigns")]
    different = [document(0, article(1), title="Morning news"), document(1, article(2), title="Morning news")]
    assert pieces(place(*same)) == [0, 0]
    assert pieces(place(*different)) == [0, 1]


def test_empty_texts_never_match() -> None:
    placements = place(document(0, "", title="Photo of the day"), document(1, "", title="Photo of the day"), " … ")
    assert [each.stage for each in placements] == ["new", "new", "new"]


def test_a_text_of_a_few_words_says_too_little() -> None:
    assert pieces(place("Read the full story on our page", "Read the full story on our page")) == [0, 1]


def test_a_summary_of_two_dozen_words_is_known_again() -> None:
    summary = opening(article(1), 24)
    assert pieces(place(summary, summary, opening(article(2), 24))) == [0, 0, 2]


def test_chinese_copies_are_found_without_spaces() -> None:
    text = "港口管理局昨天宣布由于风暴来临所有渡轮将停运三天居民需要提前安排行程学校也会关闭直到星期四早上八点恢复"
    assert pieces(place(text, f"本报讯{text}", text[::-1])) == [0, 0, 2]


def printed_every(gap: timedelta, times: int, outlet: str = "a.example") -> list[Document]:
    return [document(key, opening(article(1), 24), outlet, at=AT + key * gap) for key in range(times)]


def test_a_line_that_its_outlet_prints_day_after_day_is_no_piece_that_is_printed_again() -> None:
    placements = place(*printed_every(timedelta(hours=12), 6))
    assert pieces(placements) == [0, 0, 0, 3, 4, 5]
    assert [each.stage for each in placements][3:] == ["standing", "standing", "new"], "boilerplate by then"


def test_versions_that_come_within_hours_are_one_piece_however_many() -> None:
    assert pieces(place(*printed_every(timedelta(hours=2), 8))) == [0] * 8


def test_a_copy_of_a_standing_line_joins_it_and_ties_nothing_together() -> None:
    *_, copy = place(*printed_every(timedelta(hours=12), 4), document(4, opening(article(1), 24), at=AT))
    assert (copy.piece, copy.absorbs) == (0, ())


def test_a_text_that_many_print_stays_one_piece_though_one_outlet_prints_it_again_and_again() -> None:
    others = [document(key, opening(article(1), 24), at=AT) for key in range(4)]
    again = [each._replace(key=each.key + 4) for each in printed_every(timedelta(hours=12), 5)]
    assert pieces(place(*others, *again))[:8] == [0] * 8


# ---------------------------------------------------------------- parts


def test_an_opening_is_an_excerpt_of_the_whole() -> None:
    whole, excerpt = place(article(1, 400), opening(article(1, 400), 90))
    assert (excerpt.piece, excerpt.of, excerpt.stage) == (0, 0, "excerpt")
    assert excerpt.comparison is not None
    assert excerpt.comparison.of_first == 1.0
    assert whole.stage == "new"


def test_an_excerpt_may_come_before_the_whole_which_is_the_reference_from_then_on() -> None:
    whole = article(1, 400)
    _, second, third = place(opening(whole, 90), whole, " ".join(whole.split()[200:380]))
    assert second.fingerprint.reference == 1
    assert (third.piece, third.of) == (0, 1)


def test_two_excerpts_that_share_nothing_become_one_piece_when_the_whole_comes() -> None:
    whole = article(1, 400).split()
    placements = place(" ".join(whole[:150]), " ".join(whole[220:380]), " ".join(whole))
    assert [each.piece for each in placements[:2]] == [0, 1]
    assert placements[2].absorbs == (1,)
    assert pieces(placements) == [0, 0, 0]


def test_texts_that_share_a_passage_are_two_pieces() -> None:
    passage = article(9, 120)
    assert pieces(place(f"{article(1, 150)}\n{passage}", f"{article(2, 150)}\n{passage}")) == [0, 1]


def test_a_round_up_of_several_pieces_joins_none_and_says_whom_it_quotes() -> None:
    parts = [article(seed, 60, paragraph=60) for seed in range(4)]
    *_, summary, later = place(*parts, "Good morning\n\n" + "\n\n".join(reversed(parts)), parts[0])
    assert (summary.stage, summary.piece, summary.of) == ("round-up", 4, None)
    assert summary.quotes == (0, 1, 2, 3)
    assert later.piece == 0


def test_passages_of_pieces_that_a_text_links_to_are_quotations_however_short() -> None:
    pieces_quoted = [document(key, article(key + 1, 400), url=f"https://{key}.example/") for key in range(3)]
    passages = [" ".join(each.text.split()[200:235]) for each in pieces_quoted]
    text, links = "\n".join([article(9, 200), *passages]), tuple(f"https://{key}.example/" for key in range(3))
    silent, linking = document(3, text), document(4, text + " More.")._replace(links=links)
    assert place(*pieces_quoted, silent)[-1].quotes == ()
    *_, placed = place(*pieces_quoted, linking)
    assert (placed.piece, placed.quotes) == (4, (0, 1, 2))
    *_, one = place(*pieces_quoted, linking._replace(links=links[:1]))
    assert (one.stage, one.quotes) == ("new", ()), "one text quoted is a citation, not a round-up"


# ---------------------------------------------------------------- furniture


def test_strangers_under_one_footer_stay_apart_from_the_first_poll_on() -> None:
    poll = [document(key, f"{article(key, 60)}\n{FOOTER}", "a.example") for key in range(6)]
    placements = Matcher(Dedup()).place(poll)
    assert [each.piece for each in placements] == list(range(6))


def test_strangers_under_one_footer_stay_apart_even_before_it_is_learnt() -> None:
    page, short = f"{article(1, 500)}\n{FOOTER}", f"{article(2, 60)}\n{FOOTER}"
    same = [document(0, page, "a.example"), document(1, short, "a.example")]
    assert pieces(place(*same)) == [0, 1]
    assert pieces(place(page, short)) == [0, 1]
    assert pieces(place(short, page)) == [0, 1]


@pytest.mark.parametrize("poll", [1, 10], ids=["one by one", "in one poll"])
def test_periodic_reports_of_one_outlet_are_each_their_own_piece(poll: int) -> None:
    texts = [
        f"Weather report for May {day}: between {day % 7} and {day + 9} degrees with wind from the north at {day * 3 % 40} "
        f"knots and a chance of rain of {day * 17 % 99} percent. Check the harbour site for more and for the tide table."
        for day in range(1, 21)
    ]
    documents, matcher = [document(key, text, "a.example") for key, text in enumerate(texts)], Matcher(Dedup())
    placed = [each for start in range(0, 20, poll) for each in matcher.place(documents[start : start + poll])]
    assert pieces(placed) == list(range(20))


def test_a_line_or_two_over_a_long_template_stay_apart_poll_after_poll() -> None:
    """Descriptions of videos: thirty words of their own over three hundred that the channel prints under all."""
    matcher, template = Matcher(Dedup()), article(900, 300)
    placed: list[Placement] = []
    for start in range(0, 90, 15):
        described = (f"{article(key, 30)}\n{template}" for key in range(start, start + 15))
        poll = [document(key, text, "a.example", title=f"Film {key}") for key, text in enumerate(described, start)]
        placed += matcher.place(poll)
    assert pieces(placed) == list(range(90))


def test_a_template_is_learnt_anew_when_new_items_stand_over_it() -> None:
    matcher, template = Matcher(Dedup()), article(900, 300)
    others = [document(key, article(key, 200), "a.example") for key in range(60)]
    matcher.place(others)
    films = [
        document(key, f"{article(key, 30)}\n{template}", "a.example", title=f"Film {key}") for key in range(100, 110)
    ]
    assert pieces(matcher.place(films)) == list(range(100, 110))


def test_versions_of_one_article_that_come_at_once_are_no_template() -> None:
    matcher = Matcher(Dedup())
    matcher.place([document(key, article(key, 200), "a.example", title=f"Article {key}") for key in range(20)])
    versions = [document(key, article(77), "a.example", title="Article 77") for key in range(20, 26)]
    assert pieces(matcher.place(versions)) == [20] * 6


def test_a_copy_is_found_through_the_boilerplate_of_both_outlets() -> None:
    head, foot = article(500, 150), article(501, 250)
    matcher = Matcher(Dedup())
    matcher.place([document(key, f"{article(key, 80)}\n{foot}", "a.example") for key in range(5)])
    matcher.place([document(key, f"{head}\n{article(key, 80)}", "b.example") for key in range(5, 10)])
    text = article(77, 80)
    first, second = place(
        document(20, f"{text}\n{foot}", "a.example"), document(21, f"{head}\n{text}", "b.example"), matcher=matcher
    )
    assert first.piece == second.piece == 20
    assert second.comparison is not None
    assert second.comparison.jaccard > 0.9


def test_versions_of_one_article_do_not_make_it_boilerplate() -> None:
    versions = [document(key, article(1), "a.example") for key in range(8)]
    assert pieces(place(*versions)) == [0] * 8


def test_boilerplate_is_left_out_of_comparisons_and_can_be_named() -> None:
    matcher = Matcher(Dedup())
    matcher.place([document(key, f"{article(key, 80)}\n{FOOTER}", "a.example") for key in range(5)])
    one, other = (document(key, f"{article(key)}\n{FOOTER}", "a.example") for key in (50, 51))
    assert matcher.compare(one, other).shared == 0
    assert matcher.compare(one, one).jaccard == 1.0
    assert matcher.compare(one, document(52, "")).containment == 0.0
    assert matcher.paragraphs("a.example", one.text) == (FOOTER,)


@given(st.integers(0, 3), st.integers(0, 3))
def test_comparing_is_symmetric(first: int, second: int) -> None:
    one, other = document(0, article(first, 60)), document(1, f"{article(second, 60)} {article(0, 30)}")
    found, turned = Matcher(Dedup()).compare(one, other), Matcher(Dedup()).compare(other, one)
    assert (found.jaccard, found.containment, found.of_first) == (turned.jaccard, turned.containment, turned.of_second)


# ---------------------------------------------------------------- no chaining


def test_a_text_never_joins_through_a_third() -> None:
    made = words(4, 900)
    first, middle, last = (" ".join(made[start : start + 300]) for start in (0, 140, 280))
    assert len(set(pieces(place(first, last, middle)))) > 1


def test_every_member_was_verified_against_the_reference() -> None:
    original = article(1, 400)
    copies = [edited(original, 0.15, seed) for seed in range(6)]
    matcher = Matcher(Dedup())
    placements = place(*copies, original, matcher=matcher)
    assert set(pieces(placements)) == {0}
    reference = placements[-1].fingerprint.reference
    assert reference is not None
    texts = [*copies, original]
    assert all(matcher.compare(document(50, text), document(51, texts[reference])).containment >= 0.4 for text in texts)


# ---------------------------------------------------------------- addresses


def test_the_same_address_is_the_same_piece_even_without_a_text() -> None:
    url = "https://a.example/1"
    placements = place(document(0, "", url=url), document(1, article(1), url=url), article(1))
    assert pieces(placements) == [0, 0, 0]
    assert [each.stage for each in placements] == ["new", "url", "text"]


def test_a_summary_in_other_words_joins_by_address_but_speaks_for_nobody() -> None:
    url = "https://a.example/1"
    placements = place(
        document(0, article(1), url=url), document(1, article(2, 40), url=url), article(2, 40), article(1)
    )
    assert pieces(placements) == [0, 0, 2, 0]
    assert placements[1].fingerprint.joins is False


def test_full_texts_with_nothing_in_common_under_one_address_are_two_pieces() -> None:
    url = "https://a.example/changes"
    assert pieces(place(document(0, article(1), url=url), document(1, article(2), url=url))) == [0, 1]


def test_a_declared_source_joins_in_either_order() -> None:
    url = "https://a.example/1"
    source, copy = document(0, article(1), url=url), document(1, "", source_url=url)
    assert pieces(place(source, copy)) == [0, 0]
    turned = place(copy._replace(key=0), source._replace(key=1))
    assert pieces(turned) == [0, 0]
    assert turned[1].stage == "source"


def test_a_comment_on_its_declared_source_is_no_copy() -> None:
    url = "https://a.example/1"
    assert pieces(place(document(0, article(1), url=url), document(1, article(2, 50), source_url=url))) == [0, 1]


def test_a_piece_known_by_address_and_one_known_by_text_become_one() -> None:
    url = "https://a.example/1"
    placements = place(document(0, "", url=url), article(1), document(2, article(1), url=url))
    assert placements[2].absorbs == (1,)
    assert pieces(placements) == [0, 0, 0]
