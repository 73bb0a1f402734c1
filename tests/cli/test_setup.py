"""`init` and `check`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aggregator.config_file import document
from aggregator.errors import UsageError
from tests.cli.support import command, configured, process


def checked(folder: Path, environment: dict[str, str] | None = None) -> tuple[int, list[dict[str, Any]]]:
    result = command(folder, "check", "--json", environment=environment)
    return result.exit_code, json.loads(result.stdout)["problems"]


def begun(folder: Path, text: str) -> Path:
    """A folder with an empty store and this config."""
    command(folder, "init")
    return configured(folder, text)


def test_init_writes_the_shipped_config_and_a_store_that_check_finds_sound(tmp_path: Path) -> None:
    run = process("init", "news/paper", folder=tmp_path)
    assert (run.returncode, run.stderr) == (0, b"")
    folder = tmp_path / "news" / "paper"
    assert {path.name for path in folder.iterdir()} == {"config.toml", "aggregator.sqlite"}
    assert (folder / "config.toml").read_text() == document()
    code, problems = checked(folder)
    assert (code, [problem["key"] for problem in problems]) == (0, ["fetch.contact"])
    assert problems[0]["level"] == "advice"


def test_init_overwrites_neither_a_config_nor_a_store(tmp_path: Path) -> None:
    for name in ("config.toml", "aggregator.sqlite"):
        folder = tmp_path / name.replace(".", "-")
        folder.mkdir()
        (folder / name).write_text("mine")
        result = command(folder, "init", str(folder))
        assert isinstance(result.exception, UsageError)
        assert [(path.name, path.read_text()) for path in folder.iterdir()] == [(name, "mine")]


def test_init_without_a_folder_writes_where_config_points(tmp_path: Path) -> None:
    assert command(tmp_path, "init").exit_code == 0
    assert (tmp_path / "config.toml").read_text() == document()


def test_check_reports_every_mistake_of_the_config_with_its_line(tmp_path: Path) -> None:
    code, problems = checked(configured(tmp_path, "[site]\ntitel = 1\n[[feeds]]\n"))
    assert code == 2
    assert [(problem["line"], problem["key"]) for problem in problems] == [(2, "site.titel"), (3, "feeds[1].url")]


def test_check_says_so_when_nothing_is_wrong(tmp_path: Path) -> None:
    begun(tmp_path, '[fetch]\ncontact = "me@example.org"\n')
    result = command(tmp_path, "check")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "No problems found.\n", "")


def test_check_prints_file_line_key_and_problem(tmp_path: Path) -> None:
    configured(tmp_path, "[sote]\n")
    run = process("check", folder=tmp_path)
    assert (run.returncode, run.stdout) == (2, b"")
    assert run.stderr == b"config.toml:1: sote: unknown key; did you mean `site`?\n"


def test_check_takes_a_store_that_is_not_there_yet_for_no_mistake_and_makes_none(tmp_path: Path) -> None:
    configured(tmp_path, '[fetch]\ncontact = "me@example.org"\n[store]\n\nurl = "sqlite:///x.db"\n')
    code, problems = checked(tmp_path)
    assert (code, [(problem["line"], problem["key"]) for problem in problems]) == (0, [(5, "store.url")])
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_check_finds_a_store_of_an_unknown_kind_and_exits_with_3(tmp_path: Path) -> None:
    code, problems = checked(configured(tmp_path, '[store]\nurl = "mysql://me:hunter2@host/name"\n'))
    assert (code, problems[-1]["key"]) == (3, "store.url")
    assert "hunter2" not in str(problems)


def test_check_finds_a_damaged_store_and_leaves_it_alone(tmp_path: Path) -> None:
    configured(tmp_path, '[fetch]\ncontact = "me@example.org"\n')
    (tmp_path / "aggregator.sqlite").write_bytes(b"garbage" * 1000)
    assert checked(tmp_path)[0] == 3
    assert (tmp_path / "aggregator.sqlite").read_bytes() == b"garbage" * 1000


def test_check_finds_a_broken_template_in_its_own_file_and_line(tmp_path: Path) -> None:
    begun(tmp_path, '[fetch]\ncontact = "me@example.org"\n[site]\ntemplates = "own"\n')
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "page.html").write_text("fine\n{% if %}\n")
    code, problems = checked(tmp_path)
    assert code == 1
    assert [(problem["file"], problem["line"]) for problem in problems] == [(str(tmp_path / "own" / "page.html"), 2)]


def test_check_finds_mail_settings_that_cannot_work_and_shows_no_password(tmp_path: Path) -> None:
    begun(
        tmp_path,
        '[fetch]\ncontact = "me@example.org"\n[mail]\ntransport = "smtp"\nsecurity = "none"\npassword_env = "PW"\npassword_file = "pw"\n',
    )
    code, problems = checked(tmp_path, {"PW": "hunter2"})
    assert code == 2
    assert [(problem["line"], problem["key"]) for problem in problems] == [
        (7, "mail.password_file"),
        (7, "mail.password_file"),
        (3, "mail.username"),
        (5, "mail.security"),
    ]
    assert "hunter2" not in str(problems)


def test_check_finds_a_password_that_is_not_in_the_environment(tmp_path: Path) -> None:
    begun(
        tmp_path,
        '[fetch]\ncontact = "me@example.org"\n[mail]\ntransport = "smtp"\nusername = "me"\npassword_env = "NO_SUCH_PW"\n'
        '[[feeds]]\nurl = "https://a.example/"\nauth_env = "NO_SUCH_AUTH"\n',
    )
    code, problems = checked(tmp_path)
    assert (code, [problem["key"] for problem in problems]) == (
        2,
        ["mail.password_env", "feeds[1].auth_env"],
    )


def test_check_finds_what_the_config_names_and_nobody_has(tmp_path: Path) -> None:
    text = (
        '[fetch]\ncontact = "me@example.org"\n[site]\ntemplates = "none"\n[metrics]\nlisten = "9464"\n'
        '[[digests]]\ncategories = ["World", "Wrold"]\n[[feeds]]\nurl = "https://a.example/"\ncategory = "World"\n'
    )
    code, problems = checked(begun(tmp_path, text))
    assert code == 2
    assert [(problem["line"], problem["key"], problem["level"]) for problem in problems] == [
        (4, "site.templates", "error"),
        (8, "digests[1].categories[2]", "advice"),
        (6, "metrics.listen", "error"),
    ]
