"""Archives on disk: JSONL, packed or not, or the standard streams. Says where a line is wrong; knows no matching."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import orjson

from aggregator.errors import UsageError

MAX_LINE: Final = 20_000_000
"""Bytes of one line: no article is longer, a file without line breaks is no archive."""
LOOKED_AT_EVERY: Final = 256
"""Lines between looks at how far the file has been read."""
AT_ONCE: Final = 1 << 18
"""Bytes that are read together: a call to the system for every second line costs as much as a line's JSON."""
_AS_JSON: Final = json.JSONEncoder(check_circular=False).encode
"""A third faster than `json.dumps`, which looks for a record that holds itself."""
_TEXT: Final = (str, type(None))
FIELDS: Final = ("outlet", "url", "title", "text", "lang")
"""What a line may carry as text; `id` it must, `published` is a date in ISO 8601, RFC 5322 or seconds since 1970."""


def read_archive(path: str) -> Iterator[dict[str, Any]]:
    """The articles of a JSONL file, of a `.gz` of one, or of standard input for `-`. Raises as `Archive`."""
    return Archive(path).articles()


@dataclass(slots=True)
class Archive:
    """A file of articles and how far it has been read; who goes on with another's reading takes over all fields.

    Raises UsageError with file and line for what is no article, and for an id that was used before.
    """

    path: str
    offset: int = 0
    """Bytes of the unpacked file up to the end of the last line that was given out."""
    line: int = 0
    seen: set[str | int] = field(default_factory=set)
    read: int = 0
    """Bytes of the file as it lies there, for those who watch; never exact."""

    def articles(self) -> Iterator[dict[str, Any]]:
        """Those that have not been read yet."""
        with _opened(self.path) as (file, raw):
            if self.offset:
                file.seek(self.offset)
            readline = file.readline
            while line := readline(MAX_LINE + 1):
                self.offset += len(line)
                self.line += 1
                if self.line % LOOKED_AT_EVERY == 0 and raw is not None:
                    self.read = raw.tell()
                if not line.isspace():
                    yield self._article(line)

    def _article(self, line: str | bytes) -> dict[str, Any]:
        where = f"{self.path}:{self.line}"
        article = _article(line, where)
        if article["id"] in self.seen:
            raise UsageError(f"{where}: id {article['id']!r} stands on an earlier line too")
        self.seen.add(article["id"])
        return article


def as_line(record: Mapping[str, Any]) -> str:
    """A record as a line."""
    return f"{_AS_JSON(record)}\n"


def write_archive(path: str, records: Iterable[Mapping[str, Any]]) -> int:
    """Write records as JSONL, packed for a `.gz`, to standard output for `-`; returns how many.

    The file appears whole or not at all, and the same records give the same bytes.
    """
    if path == "-":
        return _write(sys.stdout, records)
    target = Path(path)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as raw:
        try:
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) if path.endswith(".gz") else None
            with io.TextIOWrapper(packed or io.BufferedWriter(raw.file), encoding="utf-8", newline="\n") as text:
                count = _write(text, records)
        except BaseException:
            Path(raw.name).unlink()
            raise
    Path(raw.name).replace(target)
    return count


def _write(file: IO[str], records: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    for record in records:
        file.write(as_line(record))
        count += 1
    file.flush()
    return count


@contextmanager
def _opened(path: str) -> Iterator[tuple[Any, IO[bytes] | None]]:
    """The archive, unpacked, and the file as it lies there, None for standard input."""
    if path == "-":
        yield sys.stdin, None
        return
    try:
        with Path(path).open("rb", buffering=AT_ONCE) as raw:
            if not path.endswith(".gz"):
                yield raw, raw
                return
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield unpacked, raw
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{path}: {error}") from error


def _article(line: str | bytes, where: str) -> dict[str, Any]:
    """The article of a line. Raises UsageError that says where and what is wrong."""
    if len(line) > MAX_LINE:
        raise UsageError(f"{where}: the line is longer than {MAX_LINE} bytes")
    try:
        article = _parsed(line)
    except ValueError as error:
        raise UsageError(f"{where}: no JSON: {error}") from error
    if not isinstance(article, dict) or not isinstance(article.get("id"), (str, int)):
        raise UsageError(f'{where}: an object with an "id" (text or number) is expected')
    for name in FIELDS:
        if not isinstance(article.get(name, ""), _TEXT):
            raise UsageError(f'{where}: "{name}" must be text or null')
    return article


def _parsed(line: str | bytes) -> Any:
    """A line's JSON as Python's own parser reads it; orjson, twice as fast, declines some and rounds large numbers."""
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line)
    rounded = isinstance(found, dict) and isinstance(found.get("id"), float)
    return json.loads(line) if rounded else found
