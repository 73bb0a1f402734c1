from __future__ import annotations

import pytest

from aggregator.dedup.attribution import find_credits
from aggregator.dedup.patterns import packaged_patterns, read_patterns
from aggregator.dedup.shingles import read
from tests.dedup.texts import article


def test_every_packaged_pattern_can_be_found_by_its_cues() -> None:
    pack = packaged_patterns()
    assert len(pack.patterns) > 40
    assert all(pattern.cues and pattern.regions for pattern in pack.patterns)
    assert all(0.0 < pattern.confidence <= 1.0 for pattern in pack.patterns)


def cues(text: str) -> frozenset[str]:
    return packaged_patterns().watch.present([text], read([text]))[0]


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("The original source of this", "original source"),
        ("Sources: the harbour", "source"),
        ("Ripreso da un altro, pubblicato su", "pubblicat"),
        ("本文最初发表", "最初"),
        ("Zuerst hier VERÖFFENTLICHT", "veröffentlicht"),
        ("Перепечатка", "перепечат"),
        ("It first appeared elsewhere", "first appeared"),
        ("Somewhere (AP) Something", "(ap)"),
    ],
)
def test_cues_of_words_beginnings_and_other_scripts_are_found(text: str, cue: str) -> None:
    assert cue in cues(text)
    assert cue in cues(f"{article(1)}\n{text}\n{article(2)}")


def test_words_that_do_not_stand_in_a_row_are_no_cue() -> None:
    assert "original source" not in cues("the source is original")
    assert "first appeared" not in cues("first he, then she appeared")
    assert "copyright" not in cues("copyrighted music")
    assert not cues(article(3))


def test_many_texts_are_looked_at_as_each_is_alone() -> None:
    texts = [article(1), "Originally published here by others.", "", "原文", article(2) + " Via the post", "via"]
    assert packaged_patterns().watch.present(texts, read(texts)) == [cues(text) for text in texts]


def test_users_can_bring_their_own_wordings() -> None:
    pack = read_patterns(
        """
        [[pattern]]
        name = "uit"
        cues = ["overgenomen"]
        regions = ["foot"]
        confidence = 0.9
        expression = '^Overgenomen uit (?P<source>[^\\n.]{2,40})'
        """
    )
    found = find_credits(
        f"{article(3)}\nOvergenomen uit Havenkrant.",
        (),
        authors=(),
        source_name=None,
        source_url=None,
        outlet="lantern.example",
        resolve=lambda _name, _url: None,
        patterns=pack,
    )
    assert [each.name for each in found] == ["Havenkrant"]


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('name = "half"\ncues = ["x"]\nregions = ["foot"]\nconfidence = 1.0', "'half'.*expression"),
        ('name = "odd"\ncues = ["x"]\nregions = ["foot"]\nconfidence = 1.0\nexpression = "("', "'odd'"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_named(table: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_patterns(f"[[pattern]]\n{table}")
