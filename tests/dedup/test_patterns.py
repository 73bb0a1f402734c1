from __future__ import annotations

import pytest

from aggregator.dedup.attribution import find_credits
from aggregator.dedup.patterns import packaged_patterns, read_patterns
from tests.dedup.texts import article


def test_every_packaged_pattern_can_be_found_by_its_cues() -> None:
    pack = packaged_patterns()
    assert len(pack.patterns) > 40
    assert all(pattern.cues and pattern.regions for pattern in pack.patterns)
    assert all(0.0 < pattern.confidence <= 1.0 for pattern in pack.patterns)


def test_cues_of_words_and_of_beginnings_are_found() -> None:
    pack = packaged_patterns()
    assert {"original source", "source"} <= pack.cues_in("the original source of this")
    assert "pubblicat" in pack.cues_in("pubblicato su")
    assert "最初" in pack.cues_in("本文最初发表")
    assert "original source" not in pack.cues_in("the source is original")


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
