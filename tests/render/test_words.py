"""The sentences about stories and copies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest.edition import Change, CreditState, StoryReference
from aggregator.model import Role
from aggregator.render import edition_words, verdicts, words
from aggregator.render.foreign import bare
from tests.render.builders import (
    DAY,
    at,
    copy,
    credit,
    edition,
    full_site,
    lock_story,
    piece,
    speech,
    story,
)

CREDITED, COPY, OTHER, MISSING, OWN = CreditState


@pytest.mark.parametrize(
    ("states", "line"),
    [
        ((CREDITED,), "1 copy, credits it"),
        ((MISSING,), "1 copy, credits nobody"),
        ((CREDITED, CREDITED), "2 copies, both credit it"),
        ((MISSING, MISSING, MISSING), "3 copies, all credit nobody"),
        ((CREDITED, CREDITED, COPY, MISSING, MISSING), "5 copies: 2 credit it, 1 credits a copy, 2 credit nobody"),
        ((OWN, OTHER, CREDITED), "3 copies: 1 credits it, 1 credits another outlet, 1 of the same house"),
    ],
)
def test_the_line_over_a_fold_says_how_each_copy_treats_its_source(states: tuple[CreditState, ...], line: str) -> None:
    copies = [copy(number, state=state) for number, state in enumerate(states)]
    assert words.copies_line(speech(), copies) == line


@given(st.lists(st.sampled_from(list(CreditState)), min_size=1, max_size=30))
def test_the_parts_of_a_fold_add_up_to_its_copies(states: list[CreditState]) -> None:
    parts = words.credit_parts(speech(), [copy(number, state=state) for number, state in enumerate(states)])
    assert sum(int(part.split()[0]) for part in parts) == len(states)


@pytest.mark.parametrize(
    ("states", "line"),
    [
        ((), "no copies"),
        ((CREDITED,), "1 copy, credited"),
        ((MISSING,), "1 copy, not credited"),
        ((CREDITED, CREDITED), "2 copies, both credited"),
        ((CREDITED, CREDITED, CREDITED), "3 copies, all credited"),
        ((CREDITED, MISSING, COPY), "3 copies, 1 credited"),
        ((MISSING, OTHER), "2 copies, none credited"),
        ((OWN, CREDITED), "2 copies, 1 credited, 1 of the same house"),
        ((OWN,), "1 copy, 1 of the same house"),
    ],
)
def test_the_line_under_a_story_says_how_many_copies_are_credited(states: tuple[CreditState, ...], line: str) -> None:
    assert words.copies_credited(speech(), [copy(number, state=state) for number, state in enumerate(states)]) == line


def test_a_story_line_names_voices_then_copies() -> None:
    assert words.story_line(speech(), lock_story()) == "4 independent reports, 5 copies, 2 credited"


def test_a_report_whose_original_we_do_not_hold_is_not_called_independent() -> None:
    lead = piece(1, original_known=False, credit=credit(None), copies=(copy(2),))
    assert words.story_line(speech(), story(1, lead)) == "1 report, 1 copy, credited"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"change": Change.NEW}, "New"),
        ({"change": Change.GREW, "outlets_before": 3, "outlets": 9}, "Grew from 3 to 9 outlets"),
        ({"change": Change.CORRECTED, "corrected_at": at(15.2)}, "Corrected Friday 05:12"),
        ({"change": Change.CONTINUES, "first_at": at(-48)}, "Continues from Tuesday"),
        ({"change": Change.CONTINUES, "first_at": at(18)}, "Continues"),
        ({"change": Change.UNCHANGED}, "Unchanged"),
    ],
)
def test_the_kicker_says_what_changed(changes: dict[str, object], line: str) -> None:
    assert words.kicker(speech(), replace(story(1), **changes), DAY) == line  # type: ignore[arg-type]


def test_a_story_that_continues_another_names_the_day_of_that_one() -> None:
    before = StoryReference(id=9, title="x", language=None, outlets=1, last_at=at(-200))
    kicker = words.kicker(speech(), story(1, change=Change.CONTINUES, continues=before), DAY)
    assert kicker == "Continues from 1 July 2026"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "Credits Quay Dispatch"),
        ({"state": MISSING, "role": Role.EXCERPT}, "No credit found, excerpt"),
        ({"state": COPY, "credit": credit("dailykestrel.example")}, "Credits Daily Kestrel, itself a copy"),
        (
            {"state": COPY, "credit": credit("dailykestrel.example"), "alarms": ("mutual-credit",)},
            "Credits Daily Kestrel, which credits it in turn",
        ),
        ({"state": OTHER, "credit": credit(None)}, "Credits South Front, which we do not follow"),
        (
            {"state": OTHER, "credit": credit("merrowwire.example")},
            "Credits Merrow Wire, not the outlet that had it first",
        ),
        ({"state": OWN, "credit": None}, "Same house, no credit due"),
        (
            {"state": MISSING, "alarms": ("claimed-before-original",), "claimed": at(-9)},
            "No credit found; claims to be 9 hours older than the original",
        ),
        (
            {"alarms": ("claimed-in-future",), "claimed": at(900)},
            "Credits Quay Dispatch; claims a time that had not come",
        ),
    ],
)
def test_the_line_under_a_copy_says_what_was_found(changes: dict[str, object], line: str) -> None:
    assert bare(words.copy_words(speech(), piece(), copy(**changes))) == line  # type: ignore[arg-type]


def test_a_piece_of_an_outlet_that_we_do_not_follow_says_whom_it_credits() -> None:
    lone = piece(1, "globalresearch.example", original_known=False, credit=credit(None))
    expected = "globalresearch.example printed it and credits South Front, which we do not follow"
    assert bare(words.source_words(speech(), lone)) == expected
    assert bare(" ".join(verdicts.verdict(speech(), lone))) == (
        f"{expected}. No other outlet that we read has printed this text."
    )


def test_other_outlets_are_named_once_with_their_language() -> None:
    parts = (
        piece(1),
        piece(2, "merrowwire.example"),
        piece(3, "merrowwire.example"),
        piece(4, "nordkai.example", language="de"),
        piece(5, "quaydispatch.example"),
    )
    assert bare(words.also_words(speech(), story(1, *parts))) == "Also Merrow Wire and Nordkai Anzeiger (in German)."


def test_many_other_outlets_are_counted() -> None:
    parts = [piece(number, f"o{number}.example") for number in range(20)]
    assert bare(words.also_words(speech(), story(0, *parts))).endswith("o12.example and 7 more.")


def test_a_quiet_feed_line_says_that_all_answered() -> None:
    assert edition_words.feeds_words(speech(), edition()) == "40 feeds are read. All of them answered."
    assert edition_words.feeds_words(speech(), full_site().edition) == "40 feeds are read. 2 did not answer."


def test_the_verdict_has_three_sentences() -> None:
    assert [bare(line) for line in verdicts.verdict(speech(), lock_story().pieces[0])] == [
        "Quay Dispatch had it first, on Thursday 9 July at 16:10.",
        "5 outlets printed it again within 7 hours.",
        "2 credit Quay Dispatch, 1 credits a copy and 2 credit nobody.",
    ]


def test_within_is_never_shorter_than_the_last_delay() -> None:
    late = piece(1, copies=(copy(2, delay=timedelta(hours=6, minutes=20)),))
    assert verdicts.again_sentence(speech(), late) == "1 outlet printed it again within 7 hours."


def test_alarms_state_what_was_found_and_accuse_nobody() -> None:
    found = [(head, bare(line)) for head, line in verdicts.alarms(speech(), lock_story().pieces[0])]
    assert found == [
        (
            "Credit to a later outlet.",
            "The Upland Record credits Daily Kestrel, which had it 38 minutes after Quay Dispatch.",
        ),
        (
            "Claimed time not believable.",
            "Averil Today claims 07:10, 9 hours before the original. We saw it at 22:30.",
        ),
        ("No credit found.", "QuickBrief and Averil Today name no source in text, links or metadata."),
    ]


def test_an_outlet_that_prints_its_own_text_again_is_no_other_outlet_and_owes_no_credit() -> None:
    again = tuple(copy(n, "own.example", state=CreditState.OWN, delay=timedelta(hours=n)) for n in (1, 2))
    found = verdicts.verdict(speech(), piece(1, "own.example", copies=again))
    assert bare(found[1]) == "It printed it again 2 times within 2 hours."
    assert len(found) == 2


def test_an_outlets_unbelievable_times_are_one_alarm() -> None:
    late = {"alarms": ("claimed-in-future",), "claimed": at(900)}
    again = tuple(copy(n, f"o{n // 3}.example", **late) for n in range(4))
    found = [
        bare(line) for head, line in verdicts.alarms(speech(), piece(1, copies=again)) if head.startswith("Claimed")
    ]
    assert len(found) == 2
    assert found[0].endswith("The same holds for 2 more of its copies.")
    assert "more of its copies" not in found[1]


def test_a_short_silent_edit_is_quoted() -> None:
    rows = verdicts.revisions(speech(), lock_story().pieces[0])
    assert [(silent, bare(line)) for _, silent, line in rows] == [
        (False, "First seen, 54 words"),
        (True, "“two” became “three”; no later time is claimed"),
    ]


def test_a_mail_sentence_groups_what_went_wrong() -> None:
    first, wrong, also = (bare(part) for part in verdicts.provenance(speech(), lock_story(), DAY))
    assert first == "First in Quay Dispatch, Thursday 16:10. Daily Kestrel and Tidewater Post copied and credit it."
    assert wrong == (
        "3 copies lack a right credit: The Upland Record credits Daily Kestrel, itself a copy; "
        "QuickBrief and Averil Today credit nobody; Averil Today claims to be 9 hours older than the original."
    )
    assert also == "Also Harbour Courier, Merrow Wire and Nordkai Anzeiger (in German)."


def test_names_that_look_like_formats_are_only_names() -> None:
    odd = speech()
    odd = replace(odd, names=lambda _: "{name} {0.__class__} %s {{7*7}}")
    line = bare(words.credit_words(odd, copy()))
    assert line == "Credits {name} {0.__class__} %s {{7*7}}"


def test_interface_words_come_from_the_catalogue() -> None:
    import gettext

    class Shouting(gettext.NullTranslations):
        def gettext(self, message: str) -> str:
            return message.upper() if message == "New" else message

        def ngettext(self, one: str, many: str, n: int) -> str:
            return "{n} BERICHTE" if "report" in many else super().ngettext(one, many, n)

    base = speech()
    german = replace(base, interface=replace(base.interface, catalogue=Shouting()))
    assert words.kicker(german, story(1), date(2026, 7, 10)) == "NEW"
    assert words.reports(german, lock_story()) == "4 BERICHTE"


def test_only_the_earliest_piece_is_called_the_first() -> None:
    late, early = piece(1, at=at(5)), piece(2, "merrowwire.example", at=at(1))
    told = story(1, late, early)
    assert [words.came_first(told, part) for part in told.pieces] == [False, True]
    assert bare(verdicts.provenance(speech(), told, DAY)[0]) == "In Quay Dispatch, Thursday 19:00."
    assert bare(words.brief_words(speech(), told, DAY)).startswith("First Merrow Wire, 2 independent reports")


def test_a_lone_report_is_not_called_the_first() -> None:
    lone = story(1)
    assert not words.came_first(lone, lone.pieces[0])


def test_an_edition_line_counts_and_says_no_copies_for_none() -> None:
    line = "1 entry from 1 outlet, 1 piece, 1 story, no copies"
    assert edition_words.counts_words(speech(), edition(story(1))) == line
    assert edition_words.counts_words(speech(), edition()) == "no new entry"
