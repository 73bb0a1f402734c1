from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.dedup import shingles
from aggregator.dedup.attribution import find_credits
from aggregator.dedup.patterns import PatternPack, pack, patterns_of
from aggregator.dedup.wordings import MAX_FILE, packaged, read, read_file
from aggregator.errors import ConfigError
from tests.dedup.texts import article


def test_every_packaged_pattern_can_be_found_by_its_cues() -> None:
    patterns = patterns_of().patterns
    assert len(patterns) > 40
    assert all(pattern.cues and pattern.regions for pattern in patterns)
    assert all(0.0 < pattern.confidence <= 1.0 for pattern in patterns)


def cues(text: str) -> frozenset[str]:
    return patterns_of().watch.present([text], shingles.read([text]))[0]


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
        ("Kade © Havenkrant", "©"),
        ("Este texto se republica aquí", "republica"),
    ],
)
def test_cues_of_words_beginnings_and_other_scripts_are_found(text: str, cue: str) -> None:
    assert cue in cues(text)
    assert cue in cues(f"{article(1)}\n{text}\n{article(2)}")


def test_words_that_do_not_stand_in_a_row_are_no_cue() -> None:
    assert "original source" not in cues("the source is original")
    assert "first appeared" not in cues("first he, then she appeared")
    assert "copyright" not in cues("copyrighted music")
    assert "republica" not in cues("the Republican party")
    assert not cues(article(3))


def test_many_texts_are_looked_at_as_each_is_alone() -> None:
    texts = [article(1), "Originally published here by others.", "", "原文", article(2) + " Via the post", "via"]
    assert patterns_of().watch.present(texts, shingles.read(texts)) == [cues(text) for text in texts]


# ---------------------------------------------------------------- a user's own file

DUTCH = """
[reject]
platforms = ["Hyves"]

[[pattern]]
name = "overgenomen uit"
cues = ["overgenomen"]
regions = ["foot"]
confidence = 0.9
expression = '^overgenomen uit {source}{end}'
"""


def credits_in(text: str, patterns: PatternPack) -> list[str]:
    found = find_credits(
        text,
        (),
        authors=(),
        source_name=None,
        source_url=None,
        outlet="lantern.example",
        resolve=lambda _name, _url: None,
        patterns=patterns,
    )
    return [each.name for each in found]


def test_a_users_wordings_are_looked_for_beside_those_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "credits.toml").write_text(DUTCH, encoding="utf-8")
    patterns = patterns_of(str(tmp_path / "credits.toml"))
    assert credits_in(f"{article(3)}\nOvergenomen uit Havenkrant.", patterns) == ["Havenkrant"]
    assert credits_in(f"{article(3)}\nThis article originally appeared on Kade.", patterns) == ["Kade"]
    assert credits_in(f"{article(3)}\nOvergenomen uit Hyves.", patterns) == [], "what users reject names no source"
    assert credits_in(f"{article(3)}\nOvergenomen uit Havenkrant.", patterns_of()) == []


def test_a_users_pattern_takes_the_place_of_the_programs_under_its_name() -> None:
    ours = read(DUTCH, "ours.toml", packaged().macros)
    theirs = read(DUTCH.replace("overgenomen", "geleend"), "theirs.toml", packaged().macros)
    assert [each.cues for each in pack([ours, theirs]).patterns] == [("overgenomen",), ("geleend",)]
    theirs = read(DUTCH.replace('["overgenomen"]', '["geleend"]'), "theirs.toml", packaged().macros)
    assert [each.cues for each in pack([ours, theirs]).patterns] == [("geleend",)]


def test_every_mistake_of_a_file_is_named_with_its_line() -> None:
    document = """
[rejects]
[reject]
websites = ["x"]
people = "nobody"
[macros]
loud = 5
[[pattern]]
name = "half"
cues = []
regions = ["middle"]
confidence = 2
[[pattern]]
name = "odd"
cues = ["x"]
regions = ["foot"]
confidence = 1.0
expresion = "y"
expression = "("
[[pattern]]
name = "strange"
cues = ["x"]
regions = ["foot"]
confidence = 1.0
known = "no"
expression = "by {nobody}"
[[pattern]]
name = "idle"
cues = ["x"]
regions = ["foot"]
confidence = 1.0
expression = "x?"
"""
    with pytest.raises(ConfigError) as raised:
        read(document, "credits.toml", packaged().macros)
    assert sorted((each.line, each.key) for each in raised.value.mistakes) == [
        (2, "rejects"), (4, "reject.websites"), (5, "reject.people"), (7, "macros.loud"),
        (8, "pattern[1].expression"), (10, "pattern[1].cues"), (11, "pattern[1].regions"), (12, "pattern[1].confidence"),
        (18, "pattern[2].expresion"), (19, "pattern[2].expression"),
        (25, "pattern[3].known"), (26, "pattern[3].expression"), (32, "pattern[4].expression"),
    ]  # fmt: skip
    told = str(raised.value)
    assert "credits.toml:8: pattern[1].expression: expression is missing (in 'half')" in told
    assert "there is no macro nobody; known are: date, end, first, source, this (in 'strange')" in told


@pytest.mark.parametrize("document", ["pattern = 5", "pattern = [5]", "reject = 1", "macros = []", "[[reject]]"])
def test_tables_of_a_wrong_form_are_mistakes(document: str) -> None:
    with pytest.raises(ConfigError):
        read(document, "credits.toml", {})


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken, foreign, large = (tmp_path / name for name in ("broken.toml", "foreign.toml", "large.toml"))
    broken.write_text("[[pattern]]\nname = x\n", encoding="utf-8")
    foreign.write_bytes(b"# \n# \xff\n")
    large.write_bytes(b"#" * (MAX_FILE + 1))
    for path, line in ((broken, ":2"), (foreign, ":2"), (large, ""), (tmp_path / "absent.toml", "")):
        with pytest.raises(ConfigError, match=rf"{path.name}{line}: patterns: "):
            read_file(path, {})
