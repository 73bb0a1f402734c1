"""Text to folded code points: what a reader takes for the same letter has the same code, all between words is 0.

Markup entities, letter case, width, ligatures, punctuation and invisible characters make no difference. Most texts
need one look-up a character; what Unicode folds to several letters or composes goes the long way, with the same result.
"""

from __future__ import annotations

import html
import unicodedata
from functools import cache
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16] | npt.NDArray[np.uint32]
"""Folded code points, 0 for whatever is no part of a word."""

MAX_CHARACTERS: Final = 1 << 16
"""Characters of a text that are looked at: some 10,000 words, ten times a long article; bounds memory and time."""
MAX_UNESCAPES: Final = 2
"""Feeds escape twice by mistake (`&amp;amp;`), never thrice."""
FIRST_WITHOUT_SPACES: Final = 0x0E00
SCRIPTS_WITHOUT_SPACES: Final = (
    (0x0E00, 0x0F00),  # Thai, Lao
    (0x1000, 0x10A0),  # Myanmar
    (0x1780, 0x1800),  # Khmer
    (0x2E80, 0xA000),  # radicals, kana, Han
    (0xF900, 0xFB00),  # compatibility ideographs
)
ASTRAL_HAN: Final = 0x20000

_SEPARATOR, _LETTER, _IDEOGRAPH, _IGNORED = 0, 1, 2, 3
_IGNORED_CHARACTERS: Final = "\u00ad\u034f\u061c\u0640\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
"""Soft hyphen, joiners, direction marks, the Arabic stretcher: seen by nobody, inserted by every second system."""
_LONG_WAY: Final = 0xFFFF
"""Stands for a character that cannot be folded alone; no letter has this code."""
_NOT_ALONE: Final = 0xFF
"""The same among the first 256; the one letter that has this code goes the long way too."""


def _folded_narrow(code: int) -> int:
    """What one of the first 256 characters folds to by itself, if that is one of them."""
    folded = unicodedata.normalize("NFKC", chr(code)).casefold()
    if len(folded) > 1 or folded in _IGNORED_CHARACTERS or ord(folded) >= _NOT_ALONE:
        return _NOT_ALONE
    return ord(folded) if folded.isalnum() else _SEPARATOR


NARROW: Final = bytes(map(_folded_narrow, range(256)))
"""What each of the first 256 characters folds to."""


class Folded(NamedTuple):
    """A text's codes, and whether some are of a script that sets no spaces."""

    codes: Codes
    spaceless: bool


def unescaped(text: str) -> str:
    """The text without markup entities, as much of it as is looked at."""
    for _ in range(MAX_UNESCAPES):
        if "&" not in text:
            break
        text = html.unescape(text)
    return text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS]


def narrow(text: str) -> bytes | None:
    """An unescaped text in one byte a character, of which `NARROW` makes its codes; None where that is not all."""
    if text.isascii():
        return text.encode()
    try:
        folded = text.encode("latin-1").translate(NARROW)
    except UnicodeEncodeError:
        return None
    return None if _NOT_ALONE in folded else folded


def fold(text: str) -> Folded:
    """The folded codes of a text. Same for what NFKC and case folding make the same."""
    text = unescaped(text)
    packed = narrow(text)
    return wide(text) if packed is None else Folded(np.frombuffer(packed.translate(NARROW), np.uint8), spaceless=False)


def wide(text: str) -> Folded:
    """The folded codes of an unescaped text of any characters, in one byte each where that is enough."""
    folded = _fold_table().take(np.frombuffer(text.encode("utf-16-le", "replace"), np.uint16))
    highest = int(folded.max(initial=0))
    if highest == _LONG_WAY:
        return fold_at_length(text)
    codes = folded.astype(np.uint8) if highest < _NOT_ALONE else folded
    return Folded(codes, spaceless=highest >= FIRST_WITHOUT_SPACES)


def spaceless(codes: Codes) -> npt.NDArray[np.bool_]:
    """Which codes are letters of a script that sets no spaces."""
    found: npt.NDArray[np.bool_] = (_kinds()[np.minimum(codes, 0xFFFF)] == _IDEOGRAPH) | (codes >= ASTRAL_HAN)
    return found


def fold_at_length(text: str) -> Folded:
    """The same by Unicode's own words (NFKC, then case folding); five times as slow."""
    text = unicodedata.normalize("NFKC", text).casefold()[:MAX_CHARACTERS]
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    kinds = _kinds()[np.minimum(codes, 0xFFFF)]
    astral = codes > 0xFFFF
    kinds[astral] = np.where(codes[astral] >= ASTRAL_HAN, _IDEOGRAPH, _SEPARATOR)
    counted = kinds != _IGNORED
    codes = np.where(kinds == _SEPARATOR, np.uint32(0), codes)[counted]
    return Folded(codes, spaceless=bool((codes >= FIRST_WITHOUT_SPACES).any()))


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """What each code point of the basic plane is; combining marks belong to their word (Indic vowels are marks)."""
    kinds = np.zeros(0x10000, np.uint8)
    for code in range(0x10000):
        character = chr(code)
        if character.isalnum() or unicodedata.category(character)[0] == "M":
            kinds[code] = _LETTER
    for start, end in SCRIPTS_WITHOUT_SPACES:
        kinds[start:end][kinds[start:end] == _LETTER] = _IDEOGRAPH
    kinds[[ord(character) for character in _IGNORED_CHARACTERS]] = _IGNORED
    return kinds


@cache
def _fold_table() -> npt.NDArray[np.uint16]:
    """What each code point of the basic plane folds to by itself."""
    separated = "\0".join(map(chr, range(1, 0x10000)))  # one call in place of 65,535; nothing joins with a NUL
    folded = ["", *unicodedata.normalize("NFKC", separated).casefold().split("\0")]
    kinds = _kinds().tolist()
    table = np.array([_folded_alone(each, kinds) for each in folded], np.uint16)
    table[0xD800:0xE000] = _LONG_WAY  # halves of what lies beyond the plane
    table[-1] = _LONG_WAY
    return table


def _folded_alone(folded: str, kinds: list[int]) -> int:
    """The code for a character that folds to this; `_LONG_WAY` where it becomes several or may join its neighbour."""
    code = ord(folded) if len(folded) == 1 else 0x10000
    if code < 0x10000 and kinds[code] in {_LETTER, _IDEOGRAPH} and not _joins(folded):
        return code
    return 0 if all(ord(each) < 0x10000 and kinds[ord(each)] == _SEPARATOR for each in folded) else _LONG_WAY


def _joins(character: str) -> bool:
    """Whether normalisation may join the character with what stands before it: a mark, a Korean vowel or ending."""
    return 0x1160 <= ord(character) <= 0x11FF or unicodedata.category(character)[0] == "M"
