"""`stats`, `backup`, `restore`, `doctor`."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.store import leases
from aggregator.store.database import open_database
from tests.cli.support import command, configured
from tests.dedup.texts import article
from tests.pipeline.builders import HOUR, NOON, called, newsroom

LATER = {"AGGREGATOR_NOW": "2026-03-03T06:30:00Z"}
A, B, C = "averil.example", "brink.example", "cove.example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A republishes twice from B, once with credit; C once from somebody whom nobody follows."""
    database = open_database(f"sqlite:///{tmp_path / 'aggregator.sqlite'}", create=True)
    room = newsroom(database)
    for seed, foot in ((1, f"This article was first published by {called(B)}."), (2, "")):
        room.prints(B, article(seed))
        room.prints(A, f"{article(seed)}\n{foot}")
    room.prints(C, f"{article(3)}\nThis article was first published by {called(A)}.")
    room.group()
    database.close()
    text = f'[store]\nurl = "sqlite:///{tmp_path / "aggregator.sqlite"}"\n[site]\noutput = "{tmp_path / "site"}"\n'
    text += f'[mail]\nmaildir = "{tmp_path / "mail"}"\n[fetch]\ncontact = "me@example.org"\n'
    feeds = "".join(f'[[feeds]]\nurl = "https://{outlet}/feed"\n' for outlet in (A, B, C))
    return configured(tmp_path, text + feeds)


def store_of(folder: Path) -> Path:
    return folder / "aggregator.sqlite"


def guids(folder: Path) -> list[str]:
    return [one["guid"] for one in json.loads(command(folder, "export", environment=LATER).output)["entries"]]


# ---------------------------------------------------------------- stats


def test_republications_are_counted_by_pair_with_credit_and_delay(folder: Path) -> None:
    found = json.loads(command(folder, "stats", "republications", "--format", "json", environment=LATER).output)
    assert found["republications"] == [
        {
            "copier": A,
            "source": B,
            "copies": 2,
            "credit_due": 2,
            "credited": 1,
            "share_credited": 0.5,
            "median_delay_seconds": 3600,
        },
        {
            "copier": C,
            "source": A,
            "copies": 1,
            "credit_due": 1,
            "credited": 1,
            "share_credited": 1.0,
            "median_delay_seconds": None,
        },
    ]


def test_republications_as_table_and_as_csv_say_the_same(folder: Path) -> None:
    lines = command(folder, "stats", "republications", environment=LATER).output.splitlines()
    assert lines[1].split() == [A, B, "2", "50%", "1", "h"]
    written = command(folder, "stats", "republications", "--format", "csv", environment=LATER).output
    rows = list(csv.DictReader(io.StringIO(written)))
    assert [(row["copier"], row["copies"], row["median_delay_seconds"]) for row in rows] == [
        (A, "2", "3600"),
        (C, "1", ""),
    ]


def test_republications_since_a_moment_keep_their_older_sources(folder: Path) -> None:
    since = (NOON + 4 * HOUR).isoformat()
    arguments = ("stats", "republications", "--since", since, "--format", "json")
    found = json.loads(command(folder, *arguments, environment=LATER).output)["republications"]
    assert [(one["copier"], one["source"], one["copies"]) for one in found] == [(A, B, 1), (C, A, 1)]


# ---------------------------------------------------------------- backup and restore


def test_a_backup_is_brought_back_and_the_present_store_is_set_aside(folder: Path) -> None:
    before = guids(folder)
    done = command(folder, "backup", str(folder / "copy.sqlite"), environment=LATER)
    assert done.exit_code == 0, done.output
    with closing(sqlite3.connect(store_of(folder))) as connection:
        connection.execute("DELETE FROM entries")
        connection.commit()
    assert guids(folder) == []
    done = command(folder, "restore", str(folder / "copy.sqlite"), environment=LATER)
    assert "The one before is" in done.output
    assert guids(folder) == before
    assert (folder / "aggregator.sqlite.before-restore").exists()


def test_a_store_that_is_lost_or_damaged_is_brought_back(folder: Path) -> None:
    before = guids(folder)
    command(folder, "backup", str(folder / "copy.sqlite"), environment=LATER)
    for damage in (None, b"nonsense" * 100):
        store_of(folder).unlink()
        if damage is not None:
            store_of(folder).write_bytes(damage)
        done = command(folder, "restore", str(folder / "copy.sqlite"), environment=LATER)
        assert done.exit_code == 0, done.output
        assert guids(folder) == before


