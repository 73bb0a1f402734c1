"""Lines for the text part of a mail: wrapped to columns, right-to-left lines set apart. Pure.

A line is `COLUMNS` wide at most, as screens and quoting have it (RFC 3676 advises 72); Han and kana take two. Each
line of a right-to-left text stands between isolates, since a mail program orders each line by itself (UAX 9).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from aggregator.render.foreign import ISOLATE, RELEASE, bare
from aggregator.text.language import direction

COLUMNS = 72


def wrap(text: str, indent: str = "", first: str | None = None) -> str:
    """A sentence as lines under `indent`; the first line may begin differently (a number, a bullet)."""
    words = bare(text)
    apart = direction(None, words) == "rtl"
    lines = fill(words, COLUMNS - max(len(indent), len(first or "")))
    begun = [first if first is not None else indent, *[indent] * (len(lines) - 1)]
    return "\n".join(
        f"{start}{f'{ISOLATE}{line}{RELEASE}' if apart else line}".rstrip()
        for start, line in zip(begun, balanced(lines), strict=True)
    )


def fill(text: str, columns: int) -> list[str]:
    """The words in lines of so many columns; a word that is longer than a line is broken."""
    lines, line = [], ""
    for word in broken(text.split(), columns):
        longer = f"{line} {word}" if line else word
        if width(longer) <= columns:
            line = longer
            continue
        lines.append(line)
        line = word
    return [*lines, line]


def broken(words: list[str], columns: int) -> Iterator[str]:
    """The words, those that are wider than a line in parts."""
    for word in words:
        part = ""
        for character in word if width(word) > columns else ():
            if width(part + character) > columns:
                yield part
                part = ""
            part += character
        yield part or word


def width(text: str) -> int:
    """Columns that the text takes: two for wide letters, none for marks and isolates."""
    return sum(columns_of(character) for character in text)


def columns_of(character: str) -> int:
    """Columns of one character."""
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def balanced(lines: list[str]) -> Iterator[str]:
    """The lines, an isolate that runs over a line's end closed there and opened again on the next."""
    open_one = False
    for line in lines:
        begun = ISOLATE + line if open_one else line
        open_one = begun.count(ISOLATE) > begun.count(RELEASE)
        yield begun + RELEASE if open_one else begun
