"""Explanations: the verdict follows from what the store holds, for the joined and for those that were not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.errors import UsageError
from aggregator.pipeline import curation, explain
from aggregator.pipeline.passages import LONGEST, MOST, passages
from aggregator.store import entries
from tests.dedup.texts import article, edited
from tests.pipeline.builders import HOUR, Newsroom, called, everything
from tests.stories.builders import EVENTS

A, B, C = "averil.example", "brink.example", "cove.example"


def test_two_copies_are_explained_by_stage_measures_passages_and_dates(room: Newsroom) -> None:
    first = room.prints(A, f"{article(1)}\nA closing paragraph that only the first outlet printed.")
    second = room.prints(B, f"{article(1)}\nThis article was first published by {called(A)}.")
    room.group()
    found = explain.together(room.app, str(second), str(first))
    assert (found["same_piece"], found["a"]["id"], found["b"]["id"]) == (True, first, second)
    assert found["why"] == [f"Both are in piece {first}.", f"Entry {second} joined because the texts agree."]
    assert found["by_themselves"] == "the texts agree"
    assert found["asked"][0] == {
        "measure": "containment",
        "value": round(found["measures"]["containment"], 3),
        "asked": 0.5,
        "reached": True,
    }
    assert "closing paragraph" in " ".join(found["passages"]["only_in_a"])
    assert "published by" in " ".join(found["passages"]["only_in_b"])
    assert found["delay_seconds"] == HOUR.total_seconds()
    assert found["b"]["credits"][0]["names_the_other"]
    assert set(found["versions"]) == {"program", "fingerprint", "stories"}


def test_two_other_texts_are_explained_by_the_measures_that_they_miss(room: Newsroom) -> None:
    first, second = *room.copied(1, A), *room.copied(2, B)
    found = explain.together(room.app, str(first), str(second))
    assert not found["same_piece"]
    assert found["why"] == [
        f"Their pieces are {first} and {second}.",
        "Their containment is 0.0; 0.5 is asked.",
        "Their shared is 0; 20 is asked.",
    ]
    assert [row["reached"] for row in found["asked"]] == [False, False, False]


def test_a_round_up_that_quotes_and_links_is_named_with_both_pieces(room: Newsroom) -> None:
    ids = [room.copied(seed, f"o{seed}.example")[0] for seed in range(1, 4)]
    texts = [" ".join(article(seed).split()[40:90]) for seed in range(1, 4)]
    addresses = [entry.link or "" for entry in entries.by_ids(room.database, ids)]
    html = "".join(f'<p>{text} <a href="{link}">more</a></p>' for text, link in zip(texts, addresses, strict=True))
    letter = room.prints("letter.example", "\n".join([article(9), *texts]), html=html)
    room.group()
    assert [room.piece(entry).quoted_in for entry in ids] == [(letter,)] * 3
    assert room.piece(letter).id == letter
    assert explain.alone(room.app, f"piece:{ids[0]}")["quoted_in"] == [letter]
    facts = explain.together(room.app, str(ids[0]), str(letter))
    assert f"Entry {letter} quotes the other at length; a round-up joins none." in facts["why"]


def test_what_a_hand_did_is_the_reason_that_is_given(room: Newsroom) -> None:
    first, second, third = *room.copied(1, A, B), *room.copied(2, C)
    kept, merged = curation.never_join(room.app, "1", "2"), curation.merge(room.app, "2", "3")
    room.group()
    apart = explain.together(room.app, str(first), str(second))
    assert apart["by_themselves"] == "the texts agree"
    assert [line for line in apart["why"] if line.startswith("By hand")] == [
        f"By hand: kept apart entry 1 and entry 2, by hand on 2026-03-02 (correction {kept})."
    ]
    joined = explain.together(room.app, str(second), str(third))
    assert joined["same_piece"]
    assert any(f"correction {merged}" in line for line in joined["why"])
    assert explain.alone(room.app, str(second))["entry"]["corrections"][0].startswith("kept apart from entry 1")


def test_an_entry_that_waits_for_grouping_is_said_to_wait(room: Newsroom) -> None:
    (first,) = room.copied(1, A)
    waiting = room.prints(B, article(1))
    assert explain.together(room.app, str(first), str(waiting))["why"] == ["One of them is not grouped yet."]
    assert explain.alone(room.app, str(waiting))["piece"] == "not grouped yet"


def test_a_text_that_came_after_the_window_is_told_from_one_that_is_different(room: Newsroom) -> None:
    (first,) = room.copied(1, A)
    room.app = replace(room.app, now=room.app.now + timedelta(days=40))
    (late,) = room.copied(1, B)
    found = explain.together(room.app, str(first), str(late))
    assert not found["same_piece"]
    assert "They came 40 days apart; texts are remembered for 30 days." in found["why"]


def test_an_old_id_of_a_piece_is_explained_as_what_it_became(room: Newsroom) -> None:
    first, second = *room.copied(1, A), *room.copied(2, B)
    curation.merge(room.app, str(first), str(second))
    room.group()
    found = explain.alone(room.app, f"piece:{second}")
    assert (found["id"], found["aliases"]) == (first, [second])


def test_a_story_is_explained_by_the_parts_whose_product_is_its_rank(room: Newsroom) -> None:
    ids = [room.prints(f"o{number}.example", body, title) for number, (title, body) in enumerate(EVENTS["bridge"])]
    room.group()
    found = explain.alone(room.app, f"story:{ids[0]}")
    product = 1.0
    for factor in found["rank"]["parts"].values():
        product *= factor
    assert found["rank"]["score"] == pytest.approx(product, rel=0.01)
    assert {piece["id"] for piece in found["pieces"]} == set(ids)
    assert found["rank"]["lead"] == found["pieces"][0]["id"]
    curation.split(room.app, f"piece:{ids[1]}")
    room.group()
    assert "its story split off" in explain.alone(room.app, f"story:{ids[1]}")["corrections"][0]


def test_what_does_not_exist_is_a_usage_error(room: Newsroom) -> None:
    room.copied(1, A)
    for reference in ("piece:99", "story:99", "99", "story:x", "https://nowhere.example/"):
        with pytest.raises(UsageError):
            explain.alone(room.app, reference)


def test_explaining_changes_nothing(room: Newsroom) -> None:
    ids = room.copied(1, A, B)
    before = everything(room, ids)
    explain.together(room.app, str(ids[0]), str(ids[1]))
    explain.alone(room.app, f"story:{ids[0]}")
    assert everything(room, ids) == before


def test_passages_are_few_and_short_and_long_texts_are_compared_by_their_beginnings() -> None:
    text = article(3, count=4000)
    found = passages((text, ()), (edited(text, 0.2), ()))
    assert "first 3000 words" in found["note"]
    for kind in ("shared", "only_in_a", "only_in_b"):
        assert 0 < len(found[kind]) <= MOST
        assert max(map(len, found[kind])) <= LONGEST
    assert passages(("", ()), ("words", ())) == {"note": "a text is empty, or all of it is the outlet's boilerplate"}
