"""What every command receives and how every command speaks.

Commands take `typer.Context`, call `open_context` for the checked config and the time, print for people with `say`
and `warn`, and for programs with `say_json`. Foreign text reaches a terminal only through `printable`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import typer

from aggregator import config_file
from aggregator.config import Config
from aggregator.dedup import wordings
from aggregator.errors import UsageError
from aggregator.text.characters import tidy, without_directions

DONE, FAILED, WRONG_USAGE, STORE, IN_PART = 0, 1, 2, 3, 4
"""The exit codes; 4: some feeds, lines or recipients failed and the others are done."""

_OBEYED = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What JSON may hold as it is and a terminal obeys: C1 controls (the others are escaped anyway), overrides."""
SECRET_WORDS = frozenset("token secret password passwd pass pwd auth apikey key sig signature credential".split())
"""Parts of a parameter's name (`api_key`, `access-token`) whose value is masked when an address is shown."""
SECRET_ENDS = ("token", "secret", "password", "apikey", "passwd")
MASK = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What stands before the command; kept in `typer.Context.obj`."""

    config_path: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One run of the program: where its config stands, what it says, and the time for all that the run decides."""

    config_path: Path
    config: Config
    now: datetime
    environment: Mapping[str, str]


def settings(command: typer.Context) -> Settings:
    """What stood before the command."""
    found = command.find_object(Settings)
    assert found is not None, "the app's callback sets it"
    return found


def open_context(command: typer.Context) -> Context:
    """Read the config and the time. Raises ConfigError and UsageError."""
    given = settings(command)
    return Context(
        config_path=given.config_path,
        config=load(given),
        now=current_time(given.environment),
        environment=given.environment,
    )


def load(given: Settings) -> Config:
    """The config, and what it names checked that must be sound before anything is done. Raises ConfigError."""
    config = config_file.load(given.config_path, given.environment)
    wordings.check(config.dedup.patterns)
    return config


def current_time(environment: Mapping[str, str]) -> datetime:
    """AGGREGATOR_NOW (ISO 8601 with a zone) in UTC, else the clock's time. Raises UsageError."""
    written = environment.get("AGGREGATOR_NOW")
    if not written:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(written)
        zoned = moment.utcoffset() is not None
        return moment.astimezone(UTC) if zoned else _refuse_time(written)
    except (ValueError, OverflowError):
        return _refuse_time(written)


def say(text: str) -> None:
    """Print for people on standard output, as it stands but for what `printable` takes out."""
    typer.echo(printable(text))


def warn(text: str) -> None:
    """Print for people on standard error."""
    typer.echo(printable(text), err=True)


def say_json(document: Any) -> None:
    """Print the command's one JSON document; times in UTC (ISO 8601), what a terminal obeys escaped."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(document, ensure_ascii=not utf8, indent=2, default=_json_value)
    typer.echo(_OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def printable(text: str) -> str:
    """The text without what a terminal obeys: escapes, controls, changes of direction. Tabs and line ends stay."""
    return without_directions(tidy(text))


def without_secrets(url: str) -> str:
    """The address as it may be shown: no user and password, no value of a parameter named like a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.rpartition("@")[2]
    query = "&".join(_masked(field) for field in parts.query.split("&"))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))


def _masked(field: str) -> str:
    name, mark, value = field.partition("=")
    words = re.split(r"[_.-]", unquote(name).lower())
    secret = not SECRET_WORDS.isdisjoint(words) or words[-1].endswith(SECRET_ENDS)
    return f"{name}={MASK}" if mark and value and secret else field


def _refuse_time(written: str) -> datetime:
    raise UsageError(f"AGGREGATOR_NOW: write a time with its zone, such as 2026-03-01T06:30:00Z, not {written!r}")


def _json_value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)
