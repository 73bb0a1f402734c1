"""`init` and `check`: begin, and find out what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from aggregator import config_file
from aggregator.cli.context import FAILED, STORE, WRONG_USAGE, current_time, say, say_json, settings, warn
from aggregator.config import PLACEHOLDER_CONTACT, Config, Mail, Site
from aggregator.errors import ConfigError, Mistake, StoreError, UsageError

SQLITE = "sqlite:///"
ADVICE = 0
"""The exit code of what is no mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that `check` found; `line` is 0 where there is none, `exit_code` 0 for what is only advice."""

    file: str
    line: int
    key: str
    problem: str
    exit_code: int


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


def find_problems(path: Path, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Everything that is wrong with an installation: first the config, and if that can be read, what it names."""
    try:
        config = config_file.load(path, environment)
    except ConfigError as error:
        yield from (_of_mistake(mistake, WRONG_USAGE) for mistake in error.mistakes)
        return

    def problem(key: str, text: str, code: int) -> Problem:
        return Problem(file=str(path), line=config_file.line_of(path, key), key=key, problem=text, exit_code=code)

    if config.fetch.contact == PLACEHOLDER_CONTACT:
        yield problem(
            "fetch.contact", "is still the placeholder; until you write yours, the public web is not polled", 0
        )
    yield from (problem(key, text, WRONG_USAGE) for key, text in _mail_problems(config, environment))
    yield from (problem("feeds", text, WRONG_USAGE) for text in _feed_problems(config, environment))
    yield from (problem("store.url", text, code) for text, code in _store_problems(config))
    yield from _template_problems(config.site)


def _mail_problems(config: Config, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    mail = config.mail
    if mail.transport != "smtp":
        return
    if mail.password_env and mail.password_file:
        yield "mail.password_file", "set this or password_env, not both"
    for key, env, file in (
        ("mail.password_env", mail.password_env, None),
        ("mail.password_file", None, mail.password_file),
    ):
        try:
            config_file.secret(environment, env=env, file=file)
        except UsageError as error:
            yield key, str(error)
    yield from _credential_problems(mail)


def _credential_problems(mail: Mail) -> Iterator[tuple[str, str]]:
    has_password = bool(mail.password_env or mail.password_file)
    if has_password != bool(mail.username):
        yield "mail.username", "a user name and a password (password_env or password_file) belong together"
    if has_password and mail.security == "none":
        yield "mail.security", "a password is never sent over an unencrypted connection"


def _feed_problems(config: Config, environment: Mapping[str, str]) -> Iterator[str]:
    """What feeds need from the environment and do not find there, each variable once."""
    for name in sorted({feed.auth_env for feed in config.feeds if feed.auth_env}):
        if not environment.get(name):
            yield f"auth_env: the environment variable {name} is not set"


def _store_problems(config: Config) -> Iterator[tuple[str, int]]:
    """A store that is not there yet is no mistake: the first poll makes it."""
    from aggregator.store.database import open_database  # noqa: PLC0415  (the database is dear)

    url = config.store.url
    if url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE).partition("?")[0]).exists():
        yield "does not exist yet; the first poll makes it", ADVICE
        return
    try:
        open_database(url).close()
    except StoreError as error:
        yield str(error), STORE


def _template_problems(site: Site) -> Iterator[Problem]:
    """Every template that cannot be read, in its own file and line."""
    from aggregator.render import templates  # noqa: PLC0415  (jinja2 and babel are dear)
    from aggregator.render.localised import interface  # noqa: PLC0415
    from aggregator.render.words import Speech  # noqa: PLC0415

    for error in templates.broken(site, Speech(interface=interface(site.language, site.zone), names=str)):
        text = str(error).removeprefix(f"{error.file}:{error.line}: ")
        yield Problem(file=error.file, line=error.line, key="", problem=text, exit_code=FAILED)


def _make_store(url: str) -> None:
    from aggregator.store.database import open_database  # noqa: PLC0415  (the database is dear)

    open_database(url, create=True).close()


def _of_mistake(mistake: Mistake, code: int) -> Problem:
    return Problem(**asdict(mistake), exit_code=code)


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
