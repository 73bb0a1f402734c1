"""What holds for every command: exit codes, messages, streams, the time, and a fast start."""

from __future__ import annotations

import json
import os
import resource
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.__about__ import __version__
from aggregator.cli.context import current_time, printable, without_secrets
from aggregator.errors import UsageError
from tests.cli.support import command, configured, process

TITLE = "Zürich \u4e16\u754c \x1b]0;owned\x07\u202eevil\x9b31m"


def feed_with_title(title: str) -> str:
    return f'[[feeds]]\nurl = "https://a.example/"\ntitle = {json.dumps(title).replace(chr(0x7F), "")}\n'


def test_the_version_is_printed(tmp_path: Path) -> None:
    run = process("--version", folder=tmp_path)
    assert (run.returncode, run.stdout.decode()) == (0, f"FairCopy {__version__}\n")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["add", "--help"], ["list", "-h"]])
def test_help_needs_no_config(tmp_path: Path, arguments: list[str]) -> None:
    result = command(tmp_path, *arguments)
    assert result.exit_code == 0
    assert "Usage: " in result.output


def test_no_command_in_the_list_of_commands_is_cut_short(tmp_path: Path) -> None:
    assert "..." not in command(tmp_path, "--help").output.replace("[ARGS]...", "")


@pytest.mark.parametrize("arguments", [["nonsense"], ["add"], ["list", "--nonsense"]])
def test_a_wrong_command_line_exits_with_2_and_prints_nothing_on_stdout(tmp_path: Path, arguments: list[str]) -> None:
    run = process(*arguments, folder=tmp_path)
    assert (run.returncode, run.stdout) == (2, b"")
    assert run.stderr


def test_a_config_with_mistakes_exits_with_2_and_names_each_one(tmp_path: Path) -> None:
    configured(tmp_path, "[sote]\n[fetch]\nintervall = 5\n")
    run = process("list", folder=tmp_path)
    assert run.returncode == 2
    assert run.stderr.decode().splitlines() == [
        "config.toml:1: sote: unknown key; did you mean `site`?",
        "config.toml:3: fetch.intervall: unknown key; did you mean `interval`?",
    ]


def test_a_missing_config_exits_with_2_in_one_line(tmp_path: Path) -> None:
    run = process("--config", "none.toml", "list", folder=tmp_path)
    assert (run.returncode, len(run.stderr.splitlines())) == (2, 1)


def test_what_the_system_refuses_exits_with_1_in_one_line(tmp_path: Path) -> None:
    run = process("import-opml", "none.opml", folder=configured(tmp_path))
    assert (run.returncode, run.stderr) == (1, b"error: No such file or directory: none.opml\n")


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "utf-8"},
    ],
)
def test_foreign_text_is_printed_without_controls_under_every_locale_and_without_home(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    configured(tmp_path, feed_with_title(TITLE))
    run = process("list", folder=tmp_path, environment=environment)
    assert (run.returncode, run.stderr) == (0, b"")
    text = run.stdout.decode("utf-8")
    assert "rich" in text
    assert not set(text) & set("\x1b\x07\u202e\x9b")


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
def test_json_says_the_same_in_every_encoding_and_holds_nothing_that_a_terminal_obeys(
    tmp_path: Path, encoding: str
) -> None:
    configured(tmp_path, feed_with_title(TITLE))
    run = process("list", "--json", folder=tmp_path, environment={"PYTHONIOENCODING": encoding})
    assert json.loads(run.stdout)["feeds"][0]["title"] == TITLE
    assert not set(run.stdout.decode(encoding)) & set("\x1b\x07\u202e\x9b")


def test_a_reader_that_has_gone_is_no_traceback(tmp_path: Path) -> None:
    configured(tmp_path, "".join(f'[[feeds]]\nurl = "https://{n}.example/"\n' for n in range(5000)))
    reading, writing = os.pipe()
    os.close(reading)
    run = process("list", folder=tmp_path, stdout=writing)
    os.close(writing)
    assert (run.returncode, run.stderr) == (1, b"")


@pytest.mark.parametrize("arguments", [["--help"], ["list"]])
def test_the_start_is_fast(tmp_path: Path, arguments: list[str]) -> None:
    """0.23 s on the machine of 2026; twice the promise of 0.3 s leaves room for a slower one."""
    configured(tmp_path)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process(*arguments, folder=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.6


# ---------------------------------------------------------------- the time


def test_the_time_is_the_environments_and_becomes_utc() -> None:
    expected = datetime(2026, 3, 1, 5, 30, tzinfo=UTC)
    assert current_time({"AGGREGATOR_NOW": "2026-03-01T06:30:00+01:00"}) == expected
    assert current_time({"AGGREGATOR_NOW": "2026-03-01T05:30:00Z"}).tzinfo is UTC


def test_without_it_the_time_is_the_clocks() -> None:
    before = datetime.now(UTC)
    assert before <= current_time({}) <= datetime.now(UTC)


@pytest.mark.parametrize("written", ["2026-03-01T06:30:00", "2026-03-01", "yesterday", "0001-01-01T00:00:00+14:00"])
def test_a_time_without_zone_or_sense_is_a_usage_error(written: str) -> None:
    with pytest.raises(UsageError, match="AGGREGATOR_NOW: write a time with its zone"):
        current_time({"AGGREGATOR_NOW": written})


# ---------------------------------------------------------------- what is shown


def test_printable_text_keeps_its_lines_and_letters() -> None:
    assert printable("a\tb\nc\x1b[31m \u202dé\u200d\u9999\x85") == "a\tb\nc[31m é\u200d\u9999\n"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:word@a.example:8080/x", "https://a.example:8080/x"),
        ("https://a.example/x?token=5&b=2", "https://a.example/x?token=***&b=2"),
        ("https://a.example/x?b=2&api_key=5#y", "https://a.example/x?b=2&api_key=***#y"),
        ("https://a.example/x?accessToken=5&X-Sig=6", "https://a.example/x?accessToken=***&X-Sig=***"),
        ("https://a.example/x?author=me&design=2&monkey=3", "https://a.example/x?author=me&design=2&monkey=3"),
        ("https://u:p@[::1/x", "[::1/x"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
