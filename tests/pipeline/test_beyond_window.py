"""Copies of what is older than the window: texts are forgotten, addresses and declared sources are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model import Role
from aggregator.pipeline.explain import together
from aggregator.pipeline.replay import replay
from aggregator.store import grouping, retention
from tests.dedup.texts import article
from tests.pipeline.builders import Newsroom

ADDRESS = "https://gazette.example/harbour"
OLD = timedelta(days=60)


def later(room: Newsroom, span: timedelta = OLD) -> None:
    room.app = replace(room.app, now=room.app.now + span)


def printed_long_ago(room: Newsroom, text: str) -> int:
    entry = room.prints("gazette.example", text, guid="old", link=ADDRESS, url=ADDRESS)
    room.group()
    later(room)
    room.copied(77, "elsewhere.example")  # a daemon forgets when something new comes
    return entry


@pytest.mark.parametrize("field", ["url", "source_url"])
def test_an_old_text_is_joined_by_its_address_or_by_who_declares_it(room: Newsroom, field: str) -> None:
    old = printed_long_ago(room, article(1))
    copy = room.prints("mirror.example", article(1), "", guid="new", **{field: ADDRESS})
    room.group()
    piece = room.piece(copy)
    assert (piece.id, piece.original, {each.entry_id for each in piece.copies}) == (old, old, {old, copy})
    (told,) = (each for each in piece.copies if each.entry_id == copy)
    assert (told.role, told.of, told.jaccard) == (Role.REPUBLICATION, old, 1.0)
    facts = together(room.app, str(old), str(copy))
    assert facts["same_piece"]
    assert f"Entry {copy} joined because it" in " ".join(facts["why"])


def test_without_address_or_declaration_an_old_text_is_forgotten_and_explained_so(room: Newsroom) -> None:
    old = printed_long_ago(room, article(1))
    copy = room.prints("mirror.example", article(1), guid="new")
    room.group()
    assert room.together(old, copy) == [[old], [copy]]
    why = " ".join(together(room.app, str(old), str(copy))["why"])
    assert "apart; texts are remembered for 30 days" in why


def test_another_text_that_declares_an_old_address_as_its_source_is_no_copy(room: Newsroom) -> None:
    old = printed_long_ago(room, article(1))
    comment = room.prints("mirror.example", article(2), guid="new", source_url=ADDRESS)
    room.group()
    assert room.together(old, comment) == [[old], [comment]]


def test_copies_that_come_after_the_one_with_the_address_are_known_by_its_text(room: Newsroom) -> None:
    old = printed_long_ago(room, article(1))
    declaring = room.prints("mirror.example", article(1), guid="new", source_url=ADDRESS)
    room.group()
    silent = room.prints("third.example", article(1), guid="third")
    room.group()
    again = room.prints("fourth.example", article(1), guid="fourth", source_url=ADDRESS)
    room.group()
    assert room.together(old, declaring, silent, again) == [[old, declaring, silent, again]]


def test_a_replay_knows_old_addresses_too(room: Newsroom) -> None:
    printed_long_ago(room, article(1))
    room.prints("mirror.example", article(1), guid="new", source_url=ADDRESS)
    room.group()
    for span in (timedelta(days=1), 2 * OLD):
        replayed = replay(room.app, room.app.now - span, None)
        assert (replayed.entries > 0, replayed.piece_changes) == (True, ())


def test_what_was_purged_is_gone_but_its_copy_still_says_where_it_is_from(room: Newsroom) -> None:
    old = printed_long_ago(room, article(1))
    retention.purge(room.database, before=room.app.now - timedelta(days=30))
    copy = room.prints("mirror.example", article(1), guid="new", source_url=ADDRESS, source_name="Harbour Gazette")
    room.group()
    (told,) = room.piece(copy).copies
    assert (told.role, told.of) == (Role.REPUBLICATION, None)
    assert told.credit is not None
    assert (told.credit.name, told.credit.url) == ("Harbour Gazette", ADDRESS)
    assert grouping.pieces_of_entries(room.database, [old]) == ()
