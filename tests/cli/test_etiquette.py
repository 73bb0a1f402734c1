"""`aggregator etiquette` on a store with a log in it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.store.database import open_database
from tests.cli.support import command, configured
from tests.store.builders import NOW, listed, plan, saved


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    database = open_database(f"sqlite:///{tmp_path / 'store.sqlite'}", create=True)
    (feed,) = listed(database, "https://harbour.example/feed?token=secret")
    for hours in range(3):
        saved(database, plan(feed, next_poll_why="every 60 min"), now=NOW + timedelta(hours=hours))
    database.close()
    return configured(
        tmp_path, f'[store]\nurl = "sqlite:///{tmp_path / "store.sqlite"}"\n[fetch]\ncontact = "a@b.example"'
    )


def test_the_score_is_a_sheet_for_people(folder: Path) -> None:
    result = command(folder, "etiquette")
    assert "3 requests for 1 feeds at 1 hosts" in result.output
    assert "All rules kept." in result.output


def test_the_score_is_one_document_for_programs(folder: Path) -> None:
    found = json.loads(command(folder, "etiquette", "--json").output)
    assert (found["requests"], found["broken"]) == (3, 0)
    assert {"number", "says", "tested", "broken", "examples"} == set(found["rules"][0])


def test_the_log_is_written_line_by_line_without_secrets(folder: Path) -> None:
    lines = [json.loads(line) for line in command(folder, "etiquette", "--log").output.splitlines()]
    assert [line["next_poll_why"] for line in lines] == ["every 60 min"] * 3
    assert {line["url"] for line in lines} == {"https://harbour.example/feed?token=***"}


def test_a_store_without_polls_says_so(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path / 'store.sqlite'}", create=True).close()
    configured(tmp_path, f'[store]\nurl = "sqlite:///{tmp_path / "store.sqlite"}"')
    assert "nothing was polled yet" in command(tmp_path, "etiquette").output