@pytest.mark.parametrize("content", [b"", b"no store", None])
def test_what_is_no_backup_is_refused_and_the_store_stays(folder: Path, content: bytes | None) -> None:
    before = guids(folder)
    if content is None:
        with closing(sqlite3.connect(folder / "other")) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
            connection.execute("INSERT INTO alembic_version VALUES ('9999')")
            connection.commit()
    else:
        (folder / "other").write_bytes(content)
    assert command(folder, "restore", str(folder / "other"), environment=LATER).exit_code != 0
    assert command(folder, "restore", str(folder / "absent"), environment=LATER).exit_code != 0
    assert command(folder, "restore", str(store_of(folder)), environment=LATER).exit_code != 0
    assert guids(folder) == before
    assert not list(folder.glob("*.before-restore*"))


def test_a_backup_overwrites_an_older_backup_and_nothing_else(folder: Path) -> None:
    copy, mine = folder / "copy.sqlite", folder / "mine.txt"
    mine.write_text("mine")
    assert [command(folder, "backup", str(copy), environment=LATER).exit_code for _ in range(2)] == [0, 0]
    for taken in (mine, store_of(folder)):
        assert "name another file" in str(command(folder, "backup", str(taken), environment=LATER).exception)
    assert mine.read_text() == "mine"


def test_a_store_that_a_daemon_works_with_is_not_replaced(folder: Path) -> None:
    command(folder, "backup", str(folder / "copy.sqlite"), environment=LATER)
    database = open_database(f"sqlite:///{store_of(folder)}")
    leases.acquire(database, "group", f"{socket.gethostname()}-{os.getpid()}", now=NOON, duration=HOUR)
    database.close()
    refused = command(folder, "restore", str(folder / "copy.sqlite"), environment=LATER)
    assert "stop the daemon first" in str(refused.exception)


# ---------------------------------------------------------------- doctor


def findings(folder: Path, now: str = LATER["AGGREGATOR_NOW"]) -> tuple[int, list[tuple[str, str, str]]]:
    result = command(folder, "doctor", "--json", environment={"AGGREGATOR_NOW": now})
    found = json.loads(result.stdout)["findings"]
    return result.exit_code, [(one["area"], one["level"], one["problem"]) for one in found]


def test_a_sound_installation_has_nothing_but_advice(folder: Path) -> None:
    code, found = findings(folder)
    assert (code, [one for one in found if one[1] == "error"]) == (0, [])


def test_what_does_not_fit_together_in_the_store_is_found(folder: Path) -> None:
    with closing(sqlite3.connect(store_of(folder))) as connection:
        connection.execute("UPDATE entries SET piece_id = 4711 WHERE id = 1")
        connection.execute("DELETE FROM story_pieces WHERE piece_id = 5")
        connection.execute("UPDATE fingerprints SET scheme = 'older' WHERE key = 2")
        connection.commit()
    code, found = findings(folder)
    assert code == 1
    assert [problem for area, level, problem in found if (area, level) == ("store", "error")] == [
        "1 entries name another piece than the one that holds them",
        "1 pieces are in no story",
        "1 signatures were made by another version and cannot be compared with new ones",
    ]


def test_an_output_folder_that_is_a_file_is_an_error(folder: Path) -> None:
    (folder / "site").write_text("in the way")
    code, found = findings(folder)
    assert (code, ("output", "error", f"{folder / 'site'} cannot be written") in found) == (1, True)


def test_feeds_that_nothing_polls_are_told(folder: Path) -> None:
    with closing(sqlite3.connect(store_of(folder))) as connection:
        connection.execute("UPDATE feeds SET next_poll_at = '2026-03-03 06:00:00.000000'")
        connection.commit()
    assert not [one for one in findings(folder)[1] if "does anything poll" in one[2]]
    assert [one for one in findings(folder, "2026-03-04T06:30:00Z")[1] if "does anything poll" in one[2]]


def test_a_config_with_mistakes_is_all_that_is_told_and_gives_its_exit_code(tmp_path: Path) -> None:
    code, found = findings(configured(tmp_path, "[sote]\n"))
    assert (code, [one[:2] for one in found]) == (2, [("config", "error")])


def test_people_get_a_line_for_each_finding(folder: Path) -> None:
    shown = command(folder, "doctor", environment=LATER)
    assert shown.exit_code == 0
    assert all(": " in line or line == "Nothing ails this installation." for line in shown.output.splitlines())
