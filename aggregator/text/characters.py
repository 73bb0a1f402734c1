"""Characters that foreign texts must not smuggle in: controls, invisible ones, direction overrides.

Knows nothing of markup. Everything here is linear and idempotent.
"""

from __future__ import annotations

import html
import re

MAX_STACKED_MARKS = 6
"""Combining marks kept on one letter: Vietnamese needs 2, pointed Hebrew 4; "zalgo" text piles up dozens."""

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_GONE = (
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # C0 and C1 controls but tab and the line ends
    "\xad\u200b\u2060-\u2064\u206a-\u206f\ufeff\u180e"  # soft hyphen, zero width (not the joiners: Persian needs them)
    "\ufff9-\ufffb\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"  # interlinear marks, lone surrogates, noncharacters
)
_REMOVED = re.compile(
    f"[{_GONE}"
    "\U000e0000-\U000e007f"  # tag characters: an invisible copy of ASCII
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OVERRIDES = re.compile("[\u202d\u202e]")
_PILING = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACK = re.compile(f"({_PILING}{{{MAX_STACKED_MARKS}}}){_PILING}+")
_ODD = re.compile(
    f"[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029{_GONE}{_DIRECTIONS.pattern[1:-1]}{_PILING[1:-1]}\U0001fffe-\U0010ffff]"
)
"""Whatever `tidy` may change, and all of the higher planes: one search tells that most texts hold nothing of it. One
range is looked up ten times faster than the thirty single characters that go there."""
_LONG_REFERENCE = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{7,});?")
_ANY_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")

_OPENERS = frozenset("\u202a\u202b\u2066\u2067\u2068")
_ISOLATE_END, _EMBEDDING_END = "\u2069", "\u202c"


def tidy(text: str) -> str:
    """The text without characters that no reader can see or that disturb what stands after it.

    Line ends of every kind become a line feed, controls, zero-width characters, noncharacters and tag characters go,
    direction overrides always go (they only serve to deceive: Unicode TR 36, 3.1), embeddings and isolates go when
    they are not closed, and piles of combining marks are cut to `MAX_STACKED_MARKS`.
    """
    if is_tidy(text):
        return text
    text = _REMOVED.sub("", _LINE_ENDS.sub("\n", text))
    text = _OVERRIDES.sub("", text)
    if _DIRECTIONS.search(text) and not _balanced(text):
        text = _DIRECTIONS.sub("", text)
    return _STACK.sub(r"\1", text)


def is_tidy(text: str) -> bool:
    """Whether `tidy` and `without_directions` leave the text, and every part of it, as it is."""
    if text.isascii():
        return text.replace("\n", " ").replace("\t", " ").isprintable()
    return not _ODD.search(text)


def without_directions(text: str) -> str:
    """The text without embeddings, isolates and their ends; for running text, whose direction the page sets."""
    return text if text.isascii() else _DIRECTIONS.sub("", text)


def decode_references(text: str) -> str:
    """Decode HTML character references once. Numbers too large to be a character become U+FFFD.

    The standard library raises ValueError on numbers of more than 4300 digits (CVE-2020-10735), hence the first step.
    """
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def decode_attribute(value: str) -> str:
    """Decode the references in an attribute's value: only those closed by `;`, so that `?a=1&copy=2` survives."""
    if "&" not in value:
        return value
    return _ANY_REFERENCE.sub(lambda match: html.unescape(match[0]), _LONG_REFERENCE.sub("\ufffd", value))


def decode_fully(text: str) -> str:
    """Decode once, and once more when references are left over, as feeds that are escaped twice leave them."""
    text = decode_references(text)
    return decode_references(text) if _ANY_REFERENCE.search(text) else text


def _balanced(text: str) -> bool:
    """Whether every embedding and isolate is closed in order."""
    waiting: list[str] = []
    for match in _DIRECTIONS.finditer(text):
        character = match[0]
        if character in _OPENERS:
            waiting.append(_EMBEDDING_END if character in "\u202a\u202b" else _ISOLATE_END)
        elif not waiting or waiting.pop() != character:
            return False
    return not waiting
