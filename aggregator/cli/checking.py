"""What `check` finds: everything that is wrong with an installation, each with its place.

First the config, and if that can be read, what it names: variables, files, the store, the templates. Nothing is made
or changed, but an older store is brought to this program's schema, as every command does that opens it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from aggregator import config_file
from aggregator.cli.context import FAILED, STORE, WRONG_USAGE
from aggregator.config import PLACEHOLDER_CONTACT, Config, Mail, Site
from aggregator.config_mistakes import key_path
from aggregator.dedup import wordings
from aggregator.errors import ConfigError, NoStoreError, StoreError, UsageError

SQLITE = "sqlite:///"
ADVICE = 0
"""The exit code of what is no mistake."""

Finding: TypeAlias = tuple[tuple[str | int, ...], str, int]
"""(key, problem, exit code)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that `check` found; `line` is 0 where there is none, `exit_code` 0 for what is only advice."""

    file: str
    line: int
    key: str
    problem: str
    exit_code: int


def find_problems(path: Path, environment: Mapping[str, str]) -> Iterator[Problem]:
    """Everything that is wrong with an installation, the config's own mistakes alone where it has some."""
    try:
        config = config_file.load(path, environment)
        wordings.check(config.dedup.patterns)
    except ConfigError as error:
        yield from (Problem(**asdict(mistake), exit_code=WRONG_USAGE) for mistake in error.mistakes)
        return
    for key, problem, exit_code in _findings(config, environment):
        line = config_file.line_of(path, *key)
        yield Problem(file=str(path), line=line, key=key_path(key), problem=problem, exit_code=exit_code)
    yield from _template_problems(config.site)


def _findings(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    if config.fetch.contact == PLACEHOLDER_CONTACT:
        advice = "is still the placeholder; until you write yours, the public web is not polled"
        yield ("fetch", "contact"), advice, ADVICE
    if config.site.templates and not Path(config.site.templates).is_dir():
        yield ("site", "templates"), f"there is no folder {config.site.templates}", WRONG_USAGE
    yield from _store_findings(config.store.url)
    yield from _digest_findings(config)
    yield from _mail_findings(config.mail, environment)
    yield from _metrics_findings(config.metrics.listen)
    yield from _feed_findings(config, environment)


def _store_findings(url: str) -> Iterator[Finding]:
    """A store that is not there yet is no mistake: the first poll makes it."""
    from aggregator.store.database import open_database  # noqa: PLC0415  (the database is dear)

    try:
        open_database(url).close()
    except NoStoreError:
        yield ("store", "url"), "does not exist yet; the first poll makes it", ADVICE
    except StoreError as error:
        yield ("store", "url"), str(error), STORE


def _digest_findings(config: Config) -> Iterator[Finding]:
    """A mistyped category leaves a digest empty, and nothing else would say why."""
    known = {feed.category for feed in config.feeds}
    for index, digest in enumerate(config.digests):
        for place, category in enumerate(digest.categories):
            if category not in known:
                yield ("digests", index, "categories", place), f'no feed is in the category "{category}"', ADVICE


def _mail_findings(mail: Mail, environment: Mapping[str, str]) -> Iterator[Finding]:
    if mail.transport != "smtp":
        return
    if mail.password_env and mail.password_file:
        yield ("mail", "password_file"), "set this or password_env, not both", WRONG_USAGE
    sources = {"password_env": (mail.password_env, None), "password_file": (None, mail.password_file)}
    for key, (env, file) in sources.items():
        try:
            config_file.secret(environment, env=env, file=file)
        except UsageError as error:
            yield ("mail", key), str(error), WRONG_USAGE
    has_password = bool(mail.password_env or mail.password_file)
    if has_password != bool(mail.username):
        together = "a user name and a password (password_env or password_file) belong together"
        yield ("mail", "username"), together, WRONG_USAGE
    if has_password and mail.security == "none":
        yield ("mail", "security"), "a password is never sent over an unencrypted connection", WRONG_USAGE


def _metrics_findings(listen: str | None) -> Iterator[Finding]:
    from aggregator.health import parse_address  # noqa: PLC0415

    try:
        if listen is not None:
            parse_address(listen)
    except UsageError as error:
        yield ("metrics", "listen"), str(error).removeprefix("metrics.listen: "), WRONG_USAGE


def _feed_findings(config: Config, environment: Mapping[str, str]) -> Iterator[Finding]:
    for index, feed in enumerate(config.feeds):
        named = {"auth_env": feed.auth_env, "cookie_env": feed.cookie_env}
        files = {"auth_file": feed.auth_file, "cookie_file": feed.cookie_file}
        for key in ("auth_env", "auth_file", "cookie_env", "cookie_file"):
            try:
                config_file.secret(environment, env=named.get(key), file=files.get(key))
            except UsageError as error:
                yield ("feeds", index, key), str(error), WRONG_USAGE


def _template_problems(site: Site) -> Iterator[Problem]:
    """Every template that cannot be read, in its own file and line."""
    from aggregator.render import templates  # noqa: PLC0415  (jinja2 and babel are dear)
    from aggregator.render.localised import interface  # noqa: PLC0415
    from aggregator.render.words import Speech  # noqa: PLC0415

    for error in templates.broken(site, Speech(interface=interface(site.language, site.zone), names=str)):
        text = str(error).removeprefix(f"{error.file}:{error.line}: ")
        yield Problem(file=error.file, line=error.line, key="", problem=text, exit_code=FAILED)
