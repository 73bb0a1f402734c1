"""Text to shingles: the set of three-token runs by which texts are compared.

    text -> folded codes -> one 32-bit hash a token -> one 32-bit hash for each three tokens in a row

Everything is done on whole numpy arrays, several texts at a time, since this and the permutations are where the time
goes. Nothing here knows outlets, documents or thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from aggregator.dedup.folding import MAX_CHARACTERS, Codes, Folded, fold, spaceless
from aggregator.dedup.kernels import kernels

Hashes: TypeAlias = npt.NDArray[np.uint32]
Shingles: TypeAlias = npt.NDArray[np.uint32]
Positions: TypeAlias = npt.NDArray[np.intp]

TOKENS_PER_SHINGLE: Final = 3
"""Measured on real articles: 2 lets unrelated texts meet, 4 and 5 lose edited copies."""
BEGINNING: Final = 5
"""Characters of a token whose hash tells what it begins with."""
CHUNK: Final = 1 << 15
"""Codes hashed at once, longer texts alone: eight articles, whose arrays stay in the second-level cache."""

_BASE: Final = 0x9E3779B1
_FACTORS: Final = tuple(np.uint32(value) for value in (0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F))
_MIX: Final = np.uint32(0x2C1B3C6D)
"""Odd constants with well mixed bits (primes of xxHash32, a multiplier of Wellons' 32-bit hash search)."""
_SIXTEEN: Final = np.uint32(16)
_FIFTEEN: Final = np.uint32(15)
_GAP: Final = np.zeros(BEGINNING, np.uint8)


class Reading(NamedTuple):
    """One text as it is read, in reading order; repeats are kept."""

    tokens: Hashes
    beginnings: Hashes | None
    """Hashes of the tokens' first `BEGINNING` codes; what they are for shorter tokens is undefined. None: not known."""
    shingles: Shingles
    letters: frozenset[int]
    """Codes beyond ASCII among its letters."""


@cache
def power_tables() -> tuple[Hashes, Hashes]:
    """Powers of the base, and of its inverse, modulo 2^32 (the base is odd, so it has one)."""
    size = MAX_CHARACTERS + 2 * BEGINNING
    inverse = pow(_BASE, -1, 1 << 32)
    powers = np.multiply.accumulate(np.r_[np.uint32(1), np.full(size - 1, _BASE, np.uint32)], dtype=np.uint32)
    inverses = np.multiply.accumulate(np.r_[np.uint32(1), np.full(size - 1, inverse, np.uint32)], dtype=np.uint32)
    return powers, inverses


def read(texts: Sequence[str]) -> list[Reading]:
    """Read texts, as many at a time as the cache holds."""
    folded = [fold(text) for text in texts]
    found: list[Reading | None] = [None] * len(folded)
    for chunk in _chunks(folded):
        spaced = [number for number in chunk if not folded[number].spaceless]
        if spaced:
            for number, reading in zip(spaced, _read_words([folded[number].codes for number in spaced]), strict=True):
                found[number] = reading
    return [reading or _read_spaceless(each.codes) for reading, each in zip(found, folded, strict=True)]


def _chunks(folded: Sequence[Folded]) -> Iterator[range]:
    start, size = 0, 0
    for number, each in enumerate(folded):
        if size and size + len(each.codes) > CHUNK:
            yield range(start, number)
            start, size = number, 0
        size += len(each.codes) + 1
    yield range(start, len(folded))


def _read_words(texts: Sequence[Codes]) -> Iterator[Reading]:
    """Texts whose words stand apart, hashed in one go."""
    ends = list(accumulate(len(codes) + 1 for codes in texts))
    codes: Codes = np.concatenate([part for each in texts for part in (_GAP[:1], each)] + [_GAP])  # type: ignore[assignment]  # the types of the parts are lost
    starts, tokens, beginnings = _words(codes)
    shingled = shingles_of(tokens)
    bounds = [0, *starts.searchsorted(ends).tolist()]
    for each, first, last in zip(texts, bounds, bounds[1:], strict=False):
        own = shingled[first : last - 2] if last - first > 2 else shingles_of(tokens[first:last])
        yield Reading(tokens[first:last], beginnings[first:last], own, _letters(each))


def _letters(codes: Codes) -> frozenset[int]:
    return frozenset() if codes.dtype == np.uint8 else frozenset(codes[codes > 0x7F].tolist())


def _words(codes: Codes) -> tuple[Positions, Hashes, Hashes]:
    """Where words begin (the place before), their hashes, the hashes of their beginnings.

    The hash of a word is the polynomial over its codes modulo 2^32. All words are hashed at once from one running sum,
    as in Rabin and Karp's string search (1987). The codes begin with one 0 and end with `BEGINNING`.
    """
    if compiled := kernels():
        most = len(codes) // 2 + 1
        made = np.empty(most, np.intp), np.empty(most, np.uint32), np.empty(most, np.uint32)
        count = compiled.words(codes, power_tables()[0], BEGINNING, *made)
        return made[0][:count], made[1][:count], made[2][:count]
    powers, inverses = power_tables()
    letters = codes != 0
    starts = np.flatnonzero(letters[1:] > letters[:-1])
    sums = np.add.accumulate(np.multiply(codes, powers[: len(codes)], dtype=np.uint32), dtype=np.uint32)
    before, scale = sums[starts], inverses[starts + 1]
    tokens = np.empty(len(starts), np.uint32)
    np.subtract(before[1:], before[:-1], out=tokens[:-1])
    tokens[-1:] = sums[-1] - before[-1:]
    tokens *= scale
    beginnings: Hashes = (sums[starts + BEGINNING] - before) * scale
    return starts, tokens, beginnings


def _read_spaceless(codes: Codes) -> Reading:
    tokens = _spans(codes)
    return Reading(tokens, None, shingles_of(tokens), _letters(codes))


def _spans(codes: Codes) -> Hashes:
    """Hashes of words and, where the script sets no spaces, of overlapping pairs of characters."""
    ideographs = spaceless(codes)
    starts, ends = _runs((codes != 0) & ~ideographs)
    pairs = np.flatnonzero(ideographs[:-1] & ideographs[1:])
    starts, ends = np.concatenate([starts, pairs]), np.concatenate([ends, pairs + 2])
    order = np.argsort(starts, kind="stable")
    starts, ends = starts[order], ends[order]
    powers, inverses = power_tables()
    sums = np.zeros(len(codes) + 1, np.uint32)
    np.add.accumulate(np.multiply(codes, powers[: len(codes)], dtype=np.uint32), dtype=np.uint32, out=sums[1:])
    hashes: Hashes = (sums[ends] - sums[starts]) * inverses[starts]
    return hashes


def _runs(letters: npt.NDArray[np.bool_]) -> tuple[Positions, Positions]:
    bounded = np.zeros(len(letters) + 2, np.bool_)
    bounded[1:-1] = letters
    edges = np.flatnonzero(bounded[1:] != bounded[:-1])
    return edges[0::2], edges[1::2]


def shingles_of(tokens: Hashes) -> Shingles:
    """The hashes of all runs of three tokens, in reading order, repeats kept; a shorter text gives one of all."""
    size = min(TOKENS_PER_SHINGLE, len(tokens))
    if size == 0:
        return np.empty(0, np.uint32)
    count = len(tokens) - size + 1
    mixed = tokens[:count] * _FACTORS[0]
    for offset in range(1, size):
        mixed += tokens[offset : offset + count] * _FACTORS[offset]
    mixed ^= mixed >> _SIXTEEN
    mixed *= _MIX
    mixed ^= mixed >> _FIFTEEN
    return mixed


def token_hashes(text: str) -> Hashes:
    """One 32-bit hash a token, in reading order; words, or overlapping pairs where the script sets no spaces."""
    return read([text])[0].tokens


def shingles(text: str) -> Shingles:
    """The text's shingles in reading order, uint32, repeats kept."""
    return read([text])[0].shingles


def unique(values: Shingles) -> Shingles:
    """The sorted set of the values (faster than `numpy.unique` for arrays of this size)."""
    if len(values) < 2:
        return values
    ordered = np.sort(values)
    first = np.empty(len(ordered), np.bool_)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]
