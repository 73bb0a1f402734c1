"""The texts hold every case that the demo promises, and the copies overlap as they were meant to."""

from __future__ import annotations

import re

import pytest

from aggregator.demo.documents import STYLES
from aggregator.demo.markup import as_text
from aggregator.demo.outlets import page, printings
from aggregator.demo.settings import DAYS
from aggregator.model import Role

from .cases import (
    CLAIMS_TO_BE_OLDER,
    CORRECTED,
    ENTRIES,
    EXCERPT_ONLY,
    EXPECTED,
    LINKS_WITHOUT_COPYING,
    LOOK_ALIKES,
    OUTLETS,
    QUOTED,
    REWRITES,
    ROUND_UP,
    STORIES,
    ExpectedCopy,
    ExpectedPiece,
    Name,
)

COPIES = [(piece, copy) for piece in EXPECTED if piece.original for copy in piece.copies]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return set(zip(words, words[1:], words[2:], strict=False))


def own_text(name: Name) -> str:
    """The entry's text on the evening of day two, without what its outlet prints under every entry."""
    outlet = OUTLETS[name[0]]
    printing = next(p for p in printings(outlet, DAYS[1]) if p.entry.key == name[1])
    words = as_text(printing.paragraphs).split()
    return " ".join(words[: outlet.excerpt_words])


def containment(first: Name, second: Name) -> float:
    one, other = shingles(own_text(first)), shingles(own_text(second))
    return len(one & other) / min(len(one), len(other))


@pytest.mark.parametrize(("piece", "copy"), COPIES, ids=[f"{c.name[0]} {c.name[1]}" for _, c in COPIES])
def test_a_copy_holds_the_originals_text(piece: ExpectedPiece, copy: ExpectedCopy) -> None:
    assert piece.original is not None
    assert containment(piece.original, copy.name) > 0.8


@pytest.mark.parametrize(("piece", "copy"), COPIES, ids=[f"{c.name[0]} {c.name[1]}" for _, c in COPIES])
def test_an_excerpt_is_short_and_a_republication_is_not(piece: ExpectedPiece, copy: ExpectedCopy) -> None:
    assert piece.original is not None
    share = len(own_text(copy.name)) / len(own_text(piece.original))
    assert share < 0.5 if copy.role is Role.EXCERPT else share > 0.7


@pytest.mark.parametrize(("first", "second"), [*LOOK_ALIKES, *REWRITES])
def test_look_alikes_and_rewrites_share_few_phrases(first: Name, second: Name) -> None:
    assert containment(first, second) < 0.35


def test_texts_that_no_case_joins_share_next_to_nothing() -> None:
    joined = {frozenset((a, b)) for piece in EXPECTED for a in piece.members for b in piece.members}
    meant = joined | {frozenset(pair) for pair in (*LOOK_ALIKES, *REWRITES)}
    texts = {name: shingles(own_text(name)) for name in ENTRIES if name != ROUND_UP}
    alike = {
        (first, second)
        for first in texts
        for second in texts
        if first < second and frozenset((first, second)) not in meant
        if len(texts[first] & texts[second]) > 0.2 * min(len(texts[first]), len(texts[second]))
    }
    assert alike == set()


@pytest.mark.parametrize("quoted", QUOTED)
def test_the_round_up_quotes_three_pieces_but_is_mostly_its_own(quoted: Name) -> None:
    whole, part = shingles(own_text(ROUND_UP)), shingles(own_text(quoted))
    assert 60 < len(whole & part) < 0.4 * len(whole)


@pytest.mark.parametrize("name", LINKS_WITHOUT_COPYING)
def test_an_own_text_may_link_to_another_outlet(name: Name) -> None:
    others = [outlet.domain for slug, outlet in OUTLETS.items() if slug != name[0]]
    assert any(f"https://{domain}/" in ENTRIES[name].text for domain in others)
    assert not ENTRIES[name].credit


def test_the_round_up_opens_in_its_own_words() -> None:
    opening = shingles(" ".join(own_text(ROUND_UP).split()[:70]))
    assert all(len(opening & shingles(own_text(name))) <= 2 for name in QUOTED)


def test_the_correction_changes_the_number_and_the_copy_keeps_the_old_one() -> None:
    assert "About 410,000 customers" in own_text(CORRECTED)
    assert "About 41,000 customers" in own_text(("averil-today", "bank-outage"))
    (edit,) = ENTRIES[CORRECTED].edits
    assert DAYS[0] < edit.at < DAYS[1]


def test_the_copy_that_claims_to_be_older_enters_its_feed_after_day_one() -> None:
    entry, original = ENTRIES[CLAIMS_TO_BE_OLDER], ENTRIES["quay-dispatch", "lock-letters"]
    assert entry.published < original.published < DAYS[0] < entry.appears < DAYS[1]


@pytest.mark.parametrize("copy", [copy for _, copy in COPIES], ids=lambda copy: f"{copy.name[0]} {copy.name[1]}")
def test_a_copy_names_exactly_the_outlet_that_it_credits(copy: ExpectedCopy) -> None:
    outlet, entry = OUTLETS[copy.name[0]], ENTRIES[copy.name]
    words = " ".join((*entry.credit, *entry.authors, own_text(copy.name)))
    names = {other.name for other in OUTLETS.values() if other is not outlet and other.name in words}
    assert copy.credits is None or copy.credits in names
    assert copy.credits is not None or not names


def test_every_outlet_has_four_entries_on_day_one_so_that_its_boilerplate_can_be_learnt() -> None:
    counts = {slug: len(printings(outlet, DAYS[0])) for slug, outlet in OUTLETS.items() if outlet.status == 200}
    assert min(counts.values()) >= 4
    assert all(outlet.foot for outlet in OUTLETS.values() if outlet.status == 200)


def test_each_story_is_carried_by_as_many_outlets_as_expected() -> None:
    for story in STORIES:
        members = {name for piece in EXPECTED for name in piece.members if piece.original in story.pieces}
        members |= set(story.pieces)
        for day, expected in zip(DAYS, (story.outlets_day_one, story.outlets_day_two), strict=True):
            assert len({slug for slug, key in members if ENTRIES[slug, key].appears <= day}) == expected, story.key


def test_main_pieces_are_as_long_as_journalism_and_briefs_are_brief() -> None:
    for piece in EXPECTED:
        if piece.original and piece.original[1] != "benches":
            assert 180 <= len(own_text(piece.original).split()) <= 450, piece.key


def test_no_key_guid_or_link_stands_twice() -> None:
    for outlet in OUTLETS.values():
        for field in ("key", "guid", "link"):
            values = [getattr(entry, field) for entry in outlet.entries]
            assert len(set(values)) == len(values), (outlet.slug, field)


def test_every_address_is_of_a_domain_that_cannot_exist() -> None:
    for outlet in OUTLETS.values():
        for printing in printings(outlet, DAYS[1]):
            text = " ".join((printing.entry.link, *page(outlet, printing)))
            assert all(host.endswith(".example") for host in re.findall(r"https?://([^/\s)]+)", text))


def test_every_style_is_shown() -> None:
    assert {outlet.style for outlet in OUTLETS.values()} == set(STYLES)
    assert OUTLETS[EXCERPT_ONLY].excerpt_words in range(40, 61)
    assert {outlet.language for outlet in OUTLETS.values()} >= {"ru", "ar"}
