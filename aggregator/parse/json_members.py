"""A JSON object member by member, and its long array element by element, so that what nobody keeps is let go at once.

Python's own reader holds the whole document: fifteen megabytes of small values take it 700 MB (measured).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

FEW_VALUES = 300_000
"""Values in a document that is looked at in one piece; a hundred bytes or two each."""
LARGEST_VALUE = 4_000_000
"""Characters of one member or element in a document with more values: they take up to 85 MB."""

_DECODER = json.JSONDecoder()
_BLANKS = re.compile(r"[ \t\n\r]*")


def members(text: str, listed: str) -> Iterator[tuple[str, Any]]:
    """Each name and value of the object; where the value of `listed` is an array, its elements one by one.

    Raises ValueError where the text is no JSON object, is damaged or cut off, or has a value beyond `LARGEST_VALUE`;
    RecursionError where one is nested too deeply for Python.
    """
    reader = _Reader(text)
    reader.take("{")
    ended = reader.next_mark() == "}" and reader.take("}") == "}"
    while not ended:
        name = reader.value()
        reader.take(":")
        if name == listed and reader.next_mark() == "[":
            yield from ((name, element) for element in reader.elements())
        else:
            yield str(name), reader.value()
        ended = reader.take(",}") == "}"
    if reader.next_mark():
        raise ValueError("something stands after the object's end")


class _Reader:
    """A place in a text, of which a part is in view at a time."""

    def __init__(self, text: str) -> None:
        few = sum(text.count(mark) for mark in "[{,") <= FEW_VALUES
        self._text, self._reach = text, len(text) if few else LARGEST_VALUE
        self._start = self._at = 0
        self._view = text[: self._reach]

    def next_mark(self) -> str:
        """The next character that is no blank, not taken yet; "" at the end."""
        while True:
            self._at = _BLANKS.match(self._view, self._at).end()  # type: ignore[union-attr]  # it matches nothing too
            if self._at < len(self._view) or self._sees_end:
                return self._view[self._at : self._at + 1]
            self._move()

    def take(self, allowed: str) -> str:
        """Take the next character, which must be one of `allowed`."""
        mark = self.next_mark()
        if not mark or mark not in allowed:
            raise ValueError(f"one of {allowed} was expected")
        self._at += 1
        return mark

    def elements(self) -> Iterator[Any]:
        """The values of an array."""
        self.take("[")
        ended = self.next_mark() == "]" and self.take("]") == "]"
        while not ended:
            yield self.value()
            ended = self.take(",]") == "]"

    def value(self) -> Any:
        """The next value; what reaches out of the view is read again from its beginning."""
        self.next_mark()
        found = self._found()
        if found is None and self._at > 0:
            self._move()
            found = self._found()
        if found is None:
            raise ValueError(f"damaged, or a value of more than {LARGEST_VALUE:,} characters")
        value, self._at = found
        return value

    def _found(self) -> tuple[Any, int] | None:
        """The value here and its end; None where the view may end before it does. Raises ValueError."""
        try:
            value, end = _DECODER.raw_decode(self._view, self._at)
        except ValueError:
            if self._sees_end:
                raise
            return None
        return (value, end) if end < len(self._view) or self._sees_end else None

    @property
    def _sees_end(self) -> bool:
        return self._start + len(self._view) >= len(self._text)

    def _move(self) -> None:
        self._start, self._at = self._start + self._at, 0
        self._view = self._text[self._start : self._start + self._reach]
