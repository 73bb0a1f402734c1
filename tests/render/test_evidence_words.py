"""Stored rows of evidence in the site's language: every form that the matcher writes is known."""

from __future__ import annotations

import re

import pytest

from aggregator.config import Dedup
from aggregator.dedup import evidence
from aggregator.dedup.records import Comparison
from aggregator.model import Credit
from aggregator.pipeline.overriding import MERGE, NEVER_JOIN, PIECE, PIN, SPLIT, STORY, Correction, in_words
from aggregator.render.evidence_words import FORMS, evidence_words, matched
from aggregator.render.localised import interface
from aggregator.render.words import Speech
from tests.render.builders import BERLIN, at

GERMAN = Speech(interface=interface("de", BERLIN.zone), names=str)
CREDIT = Credit(name="Quay Dispatch", outlet="quay.example", quote="First in Quay, Dispatch.", position="foot")
MEASURED = Comparison(jaccard=0.81, containment=0.97, of_first=0.97, of_second=0.9, shared=140)
STORED = (
    *evidence.joined_rows("text"),
    *evidence.measure_rows(MEASURED, Dedup(), source_known=True),
    *evidence.measure_rows(None, Dedup(), source_known=True),
    *evidence.measure_rows(None, Dedup(), source_known=False),
    *evidence.credit_rows(CREDIT),
    *evidence.credit_rows(None),
    ("Role", "republication: the same text under another outlet's name"),
    ("Source", "we saw it first, by less than an hour"),
    ("Claimed", "2026-07-09T07:10+00:00 (not believed: no date is claimed)"),
    ("Correction", "merged with entry 7, by hand on 2026-07-10 (correction 3)"),
)


@pytest.mark.parametrize(("label", "fact"), STORED, ids=[f"{label}: {fact[:20]}" for label, fact in STORED])
def test_every_row_that_is_written_has_a_known_form(label: str, fact: str) -> None:
    assert label in FORMS
    assert matched(fact, FORMS[label]) or not FORMS[label]


def test_facts_keep_their_figures_and_foreign_words() -> None:
    for (label, fact), (_, shown) in zip(STORED, evidence_words(GERMAN, STORED), strict=True):
        assert re.findall(r"\d+", fact) == re.findall(r"\d+", shown), label
    assert any("First in Quay, Dispatch." in shown for _, shown in evidence_words(GERMAN, STORED))


def test_a_sentence_within_a_sentence_is_translated_too() -> None:
    shown = dict(evidence_words(GERMAN, STORED[-4:]))
    assert shown["Art"] == "Nachdruck: derselbe Text unter dem Namen eines anderen Mediums"
    assert shown["Angegeben"].endswith("(nicht geglaubt: es ist kein Datum angegeben)")
    assert shown["Korrektur"] == "mit Eintrag 7 zusammengelegt, von Hand am 2026-07-10 (Korrektur 3)"


@pytest.mark.parametrize(
    ("kind", "level"),
    [(kind, level) for kind in (MERGE, SPLIT, NEVER_JOIN, PIN) for level in (PIECE, STORY) if (kind, level) != (PIN, STORY)],
)  # fmt: skip
def test_whatever_a_hand_did_is_said_in_the_sites_language(kind: str, level: str) -> None:
    members = (3, 7) if kind in {MERGE, NEVER_JOIN} else (3,)
    one = Correction(id=9, kind=kind, level=level, members=members, made_at=at())
    ((_, shown),) = evidence_words(GERMAN, [("Correction", in_words(one, 3))])
    assert not re.search(r"\b(merged|split|kept|pinned|entry|story|by hand)\b", shown), shown


def test_what_has_no_known_form_stays_as_it_was_stored() -> None:
    odd = (("", ""), ("Role", "something else"), ("<b>", "{x}"), ("Overlap", "{0}%s"))
    assert evidence_words(GERMAN, odd)[0] == ("", "")
    assert [fact for _, fact in evidence_words(GERMAN, odd)] == [fact for _, fact in odd]
