"""Where each key of a TOML text stands: nothing else, and nothing of our own keys.

tomllib and tomlkit give values without places. This scanner reads text that tomllib has already accepted, so it
only has to step over values, never to judge them. A path holds table names, keys and places in arrays from 0:
`("feeds", 1, "url")`. Lines count from 1. The grammar: https://toml.io/en/v1.0.0
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_KEY = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+')
_STRING = re.compile(
    # A multi-line string may end in up to two quotation marks of its own before the three that close it.
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\r\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One header and the keys under it: `[path]` or `[[path]]` from its line to the last line of its last value."""

    path: Path
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """`lines`: the line on which each path first stands; `blocks`: the headers, in the order of the file."""

    lines: dict[Path, int]
    blocks: tuple[Block, ...]

    def line(self, path: Path) -> int:
        """The line of the path, else of the nearest table around it, else 0."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def places(text: str) -> Places:
    """Find the lines of every table and key in text that tomllib has accepted."""
    scanner = _Scanner(text)
    scanner.read_document()
    return Places(lines=scanner.lines, blocks=tuple(scanner.blocks))


class _Scanner:
    """One pass over a text. `offset` is where we are; `line` is kept beside it, so that the pass stays linear."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.line = 1
        self.lines: dict[Path, int] = {}
        self.blocks: list[Block] = []
        self.lengths: dict[Path, int] = {}

    def read_document(self) -> None:
        table: Path = ()
        self.take(_BLANK)
        while self.offset < len(self.text):
            if self.ahead("["):
                table = self.read_header()
            else:
                self.read_pair(table)
                self.stretch(table)
            self.take(_BLANK)

    def read_header(self) -> Path:
        line, repeated = self.line, self.ahead("[[")
        self.skip(2 if repeated else 1)
        parts = self.read_key()
        self.skip(2 if repeated else 1)
        path = self.next_element(parts) if repeated else self.resolve(parts)
        self.record(path, line)
        self.blocks.append(Block(path=path, first=line, last=line))
        return path

    def read_pair(self, table: Path) -> None:
        line = self.line
        path = table + self.read_key()
        for length in range(len(table) + 1, len(path) + 1):
            self.record(path[:length], line)
        self.skip(1)
        self.take(_SPACE)
        self.read_value(path)

    def read_key(self) -> tuple[str, ...]:
        """Read a dotted key and the blanks around it."""
        parts: list[str] = []
        while True:
            self.take(_SPACE)
            parts.append(_plain(self.take(_KEY)))
            self.take(_SPACE)
            if not self.ahead("."):
                return tuple(parts)
            self.skip(1)

    def read_value(self, path: Path) -> None:
        if self.ahead("["):
            self.read_array(path)
        elif self.ahead("{"):
            self.read_inline_table(path)
        elif not self.take(_STRING):
            self.take(_BARE)

    def read_array(self, path: Path) -> None:
        self.skip(1)
        self.take(_BLANK)
        index = 0
        while not self.ahead("]"):
            self.record((*path, index), self.line)
            self.read_value((*path, index))
            self.take_comma()
            index += 1
        self.skip(1)

    def read_inline_table(self, path: Path) -> None:
        self.skip(1)
        self.take(_BLANK)
        while not self.ahead("}"):
            self.read_pair(path)
            self.take_comma()
        self.skip(1)

    def take_comma(self) -> None:
        self.take(_BLANK)
        if self.ahead(","):
            self.skip(1)
        self.take(_BLANK)

    def next_element(self, parts: tuple[str, ...]) -> Path:
        array = (*self.resolve(parts[:-1]), parts[-1])
        index = self.lengths.get(array, 0)
        self.lengths[array] = index + 1
        self.record(array, self.line)
        return (*array, index)

    def resolve(self, parts: tuple[str, ...]) -> Path:
        """A header's names as a path: inside an array of tables they mean its latest element."""
        path: Path = ()
        for part in parts:
            path = (*path, part)
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
            self.record(path, self.line)
        return path

    def record(self, path: Path, line: int) -> None:
        self.lines.setdefault(path, line)

    def stretch(self, table: Path) -> None:
        """The table's block reaches to here; keys before the first header belong to no block."""
        if table:
            block = self.blocks[-1]
            self.blocks[-1] = Block(path=block.path, first=block.first, last=self.line)

    def ahead(self, mark: str) -> bool:
        return self.text.startswith(mark, self.offset)

    def skip(self, count: int) -> None:
        self.offset += count

    def take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.offset)
        taken = found[0] if found else ""
        self.offset += len(taken)
        self.line += taken.count("\n")
        return taken


def _plain(key: str) -> str:
    """A key without its quotation marks and escapes."""
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[:1] in {'"', "'"} else key
