"""config.toml as a file: read whole or refused with every mistake at once, and edited with its comments kept.

The only module that imports tomlkit, and that only to edit. An edit changes the lines of its own feed and no
other byte; the new text is checked before it takes the old one's place in one step, so a reader never sees half.
Relative paths in the file are relative to its folder. Secrets come from the environment or from a file of their own.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib import resources
from pathlib import Path
from secrets import token_hex
from typing import Any

import tomlkit

from aggregator import config_lines
from aggregator.config import UNITS, Config, FeedTable
from aggregator.config_mistakes import comparable_url, find_mistakes
from aggregator.errors import ConfigError, Mistake, UsageError

MAX_SECRET = 65536
"""Bytes read of a password file: a token or key is far shorter, and a wrong path may name a device."""
_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)([^?]+)(\?.*)?", re.DOTALL)
_WHERE = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)$")


def load(path: Path, environment: Mapping[str, str]) -> Config:
    """Read and check the file; its paths come back whole (`~` is the environment's HOME).

    Raises ConfigError with every mistake: file, line, key and the problem in plain words.
    """
    return resolve(parse(read(path), str(path)), path.absolute().parent, environment)


def read(path: Path) -> str:
    """The file's text, line ends as they stand. Raises ConfigError when it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problem = "there is no such file; `aggregator init` writes one"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        raise _mistake(str(path), error.object[: error.start].count(b"\n") + 1, "is not UTF-8 text") from None
    raise _mistake(str(path), 0, problem)


def parse(text: str, file: str) -> Config:
    """The text as a Config, its paths as written; `file` names it in mistakes. Raises ConfigError with all of them."""
    try:
        data = tomllib.loads(text)
        mistakes = find_mistakes(data, config_lines.places(text), file)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_mistake(str(error), text, file) from None
    except RecursionError:
        raise _mistake(file, 0, "brackets are nested too deeply") from None
    if mistakes:
        raise ConfigError(mistakes)
    return Config.model_validate(data)


def resolve(config: Config, folder: Path, environment: Mapping[str, str]) -> Config:
    """The config with every path absolute: relative ones start at `folder`, `~/` at the environment's HOME."""

    def whole(written: str | None) -> str | None:
        if written is None:
            return None
        home = environment.get("HOME")
        if home and written.startswith("~/"):
            return str(Path(home) / written[2:])
        return str(folder / written)

    site, mail = config.site, config.mail
    return config.model_copy(
        update={
            "site": site.model_copy(update={"output": whole(site.output), "templates": whole(site.templates)}),
            "mail": mail.model_copy(
                update={"maildir": whole(mail.maildir), "password_file": whole(mail.password_file)}
            ),
            "dedup": config.dedup.model_copy(update={"patterns": whole(config.dedup.patterns)}),
            "store": config.store.model_copy(update={"url": _whole_store(config.store.url, folder)}),
            "feeds": tuple(
                feed.model_copy(update={"auth_file": whole(feed.auth_file), "cookie_file": whole(feed.cookie_file)})
                if feed.auth_file or feed.cookie_file
                else feed
                for feed in config.feeds
            ),
        }
    )


def secret(environment: Mapping[str, str], *, env: str | None, file: str | None) -> str | None:
    """The secret in the environment's variable `env`, else in `file` (its last line end left out), else None.

    Raises UsageError, which names the variable or file and never the secret, when what is named is not there.
    """
    if env is not None:
        if not environment.get(env):
            raise UsageError(f"the environment variable {env} is not set")
        return environment[env]
    return None if file is None else _secret_file(Path(file))


def document() -> str:
    """The shipped config.toml with its comments: the wheel's copy, else the checkout's."""
    packaged = resources.files("aggregator").joinpath("config.toml")
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).parent.parent / "config.toml").read_text(encoding="utf-8")


def add_feeds(path: Path, feeds: Sequence[FeedTable]) -> tuple[FeedTable, ...]:
    """Append the feeds to the file, and return those that did not stand in it yet.

    Raises ConfigError when the file has mistakes, and OSError when it cannot be written; then it stays as it is.
    """
    text = read(path)
    known = {comparable_url(feed.url) for feed in parse(text, str(path)).feeds}
    fresh = tuple({comparable_url(feed.url): feed for feed in reversed(feeds)}.values())[::-1]
    fresh = tuple(feed for feed in fresh if comparable_url(feed.url) not in known)
    if fresh:
        _replace(path, _with_inline(text, fresh) if _is_inline(text) else _with_tables(text, fresh))
    return fresh


