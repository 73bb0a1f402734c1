"""The tables of patterns.toml, ours or a user's: read, checked and compiled. Knows no text and loads nothing dear.

A user's file may use the macros that travel with the program; a pattern of the same name takes the packaged one's
place, and what it rejects is rejected too.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeAlias

from aggregator import config_lines
from aggregator.errors import ConfigError, Mistake

BYLINES: Final = frozenset({"byline", "under-byline"})
REGIONS: Final = frozenset({"head", "foot", "any"}) | BYLINES
TABLES: Final = frozenset({"macros", "reject", "pattern"})
REJECTED: Final = frozenset({"platforms", "pictures", "people", "words"})
MAX_FILE: Final = 1_000_000
"""Bytes read of a user's file; the packaged one has 30,000."""

_MACRO: Final = re.compile(r"\{([A-Za-z_]\w*)\}")
_NAME: Final = "a pattern without a name"

Problems: TypeAlias = Iterator[tuple[str, str]]
"""(key, what is wrong with it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One wording; the fields are explained at the head of patterns.toml."""

    name: str
    cues: tuple[str, ...]
    """As written: lower case, a beginning of a word with its *."""
    regions: frozenset[str]
    confidence: float
    expression: re.Pattern[str]
    known: bool = False
    unresolved: float | None = None
    agency: bool = False
    anchored: bool = False
    """The expression begins with ^ and has no other branch: it is tried at one place only."""

    def matches(self, line: str) -> Iterator[re.Match[str]]:
        """All places of the wording in a line."""
        if not self.anchored:
            return self.expression.finditer(line)
        found = self.expression.match(line)
        return iter((found,) if found else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordings:
    """The patterns of a document, and by kind what after a wording means that no source is named."""

    patterns: tuple[Pattern, ...]
    rejected: Mapping[str, frozenset[str]]
    macros: Mapping[str, str]


def packaged() -> Wordings:
    """Those that travel with the program."""
    return read(files("aggregator.dedup").joinpath("patterns.toml").read_text(encoding="utf-8"), "patterns.toml", {})


def read_file(path: Path, macros: Mapping[str, str]) -> Wordings:
    """Those of a user's file. Raises ConfigError with every mistake, each with its line."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError((_mistake(str(path), f"cannot be read: {error.strerror}"),)) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError((_mistake(str(path), "is not UTF-8 text", line),)) from None
    if len(content) > MAX_FILE:
        raise ConfigError((_mistake(str(path), f"is larger than {MAX_FILE} bytes"),))
    return read(text, str(path), macros)


def check(file: str | None) -> None:
    """Read a user's file, if there is one, for its mistakes. Raises ConfigError with all of them."""
    if file is not None:
        read_file(Path(file), packaged().macros)


def read(document: str, file: str, macros: Mapping[str, str]) -> Wordings:
    """The wordings of a document, which may use the given macros too; `file` names it in mistakes.

    Raises ConfigError with every mistake, each with its line.
    """
    try:
        tables = tomllib.loads(document)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise ConfigError((_mistake(file, str(error), int(found[1]) if found else 0),)) from None
    macros = {**macros, **_macros(tables)}
    places = config_lines.places(document)
    mistakes = [
        Mistake(file=file, line=places.line(path), key=_words(path), problem=problem)
        for path, problem in _problems(tables, macros)
    ]
    if mistakes:
        raise ConfigError(tuple(sorted(mistakes, key=lambda mistake: mistake.line)))
    rejected = tables.get("reject", {})
    return Wordings(
        patterns=tuple(_pattern(table, macros) for table in tables.get("pattern", [])),
        rejected={kind: frozenset(each.casefold() for each in rejected.get(kind, [])) for kind in REJECTED},
        macros=macros,
    )


def _mistake(file: str, problem: str, line: int = 0) -> Mistake:
    return Mistake(file=file, line=line, key="patterns", problem=problem)


def _words(path: config_lines.Path) -> str:
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _macros(tables: Mapping[str, Any]) -> dict[str, str]:
    given = tables.get("macros", {})
    return {name: text for name, text in given.items() if isinstance(text, str)} if isinstance(given, dict) else {}


# ---------------------------------------------------------------- what is wrong


def _problems(tables: Mapping[str, Any], macros: Mapping[str, str]) -> Iterator[tuple[config_lines.Path, str]]:
    for name in tables.keys() - TABLES:
        yield (name,), f"unknown table; valid here: {', '.join(sorted(TABLES))}"
    for name in ("macros", "reject"):
        if not isinstance(tables.get(name, {}), dict):
            yield (name,), f"write [{name}] in single brackets"
            return
    for key, value in tables.get("macros", {}).items():
        if not isinstance(value, str):
            yield ("macros", key), "must be text"
    for key, value in tables.get("reject", {}).items():
        if key not in REJECTED:
            yield ("reject", key), f"unknown key; valid here: {', '.join(sorted(REJECTED))}"
        elif not _is_texts(value):
            yield ("reject", key), "must be a list of texts"
    yield from _of_patterns(tables, macros)


def _of_patterns(tables: Mapping[str, Any], macros: Mapping[str, str]) -> Iterator[tuple[config_lines.Path, str]]:
    patterns = tables.get("pattern", [])
    if not isinstance(patterns, list):
        yield ("pattern",), "write [[pattern]] in double brackets: there may be several"
        return
    for place, table in enumerate(patterns):
        if not isinstance(table, dict):
            yield ("pattern", place), "must be a table"
            continue
        name = table.get("name", _NAME)
        for key, problem in _pattern_problems(table, macros):
            yield ("pattern", place, key), f"{problem} (in {name!r})"


def _pattern_problems(table: Mapping[str, Any], macros: Mapping[str, str]) -> Problems:
    for key in table.keys() - KEYS.keys():
        yield key, f"unknown key; valid here: {', '.join(KEYS)}"
    for key, (needed, sound, problem) in KEYS.items():
        if key not in table:
            if needed:
                yield key, f"{key} is missing"
        elif not sound(table[key]):
            yield key, f"{key} {problem}"
    if isinstance(table.get("expression"), str):
        yield from _expression_problems(table["expression"], macros)


def _expression_problems(expression: str, macros: Mapping[str, str]) -> Problems:
    unknown = sorted({name for name in _MACRO.findall(expression) if name not in macros})
    if unknown:
        yield "expression", f"there is no macro {', '.join(unknown)}; known are: {', '.join(sorted(macros))}"
        return
    try:
        compiled = re.compile(_expanded(expression, macros), re.IGNORECASE)
    except re.error as error:
        yield "expression", f"is no regular expression: {error}"
        return
    if compiled.match(""):
        yield "expression", "matches nothing at all: something must stand there"


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


KEYS: Final = {
    "name": (True, _is_text, "must be text"),
    "language": (False, _is_text, "must be text"),
    "cues": (True, lambda value: _is_texts(value) and bool(value), "must be a list of texts"),
    "regions": (
        True,
        lambda value: _is_texts(value) and bool(value) and REGIONS.issuperset(value),
        f"must be a list of some of: {', '.join(sorted(REGIONS))}",
    ),
    "confidence": (True, _is_share, "must be a number above 0 and at most 1"),
    "expression": (True, _is_text, "must be text"),
    "known": (False, _is_flag, "must be true or false"),
    "unresolved": (False, _is_share, "must be a number above 0 and at most 1"),
    "agency": (False, _is_flag, "must be true or false"),
}
"""The keys of a pattern: whether it must be there, what makes it sound, and what to say where it is not."""


# ---------------------------------------------------------------- what is meant


def _pattern(table: Mapping[str, Any], macros: Mapping[str, str]) -> Pattern:
    expression = _expanded(table["expression"], macros)
    return Pattern(
        name=table["name"],
        cues=tuple(cue.casefold() for cue in table["cues"]),
        regions=frozenset(table["regions"]),
        confidence=float(table["confidence"]),
        expression=re.compile(expression, re.IGNORECASE),
        known=table.get("known", False),
        unresolved=table.get("unresolved"),
        agency=table.get("agency", False),
        anchored=expression.startswith("^") and not _branches(expression),
    )


def _expanded(expression: str, macros: Mapping[str, str]) -> str:
    return _MACRO.sub(lambda match: macros[match[1]], expression)


def _branches(expression: str) -> bool:
    """Whether an expression has several branches outside of all groups."""
    bare = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "", expression)
    while bare != (flatter := re.sub(r"\([^()]*\)", "", bare)):
        bare = flatter
    return "|" in bare
