"""`dedupe` and `evaluate` as users run them."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import ROOT, configured, process
from tests.dedup.texts import article

PATTERNS = """
[[pattern]]
name = "overgenomen uit"
cues = ["overgenomen"]
regions = ["foot"]
confidence = 0.9
expression = '^overgenomen uit {source}{end}'
"""


def archived(folder: Path, *texts: str) -> str:
    """An archive of texts, each of an outlet of its own, dated day by day."""
    lines = [
        {"id": number, "outlet": f"o{number}.example", "text": text, "published": f"2024-05-{number:02}T08:00:00Z"}
        for number, text in enumerate(texts, 1)
    ]
    (folder / "in.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return "in.jsonl"


def records(folder: Path, name: str = "out.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]


# ---------------------------------------------------------------- wordings of one's own


def test_credits_in_a_users_own_wordings_are_found_by_every_command(tmp_path: Path) -> None:
    source = archived(tmp_path, article(1), f"{article(1)}\nOvergenomen uit Havenkrant.")
    configured(tmp_path, '[dedup]\npatterns = "credits.toml"\n')
    (tmp_path / "credits.toml").write_text(PATTERNS, encoding="utf-8")
    run = process("dedupe", source, "-o", "out.jsonl", folder=tmp_path)
    assert (run.returncode, run.stderr) == (0, b"")
    credit = records(tmp_path)[1]["credit"]
    assert (credit["name"], credit["confidence"], credit["position"]) == ("Havenkrant", 0.9, "foot")


def test_a_mistake_in_ones_own_wordings_stops_every_command_before_it_does_anything(tmp_path: Path) -> None:
    configured(tmp_path, '[dedup]\npatterns = "credits.toml"\n')
    (tmp_path / "credits.toml").write_text(PATTERNS.replace("{end}", "{stop}"), encoding="utf-8")
    place = f"{tmp_path / 'credits.toml'}:7: pattern[1].expression: there is no macro stop;"
    for arguments in (["dedupe", archived(tmp_path, article(1)), "-o", "out.jsonl"], ["poll"], ["list"], ["check"]):
        run = process(*arguments, folder=tmp_path)
        assert (run.returncode, place in (run.stdout + run.stderr).decode()) == (2, True), arguments
    assert not (tmp_path / "out.jsonl").exists()


# ---------------------------------------------------------------- interrupted


def long_archive(folder: Path) -> list[str]:
    """Arguments for an archive that takes seconds, some of whose articles are copies; the state is kept often."""
    texts = [article(number % 900, 80) for number in range(1200)]
    lines = [
        {"id": number, "outlet": f"o{number % 9}.example", "title": f"Number {number}", "text": text, "lang": "en"}
        for number, text in enumerate(texts)
    ]
    (folder / "long.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return ["dedupe", "long.jsonl", "--keep-every", "64", "-o"]


def started(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The program in a process of its own, going on while we look."""
    return subprocess.Popen(
        [sys.executable, "-m", "aggregator", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
        stderr=subprocess.PIPE,
    )


def signalled(run: subprocess.Popen[bytes], state: Path, number: signal.Signals) -> bytes:
    """Send a signal as soon as the run has kept a state of its own; what it says on standard error at its end."""
    before = state.stat().st_ino if state.exists() else 0
    while run.poll() is None and not (state.exists() and state.stat().st_ino != before):
        os.sched_yield()
    assert run.poll() is None, "the archive is too short for this test"
    run.send_signal(number)
    return run.communicate(timeout=60)[1]


def test_a_run_that_is_killed_again_and_again_gives_the_same_bytes(tmp_path: Path) -> None:
    arguments = long_archive(tmp_path)
    assert process(*arguments, "whole.jsonl", folder=tmp_path).returncode == 0
    for _ in range(3):
        run = started(tmp_path, *arguments, "out.jsonl")
        signalled(run, tmp_path / "out.jsonl.unfinished" / "state", signal.SIGKILL)
        assert run.returncode == -signal.SIGKILL
        assert not (tmp_path / "out.jsonl").exists()
    assert process(*arguments, "out.jsonl", folder=tmp_path).returncode == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not (tmp_path / "out.jsonl.unfinished").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_says_how_to_go_on(tmp_path: Path, number: signal.Signals) -> None:
    arguments = long_archive(tmp_path)
    run = started(tmp_path, *arguments, "out.jsonl")
    told = signalled(run, tmp_path / "out.jsonl.unfinished" / "state", number)
    assert (run.returncode, told) == (4, b"interrupted; the same command goes on from here\n")
    lines = len((tmp_path / "long.jsonl").read_text(encoding="utf-8").splitlines())
    assert process(*arguments, "out.jsonl", folder=tmp_path).returncode == 0
    assert [record["id"] for record in records(tmp_path)] == list(range(lines))


def test_a_terminal_shows_how_far_the_archive_has_been_read(tmp_path: Path) -> None:
    source = archived(tmp_path, *(article(number, 20) for number in range(9)))
    ours, theirs = pty.openpty()
    run = process("dedupe", source, "-o", "out.jsonl", folder=tmp_path, environment={"TERM": "xterm"}, stderr=theirs)
    told = os.read(ours, 100_000).decode(errors="replace")
    os.close(theirs)
    os.close(ours)
    assert (run.returncode, run.stdout) == (0, b"")
    assert re.search(r"\d+ articles .*\d+%", told)