def remove_feed(path: Path, url: str) -> bool:
    """Take the feed with this address out of the file; False when it is not in it. Raises as `add_feeds`."""
    text = read(path)
    addresses = [comparable_url(feed.url) for feed in parse(text, str(path)).feeds]
    if comparable_url(url) not in addresses:
        return False
    index = addresses.index(comparable_url(url))
    _replace(path, _without_inline(text, index) if _is_inline(text) else _without_table(text, index))
    return True


def line_of(path: Path, *key: str | int) -> int:
    """The line of a key (`"feeds", 1, "url"`) in the file, else of the table around it, else 0. Raises ConfigError."""
    return config_lines.places(read(path)).line(key)


def replace_file(path: Path, content: bytes) -> None:
    """Put the content in the file's place in one step; a link stays a link, and the file's rights stay.

    Raises OSError when that cannot be done; then the file is as it was and nothing is left beside it.
    """
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{token_hex(4)}")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            partial.chmod(stat.S_IMODE(target.stat().st_mode))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _mistake(file: str, line: int, problem: str, key: str = "file") -> ConfigError:
    return ConfigError((Mistake(file=file, line=line, key=key, problem=problem),))


def _syntax_mistake(message: str, text: str, file: str) -> ConfigError:
    """Places stand only in tomllib's words: "(at line 3, column 7)" or "(at end of document)"."""
    where = _WHERE.search(message)
    line = int(where[1]) if where and where[1] else text.count("\n") + (not text.endswith("\n"))
    problem = _WHERE.sub("", message)
    hint = " (text needs quotation marks)" if problem == "Invalid value" else ""
    return _mistake(file, line, problem[:1].lower() + problem[1:] + hint, key="syntax")


def _whole_store(url: str, folder: Path) -> str:
    """SQLAlchemy counts slashes: three before a relative path, four before an absolute one."""
    found = _SQLITE.fullmatch(url)
    if found is None or found[2] == ":memory:" or found[2].startswith("file:"):
        return url
    return f"{found[1]}{folder / found[2]}{found[3] or ''}"


def _secret_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SECRET).decode()
    except OSError as error:
        raise UsageError(f"the secret's file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"the secret's file {path} is not UTF-8 text") from None
    if not content.strip():
        raise UsageError(f"the secret's file {path} is empty")
    return content.removesuffix("\n").removesuffix("\r")


def _is_inline(text: str) -> bool:
    """Whether the feeds are written `feeds = [{…}]` instead of `[[feeds]]`: the one case that needs tomlkit's edit."""
    found = config_lines.places(text)
    return ("feeds",) in found.lines and not any(block.path[0] == "feeds" for block in found.blocks)


def _with_tables(text: str, feeds: Sequence[FeedTable]) -> str:
    tables = "".join("\n[[feeds]]\n" + tomlkit.dumps(_values(feed)) for feed in feeds)
    if "\r\n" in text:
        tables = tables.replace("\n", "\r\n")
    gap = "" if not text or text.endswith("\n") else "\n"
    return text + gap + tables


def _with_inline(text: str, feeds: Sequence[FeedTable]) -> str:
    whole = tomlkit.parse(text)
    for feed in feeds:
        whole["feeds"].append(_inline(_values(feed)))
    return tomlkit.dumps(whole)


def _inline(values: Mapping[str, Any]) -> Any:
    """The values as one inline table, so that they stay within their element."""
    table = tomlkit.inline_table()
    table.update(values)
    return table


def _without_inline(text: str, index: int) -> str:
    whole = tomlkit.parse(text)
    del whole["feeds"][index]
    return tomlkit.dumps(whole)


def _without_table(text: str, index: int) -> str:
    """Drop the feed's header, its keys and the tables under it; comments before and after it stay."""
    # Not splitlines, which also ends lines where TOML does not (U+2028, U+0085).
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    for block in reversed(config_lines.places(text).blocks):
        if block.path[:2] == ("feeds", index):
            last = block.last + (block.last < len(lines) and not lines[block.last].strip())
            del lines[block.first - 1 : last]
    return "".join(lines)


def _values(feed: FeedTable) -> dict[str, Any]:
    """The feed's keys as the file writes them, those that only repeat a default left out."""
    values = feed.model_dump(exclude_defaults=True)
    return {key: _written(value) for key, value in values.items()}


def _written(value: Any) -> Any:
    if isinstance(value, timedelta):
        return _duration(value)
    return _inline(value) if isinstance(value, dict) else value


def _duration(value: timedelta) -> str:
    """The duration in the largest unit that divides it."""
    seconds = int(value.total_seconds())
    unit = max((unit for unit in UNITS if seconds % UNITS[unit] == 0), key=lambda unit: UNITS[unit])
    return f"{seconds // UNITS[unit]}{unit}"


def _replace(path: Path, text: str) -> None:
    """Check the text before it takes the config's place."""
    parse(text, str(path))
    replace_file(path, text.encode())
