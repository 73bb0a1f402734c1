"""Archives on disk: JSONL, packed or not, or the standard streams. Says where a line is wrong; knows no matching."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from aggregator.errors import UsageError

MAX_LINE: Final = 20_000_000
"""Characters of one line: no article is longer, a file without line breaks is no archive."""
FIELDS: Final = ("outlet", "url", "title", "text", "lang")
"""What a line may carry as text; `id` it must, `published` is a date in ISO 8601, RFC 5322 or seconds since 1970."""


def read_archive(path: str) -> Iterator[dict[str, Any]]:
    """The articles of a JSONL file, of a `.gz` of one, or of standard input for `-`.

    Raises UsageError with file and line for what is no article, and for an id that was used before.
    """
    seen: set[str | int] = set()
    with _opened(path) as file:
        number = 0
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if line.strip():
                article = _article(line, f"{path}:{number}")
                if article["id"] in seen:
                    raise UsageError(f"{path}:{number}: id {article['id']!r} stands on an earlier line too")
                seen.add(article["id"])
                yield article


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
        file.write(json.dumps(record) + "\n")
        count += 1
    file.flush()
    return count


@contextmanager
def _opened(path: str) -> Iterator[IO[str]]:
    if path == "-":
        yield sys.stdin
        return
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8")
            if path.endswith(".gz")
            else Path(path).open(encoding="utf-8") as file
        ):
            yield file
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error


def _article(line: str, where: str) -> dict[str, Any]:
    """The article of a line. Raises UsageError that says where and what is wrong."""
    if len(line) > MAX_LINE:
        raise UsageError(f"{where}: the line is longer than {MAX_LINE} characters")
    try:
        article = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where}: no JSON: {error}") from error
    if not isinstance(article, dict) or not isinstance(article.get("id"), str | int):
        raise UsageError(f'{where}: an object with an "id" (text or number) is expected')
    for field in FIELDS:
        if not isinstance(article.get(field), str | None):
            raise UsageError(f'{where}: "{field}" must be text or null')
    return article
