"""What the documents say is true: commands, make targets, modules."""

from __future__ import annotations

import re
from pathlib import Path

from typer.main import get_command

from aggregator.cli.main import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> set[str]:
    return set(get_command(app).commands)  # type: ignore[attr-defined]


def test_every_command_stands_in_the_readme_and_no_other() -> None:
    table = README.split("| command | does |", 1)[1].split("\n\n", 1)[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`([a-z-]+)", row.partition(" | ")[0])}
    assert named == commands()


def test_every_command_line_of_the_readme_names_a_real_command() -> None:
    written = re.findall(r"^(?:\.venv/bin/)?aggregator ([a-z-]+)", README, re.MULTILINE)
    assert written
    assert set(written) <= commands()


def test_every_make_target_that_is_promised_is_there_and_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    explained = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    assert {"help", "demo", "test", "check", "accept", "bench"} <= explained
    assert set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE)) <= explained


def test_every_module_that_the_readme_names_exists() -> None:
    table = README.split("| layer | modules |", 1)[1].split("\n\n", 1)[0]
    for name in re.findall(r"`([a-z_]+(?:/|\.py))`", table):
        assert (ROOT / "aggregator" / name).exists(), name


def test_the_lock_holds_names_versions_and_hashes_and_nothing_else() -> None:
    line = re.compile(r"[A-Za-z0-9_.-]+==[^ ;]+(?: ; .+)? \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not [text for text in lock.splitlines() if not line.fullmatch(text)]


def test_the_changelog_has_an_entry_for_what_is_not_released_yet() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
