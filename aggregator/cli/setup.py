"""`init` and `check`: begin, and find out what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aggregator import config_file
from aggregator.cli.checking import SQLITE, Problem, find_problems
from aggregator.cli.context import current_time, say, say_json, settings, warn
from aggregator.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("init")(init)
    app.command("check")(check)


def init(
    command: typer.Context,
    directory: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="The folder; made if need be.")] = None,
) -> None:
    """Write a config.toml and an empty store.

    The config explains every key. Nothing that exists is overwritten.
    """
    path = directory / "config.toml" if directory else settings(command).config_path
    text = config_file.document()
    environment = settings(command).environment
    config = config_file.resolve(config_file.parse(text, str(path)), path.absolute().parent, environment)
    store = Path(config.store.url.removeprefix(SQLITE))
    for existing in (path, store):
        if existing.exists():
            raise UsageError(f"{existing} exists already; nothing was changed")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    _make_store(config.store.url)
    say(f"Wrote {path} and {store}. Next: put your address at `contact`, then `aggregator add URL`.")


def check(
    command: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find what is wrong with the set-up.

    Looks at the config, the templates, the store and the mail settings, and prints every problem.
    """
    given = settings(command)
    current_time(given.environment)
    problems = tuple(find_problems(given.config_path, given.environment))
    code = next((problem.exit_code for problem in problems if problem.exit_code), 0)
    if as_json:
        say_json({"ok": code == 0, "problems": [_as_json(problem) for problem in problems]})
    else:
        _print_problems(problems)
    raise typer.Exit(code)


def _make_store(url: str) -> None:
    from aggregator.store.database import open_database  # noqa: PLC0415  (the database is dear)

    open_database(url, create=True).close()


def _as_json(problem: Problem) -> dict[str, object]:
    level = "error" if problem.exit_code else "advice"
    return {"file": problem.file, "line": problem.line, "key": problem.key, "problem": problem.problem, "level": level}


def _print_problems(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        place = f"{problem.file}:{problem.line}" if problem.line else problem.file
        key = f" {problem.key}:" if problem.key else ""
        warn(f"{place}:{key}{'' if problem.exit_code else ' advice:'} {problem.problem}")
    if not problems:
        say("No problems found.")
