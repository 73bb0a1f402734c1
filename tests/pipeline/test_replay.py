"""Replay: other thresholds are tried in memory, and nothing is changed by it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from aggregator.cli.upkeep import with_thresholds
from aggregator.config import Config
from aggregator.errors import ConfigError, UsageError
from aggregator.pipeline import curation
from aggregator.pipeline.replay import changes, replay
from aggregator.store.tables import metadata
from tests.cli.support import command, configured
from tests.dedup.texts import article, edited
from tests.pipeline.builders import HOUR, NOON, Newsroom

A, B, C, D = "averil.example", "brink.example", "cove.example", "dune.example"


def everything(room: Newsroom) -> list[list[tuple[object, ...]]]:
    with room.database.reading() as connection:
        return [[tuple(row) for row in connection.execute(select(table))] for table in metadata.sorted_tables]


def loose_copies(room: Newsroom) -> list[int]:
    """A text, a close copy and a loose one, poll by poll."""
    ids = []
    for outlet, share in ((A, 0.0), (B, 0.02), (C, 0.12)):
        ids.append(room.prints(outlet, edited(article(1), share, seed=4)))
        room.group()
    assert room.together(*ids) == [ids]
    return ids


def test_a_stricter_threshold_shows_the_pieces_that_would_part_and_changes_nothing(room: Newsroom) -> None:
    first, second, third = loose_copies(room)
    before = everything(room)
    found = replay(room.app, NOON, with_thresholds(room.app.config, ["dedup.containment=0.8"]))
    assert [(change.now, change.then) for change in found.piece_changes] == [
        (((first, second, third),), ((first, second), (third,)))
    ]
    assert (found.entries, found.pieces) == (3, (1, 2))
    assert everything(room) == before


def test_the_present_thresholds_would_make_what_is_stored(room: Newsroom) -> None:
    loose_copies(room)
    room.copied(2, A, D)
    found = replay(room.app, NOON, None)
    assert (found.piece_changes, found.pieces) == ((), (2, 2))


def test_only_what_came_since_is_grouped_again_on_top_of_what_came_before(room: Newsroom) -> None:
    first, second, third = loose_copies(room)
    since = NOON + 3 * HOUR
    found = replay(room.app, since, with_thresholds(room.app.config, ["dedup.containment=0.8"]))
    assert found.entries == 1
    assert [change.then for change in found.piece_changes] == [((first, second), (third,))]


def test_corrections_by_hand_hold_in_a_replay_too(room: Newsroom) -> None:
    first, _, third = loose_copies(room)
    curation.merge(room.app, str(first), str(*room.copied(2, D)))
    curation.split(room.app, str(third))
    room.group()
    assert replay(room.app, NOON, None).piece_changes == ()


def test_a_replay_of_nothing_is_empty(room: Newsroom) -> None:
    loose_copies(room)
    found = replay(room.app, room.app.now + HOUR, None)
    assert (found.entries, found.pieces, found.piece_changes) == (0, (0, 0), ())


homes = st.dictionaries(st.integers(0, 12), st.integers(0, 4))


@given(homes, homes)
def test_changes_hold_every_difference_once_and_nothing_else(now: dict[int, int], then: dict[int, int]) -> None:
    def pairs(groups: dict[int, int]) -> set[tuple[int, int]]:
        both = sorted(now.keys() & then.keys())
        return {(a, b) for a in both for b in both if a < b and groups[a] == groups[b]}

    found = changes(now, then)
    named = [entry for change in found for group in change.now for entry in group]
    assert len(named) == len(set(named))
    assert {entry for pair in pairs(now) ^ pairs(then) for entry in pair} <= set(named)
    for change in found:
        assert change.now != change.then
        assert sorted(sum(change.now, ())) == sorted(sum(change.then, ()))
    assert (found == ()) == (pairs(now) == pairs(then))
    assert [replace(one, now=one.then, then=one.now) for one in changes(then, now)] == list(found)


# ---------------------------------------------------------------- the command line


def test_thresholds_are_read_as_the_config_reads_them() -> None:
    config = with_thresholds(Config(), ["dedup.containment=0.6", "dedup.window=10d", "stories.threshold=0.2"])
    assert (config.dedup.containment, config.dedup.window.days, config.stories.threshold) == (0.6, 10, 0.2)
    assert config.dedup.min_shared == Config().dedup.min_shared


@pytest.mark.parametrize("written", ["containment=0.6", "mail.host=x", "dedup.containment", "dedup.=1"])
def test_what_is_no_threshold_is_a_usage_error(written: str) -> None:
    with pytest.raises(UsageError, match="--set"):
        with_thresholds(Config(), [written])


def test_a_mistyped_threshold_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="contanment"):
        with_thresholds(Config(), ["dedup.contanment=0.6"])


def test_the_command_says_what_would_change(room: Newsroom, tmp_path: Path) -> None:
    ids = loose_copies(room)
    folder = configured(tmp_path, f'[store]\nurl = "sqlite:///{tmp_path / "store.sqlite"}"\n')
    now = {"AGGREGATOR_NOW": "2026-03-03T06:30:00Z"}
    arguments = ("replay", "--since", "2026-03-01", "--set", "dedup.containment=0.8")
    lines = command(folder, *arguments, environment=now).output.splitlines()
    assert lines[0].startswith("3 entries grouped again: of pieces, 1 would be 2;")
    assert f"  [{ids[0]} {ids[1]} {ids[2]}]  would be  [{ids[0]} {ids[1]}] [{ids[2]}]" in lines
    found = json.loads(command(folder, *arguments, "--json", environment=now).output)
    assert found["piece_changes"] == [{"now": [ids], "then": [ids[:2], ids[2:]]}]
