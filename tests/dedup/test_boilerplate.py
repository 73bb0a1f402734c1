from __future__ import annotations

import numpy as np
import pytest

from aggregator.dedup.boilerplate import COUNTERS, Boilerplate
from aggregator.dedup.records import OutletBoilerplate
from aggregator.dedup.shingles import shingles
from tests.dedup.texts import FOOTER, article


def taught(count: int, *, footer: str = FOOTER, size: int = 100) -> Boilerplate:
    boilerplate = Boilerplate()
    for seed in range(count):
        boilerplate.learn("a.example", shingles(f"{article(seed, size)}\n{footer}"))
    return boilerplate


def share_kept(boilerplate: Boilerplate, text: str, outlet: str = "a.example") -> float:
    values = shingles(text)
    return len(boilerplate.own(outlet, values)) / len(values)


def test_what_stands_under_three_pieces_is_boilerplate() -> None:
    assert share_kept(taught(2), FOOTER) == 1.0
    assert share_kept(taught(3), FOOTER) < 0.05


def test_what_a_piece_says_itself_is_kept() -> None:
    assert share_kept(taught(60), article(999)) > 0.95


def test_hardly_anything_is_dropped_by_chance_even_for_an_outlet_of_long_pieces() -> None:
    assert share_kept(taught(40, size=3000), article(999, 3000)) > 0.9


def test_another_outlet_is_not_affected() -> None:
    assert share_kept(taught(5), FOOTER, "b.example") == 1.0


def test_the_unknown_outlet_learns_nothing() -> None:
    boilerplate = Boilerplate()
    for seed in range(5):
        boilerplate.learn("", shingles(f"{article(seed)}\n{FOOTER}"))
    assert share_kept(boilerplate, FOOTER, "") == 1.0
    assert boilerplate.changes() == ()


def test_an_old_campaign_is_forgotten() -> None:
    boilerplate = taught(30)
    for seed in range(100, 250):
        boilerplate.learn("a.example", shingles(article(seed, 100)))
    assert share_kept(boilerplate, FOOTER) > 0.9


def test_a_footer_that_rotates_among_eight_is_still_boilerplate() -> None:
    footers = [article(5000 + number, 60) for number in range(8)]
    boilerplate = Boilerplate()
    for seed in range(200):
        boilerplate.learn("a.example", shingles(f"{article(seed, 100)}\n{footers[seed % 8]}"))
    assert all(share_kept(boilerplate, footer) < 0.2 for footer in footers)


def test_a_shingle_that_a_piece_repeats_counts_once() -> None:
    boilerplate = Boilerplate()
    for seed in range(2):
        boilerplate.learn("a.example", np.repeat(shingles(f"{article(seed, 60)}\n{FOOTER}"), 4))
    boilerplate.learn("a.example", shingles(article(9, 60)))
    assert share_kept(boilerplate, FOOTER) > 0.95


def test_changes_are_told_once_and_restore_what_was_known() -> None:
    boilerplate = taught(7)
    changes = boilerplate.changes()
    assert [(each.outlet, each.learnt, len(each.counts)) for each in changes] == [("a.example", 7, COUNTERS)]
    assert boilerplate.changes() == ()
    restored = Boilerplate()
    restored.restore(changes[0])
    assert restored.changes() == ()
    for both in (boilerplate, restored):
        both.learn("a.example", shingles(article(50)))
    assert restored.changes() == boilerplate.changes()


def test_counters_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"a\.example: 3 counters"):
        Boilerplate().restore(OutletBoilerplate(outlet="a.example", counts=b"abc", learnt=1))


def test_recurring_paragraphs_are_named_in_reading_order() -> None:
    head, foot = "Read all of our articles in nine languages with the menu above", "Copyright the valley paper"
    boilerplate = Boilerplate()
    for seed in range(6):
        boilerplate.learn("a.example", shingles(f"{head}\n{article(seed)}\n{FOOTER}\n{foot}"))
    text = f"{head}\n\n{article(77, 120)}\n{FOOTER}\n{foot}"
    assert boilerplate.recurring_paragraphs("a.example", text) == (head, FOOTER, foot)


def test_an_outlet_that_is_not_known_has_no_recurring_paragraphs() -> None:
    assert taught(5).recurring_paragraphs("b.example", FOOTER) == ()
    assert taught(5).recurring_paragraphs("a.example", "") == ()
    assert taught(5).recurring_paragraphs("a.example", "—\n…\nharbour") == ()


def test_a_text_of_marks_alone_has_no_recurring_paragraphs() -> None:
    assert taught(5).recurring_paragraphs("a.example", "—\n…") == ()
