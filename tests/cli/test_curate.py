"""Corrections by hand on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aggregator.store import leases
from aggregator.store.database import open_database
from tests.cli.support import command, configured
from tests.pipeline.builders import HOUR, NOON, newsroom

LATER = {"AGGREGATOR_NOW": "2026-03-03T06:30:00Z"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with one piece of two printings (1, 2) and another (3)."""
    database = open_database(f"sqlite:///{tmp_path / 'aggregator.sqlite'}", create=True)
    room = newsroom(database)
    room.copied(1, "averil.example", "brink.example")
    room.copied(2, "cove.example")
    database.close()
    return configured(tmp_path, f'[store]\nurl = "sqlite:///{tmp_path / "aggregator.sqlite"}"\n')


def pieces(folder: Path) -> list[list[int]]:
    exported = command(folder, "export", environment=LATER)
    return [piece["copies"] for piece in json.loads(exported.output)["pieces"]]


def test_a_merge_holds_at_once_and_says_how_to_take_it_back(folder: Path) -> None:
    done = command(folder, "merge", "2", "3", environment=LATER)
    assert done.exit_code == 0, done.output
    assert done.output == "Made correction 1. It holds now: piece 1; story 1. Take it back with `aggregator undo 1`.\n"
    assert pieces(folder) == [[1, 2, 3]]
    assert command(folder, "undo", environment=LATER).output.startswith("Took back correction 1, merge. It holds now")
    assert pieces(folder) == [[1, 2], [3]]


def test_the_list_of_corrections_is_whole_and_in_order(folder: Path) -> None:
    for arguments in (["split", "2"], ["pin-original", "3"], ["never-join", "1", "3"], ["undo", "2"]):
        assert command(folder, *arguments, environment=LATER).exit_code == 0
    listed = json.loads(command(folder, "overrides", "--json").output)["overrides"]
    assert [(one["kind"], one["entries"], one["undone_at"]) for one in listed] == [
        ("split", [2], None),
        ("pin-original", [3], "2026-03-03T06:30:00Z"),
        ("never-join", [1, 3], None),
    ]
    lines = command(folder, "overrides").output.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert "taken back 2026-03-03 06:30" in lines[1]


def test_what_is_refused_exits_with_2_and_changes_nothing(folder: Path) -> None:
    refused = command(folder, "merge", "1", "2", environment=LATER)
    assert "both are in piece 1 already" in str(refused.exception)
    assert command(folder, "overrides").output == "No corrections were made by hand.\n"


def test_a_daemon_that_groups_for_the_store_applies_the_correction_itself(folder: Path) -> None:
    database = open_database(f"sqlite:///{folder / 'aggregator.sqlite'}")
    leases.acquire(database, "group", "elsewhere-1", now=NOON + 24 * HOUR, duration=HOUR)
    database.close()
    done = command(folder, "split", "1", environment={"AGGREGATOR_NOW": "2026-03-03T12:10:00Z"})
    assert "The daemon applies it within seconds." in done.output
    assert pieces(folder) == [[1, 2], [3]]
