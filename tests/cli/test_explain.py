"""`explain` on the command line: readable in a terminal, one document for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aggregator.store.database import open_database
from tests.cli.support import command, configured
from tests.pipeline.builders import newsroom

LATER = {"AGGREGATOR_NOW": "2026-03-03T06:30:00Z"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    database = open_database(f"sqlite:///{tmp_path / 'aggregator.sqlite'}", create=True)
    room = newsroom(database)
    room.copied(1, "averil.example", "brink.example", changed=0.1)
    room.copied(2, "cove.example")
    database.close()
    return configured(tmp_path, f'[store]\nurl = "sqlite:///{tmp_path / "aggregator.sqlite"}"\n')


def test_the_verdict_stands_first_and_the_evidence_below_it(folder: Path) -> None:
    shown = command(folder, "explain", "1", "2", environment=LATER).output
    assert shown.startswith("One piece, the same story\n  Both are in piece 1.\n")
    for heading in ("Measures", "A: entry 1", "B: entry 2", "Between them", "Only in A: ", "Shared: ", "Decided by"):
        assert f"\n{heading}" in shown
    assert "B came after A by      1 h" in shown
    assert command(folder, "explain", "1", "3", environment=LATER).output.startswith("Not one piece")


@pytest.mark.parametrize("arguments", [["1"], ["piece:1"], ["story:1"], ["1", "2"], ["1", "3"]])
def test_programs_get_one_document_with_times_in_utc(folder: Path, arguments: list[str]) -> None:
    found = json.loads(command(folder, "explain", *arguments, "--json", environment=LATER).output)
    assert isinstance(found, dict)
    assert "datetime" not in str(found)


@pytest.mark.parametrize("arguments", [["1"], ["piece:1"], ["story:1"]])
def test_people_get_no_line_of_code(folder: Path, arguments: list[str]) -> None:
    shown = command(folder, "explain", *arguments, environment=LATER).output
    assert shown
    assert not [line for line in shown.splitlines() if "{" in line or "datetime" in line or "None" in line]
