from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.digest.agreement import Rarity, agreeing_voices, centrality, tells_on, terms
from aggregator.digest.edition import PieceView
from tests.render.builders import piece, story

FIRE = (
    (
        "Two boats burn in Northport harbour",
        "Two fishing boats burned in the harbour of Northport at dawn, nobody was hurt",
    ),
    ("Northport harbour fire destroys fishing boats", "The fire in Northport began on a fishing boat and took another"),
    ("Boats lost to fire at Northport", "Fishing boats were lost when fire broke out in the harbour"),
)
ASIDE = ("How a harbour is insured", "Premiums for piers and sheds follow the age of their timber")
NOISE = [
    f"Report {word} about nothing in the {word} hall of town number {word}"
    for word in "abc def ghi jkl mno pqr".split()
]


def own(outlet: str) -> str:
    return outlet


def reports(*said: tuple[str, str], outlets: str = "abcdef") -> tuple[PieceView, ...]:
    return tuple(
        piece(id=number, entry_id=number, outlet=f"{outlets[number]}.example", title=title, text=text, copies=())
        for number, (title, text) in enumerate(said)
    )


def rarity(*pieces: PieceView) -> Rarity:
    return Rarity([*(terms(one.title, one.text) for one in pieces), *(terms("", text) for text in NOISE)])


def test_the_piece_that_says_what_the_others_say_is_central() -> None:
    pieces = reports(ASIDE, *FIRE)
    central = centrality(pieces, rarity(*pieces), own)
    assert min(central, key=central.__getitem__) == 0
    assert all(central[key] > 2 * central[0] for key in (1, 2, 3))


def test_an_outlet_that_repeats_itself_does_not_make_its_own_piece_central() -> None:
    pieces = reports(FIRE[0], FIRE[1], ASIDE, ASIDE, outlets="abcc")
    central = centrality(pieces, rarity(*pieces), own)
    assert central[2] < central[0]


def test_a_lone_piece_is_central_to_nothing() -> None:
    pieces = reports(FIRE[0])
    assert centrality(pieces, rarity(*pieces), own) == {0: 0.0}


def test_voices_count_as_far_as_they_tell_of_the_same() -> None:
    agreeing, other = reports(*FIRE), reports(FIRE[0], ASIDE, ("Cats", "Cats sleep long"))
    assert agreeing_voices(agreeing, rarity(*agreeing, *other), own) > 2.0
    assert agreeing_voices(other, rarity(*agreeing, *other), own) < 1.3


def test_owners_speak_once_and_round_ups_not_at_all() -> None:
    pieces = reports(*FIRE)
    assert agreeing_voices(pieces, rarity(*pieces), lambda _: "one house") == 1.0
    live = (pieces[0], *(replace(one, rounds_up=True) for one in pieces[1:]))
    assert agreeing_voices(live, rarity(*pieces), own) == 1.0


def test_a_story_goes_on_from_one_of_which_a_report_tells_the_same() -> None:
    pieces = reports(*FIRE, ASIDE)
    weigh = rarity(*pieces)
    fire, insurance = story(pieces=(pieces[0], pieces[2])), story(pieces=pieces[3:])
    assert tells_on(fire, story(pieces=(pieces[3], pieces[1])), weigh)
    assert not tells_on(fire, insurance, weigh)


def test_numbers_change_nothing_and_texts_without_words_agree_with_nothing() -> None:
    assert terms("812 new cases", "") == terms("977 new cases", "")
    weigh = rarity()
    assert weigh.cosine(terms("", ""), terms("Boats", "")) == 0.0
    assert weigh.cosine(terms("Boats", ""), terms("Boats", "")) == pytest.approx(1.0)
