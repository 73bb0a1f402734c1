"""Text to shingles: the set of three-token runs by which texts are compared.

Two texts that a reader would call the same give the same shingles: markup entities, letter case, width, ligatures,
punctuation and invisible characters make no difference. Everything is done on whole numpy arrays, since this and the
permutations are where the time goes. Nothing here knows outlets, documents or thresholds.
"""

from __future__ import annotations

import html
import unicodedata
from functools import cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Hashes: TypeAlias = npt.NDArray[np.uint64]
Shingles: TypeAlias = npt.NDArray[np.uint32]

MAX_CHARACTERS: Final = 1 << 16
"""Characters of a text that are looked at: some 10,000 words, ten times a long article; bounds memory and time."""
TOKENS_PER_SHINGLE: Final = 3
"""Measured on real articles: 2 lets unrelated texts meet, 4 and 5 lose edited copies."""
MAX_UNESCAPES: Final = 2
"""Feeds escape twice by mistake (`&amp;amp;`), never thrice."""

_SEPARATOR, _LETTER, _IDEOGRAPH, _IGNORED = 0, 1, 2, 3
_SCRIPTS_WITHOUT_SPACES: Final = (
    (0x0E00, 0x0F00),  # Thai, Lao
    (0x1000, 0x10A0),  # Myanmar
    (0x1780, 0x1800),  # Khmer
    (0x2E80, 0xA000),  # radicals, kana, Han
    (0xF900, 0xFB00),  # compatibility ideographs
)
_ASTRAL_HAN: Final = 0x20000
_IGNORED_CHARACTERS: Final = "\u00ad\u034f\u061c\u0640\u180e\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f\ufeff"
"""Soft hyphen, joiners, direction marks, the Arabic stretcher: seen by nobody, inserted by every second system."""

_BASE: Final = 0x9E3779B97F4A7C15
_INNER: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_OUTER: Final = np.uint64(0x165667B19E3779F9)
"""Odd constants with well mixed bits (golden ratio and the primes of xxHash64); any such would do."""
_HALF: Final = np.uint64(32)
_SPACE: Final = 32
_ASCII_FOLD: Final = bytes(
    ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else _SPACE for code in range(256)
)


def _powers(base: int) -> Hashes:
    values, value = np.empty(MAX_CHARACTERS, np.uint64), 1
    for index in range(MAX_CHARACTERS):
        values[index] = value
        value = value * base % (1 << 64)
    return values


@cache
def _power_tables() -> tuple[Hashes, Hashes]:
    """Powers of the base and of its inverse modulo 2^64 (the base is odd, so it has one)."""
    return _powers(_BASE), _powers(pow(_BASE, -1, 1 << 64))


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """What each code point of the basic plane is; combining marks belong to their word (Indic vowels are marks)."""
    kinds = np.zeros(0x10000, np.uint8)
    for code in range(0x10000):
        character = chr(code)
        if character.isalnum() or unicodedata.category(character)[0] == "M":
            kinds[code] = _LETTER
    for start, end in _SCRIPTS_WITHOUT_SPACES:
        kinds[start:end][kinds[start:end] == _LETTER] = _IDEOGRAPH
    kinds[[ord(character) for character in _IGNORED_CHARACTERS]] = _IGNORED
    return kinds


def _fold(text: str) -> str:
    """Undo entities, letter case, width and ligatures (Unicode NFKC, then case folding)."""
    for _ in range(MAX_UNESCAPES):
        if "&" not in text:
            break
        text = html.unescape(text)
    text = text[:MAX_CHARACTERS]
    return text if text.isascii() else unicodedata.normalize("NFKC", text).casefold()[:MAX_CHARACTERS]


def _codes(folded: str) -> tuple[npt.NDArray[np.uint8] | npt.NDArray[np.uint32], npt.NDArray[np.uint8]]:
    """The code points that count and their kinds; the ASCII path is four times as fast as the other."""
    if folded.isascii():
        narrow = np.frombuffer(folded.encode().translate(_ASCII_FOLD), np.uint8)
        return narrow, (narrow != _SPACE).view(np.uint8)
    codes = np.frombuffer(folded.encode("utf-32-le", "replace"), np.uint32)
    kinds = _kinds()[np.minimum(codes, 0xFFFF)]
    astral = codes > 0xFFFF
    if astral.any():
        kinds[astral] = np.where(codes[astral] >= _ASTRAL_HAN, _IDEOGRAPH, _SEPARATOR)
    if (kinds == _IGNORED).any():
        counted = kinds != _IGNORED
        codes, kinds = codes[counted], kinds[counted]
    return codes, kinds


def _word_spans(letters: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    bounded = np.empty(len(letters) + 2, np.bool_)
    bounded[0] = bounded[-1] = False
    bounded[1:-1] = letters
    edges = np.flatnonzero(bounded[1:] != bounded[:-1])
    return edges[0::2], edges[1::2]


def _token_spans(kinds: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Starts and ends of tokens: words, and overlapping pairs of characters where the script sets no spaces."""
    starts, ends = _word_spans(kinds == _LETTER)
    pairs = np.flatnonzero((kinds[:-1] == _IDEOGRAPH) & (kinds[1:] == _IDEOGRAPH))
    if not len(pairs):
        return starts, ends
    starts, ends = np.concatenate([starts, pairs]), np.concatenate([ends, pairs + 2])
    order = np.argsort(starts, kind="stable")
    return starts[order], ends[order]


def token_hashes(text: str) -> Hashes:
    """One 64-bit hash a token, in reading order: a polynomial over the token's folded code points, modulo 2^64.

    All tokens are hashed at once from one running sum, as in Rabin and Karp's string search (1987).
    """
    codes, kinds = _codes(_fold(text))
    if not len(codes):
        return np.empty(0, np.uint64)
    starts, ends = _word_spans(kinds.view(np.bool_)) if codes.dtype == np.uint8 else _token_spans(kinds)
    powers, inverses = _power_tables()
    sums = np.empty(len(codes) + 1, np.uint64)
    sums[0] = 0
    np.cumsum(codes * powers[: len(codes)], dtype=np.uint64, out=sums[1:])
    hashes: Hashes = (sums[ends] - sums[starts]) * inverses[starts]
    return hashes


def shingles_of(tokens: Hashes) -> Shingles:
    """The hashes of all runs of three tokens, in reading order, repeats kept; a shorter text gives one of all."""
    size = min(TOKENS_PER_SHINGLE, len(tokens))
    if size == 0:
        return np.empty(0, np.uint32)
    count = len(tokens) - size + 1
    mixed = tokens[:count] * _INNER
    factor = int(_INNER)
    for offset in range(1, size):
        factor = (factor * int(_OUTER)) % (1 << 64) | 1
        mixed += tokens[offset : offset + count] * np.uint64(factor)
    mixed ^= mixed >> _HALF
    mixed *= _OUTER
    return (mixed >> _HALF).astype(np.uint32)


def shingles(text: str) -> Shingles:
    """The text's shingles in reading order, uint32, repeats kept."""
    return shingles_of(token_hashes(text))


def unique(values: Shingles) -> Shingles:
    """The sorted set of the values (faster than `numpy.unique` for arrays of this size)."""
    if len(values) < 2:
        return values
    ordered = np.sort(values)
    first = np.empty(len(ordered), np.bool_)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
