"""Text to shingles: the set of three-token runs by which texts are compared.

    text -> folded codes -> one 32-bit hash a token -> one 32-bit hash for each three tokens in a row

Everything is done on whole numpy arrays, several texts at a time, since this and the permutations are where the time
goes. Nothing here knows outlets, documents or thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from aggregator.dedup.folding import MAX_CHARACTERS, NARROW, Codes, narrow, spaceless, unescaped, wide
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
_MIXING: Final = np.array([*_FACTORS, _MIX], np.uint32)
_SIXTEEN: Final = np.uint32(16)
_FIFTEEN: Final = np.uint32(15)
_NARROW: Final = np.frombuffer(NARROW, np.uint8)


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
    """Read texts, as many at a time as the cache holds: those of one byte a character, and the others."""
    found: list[Reading | None] = [None] * len(texts)
    packed: list[tuple[int, bytes]] = []
    unpacked: list[tuple[int, bytes]] = []
    for number, text in enumerate(map(unescaped, texts)):
        if (narrowed := narrow(text)) is not None:
            packed.append((number, narrowed))
            continue
        folded = wide(text)
        if folded.spaceless:
            found[number] = _read_spaceless(folded.codes)
        elif folded.codes.dtype == np.uint8:
            packed.append((number, folded.codes.tobytes()))
        else:
            unpacked.append((number, folded.codes.astype(np.uint32, copy=False).tobytes()))
    for kind, held in ((np.uint8, packed), (np.uint32, unpacked)):
        for chunk in _chunks(held, np.dtype(kind).itemsize):
            for (number, _), reading in zip(chunk, _read_words([each for _, each in chunk], kind), strict=True):
                found[number] = reading
    return found  # type: ignore[return-value]  # each has been found


def _chunks(held: Sequence[tuple[int, bytes]], width: int) -> Iterator[Sequence[tuple[int, bytes]]]:
    start, size = 0, 0
    for number, (_, packed) in enumerate(held):
        if size and size + len(packed) > CHUNK * width:
            yield held[start:number]
            start, size = number, 0
        size += len(packed) + width
    if held:
        yield held[start:]


def _read_words(texts: Sequence[bytes], kind: type[np.uint8 | np.uint32]) -> Iterator[Reading]:
    """Texts whose words stand apart, so many bytes a code, hashed in one go."""
    gap = bytes(np.dtype(kind).itemsize)
    joined = gap + gap.join(texts) + gap * BEGINNING
    ends = list(accumulate(len(each) // len(gap) + 1 for each in texts))
    tokens, beginnings, shingled, bounds = _words(joined, kind, ends)
    for each, first, last in zip(texts, [0, *bounds], bounds, strict=False):
        own = shingled[first : last - 2] if last - first > 2 else shingles_of(tokens[first:last])
        yield Reading(tokens[first:last], beginnings[first:last], own, _letters(each, kind))


def _letters(packed: bytes, kind: type[np.uint8 | np.uint32]) -> frozenset[int]:
    """The codes beyond ASCII."""
    if kind is np.uint8 and packed.isascii():
        return frozenset()
    return _beyond_ascii(np.frombuffer(packed, kind))


def _beyond_ascii(codes: npt.NDArray[Any]) -> frozenset[int]:
    return frozenset(codes[codes > 0x7F].tolist())


def _words(
    joined: bytes, kind: type[np.uint8 | np.uint32], ends: list[int]
) -> tuple[Hashes, Hashes, Shingles, list[int]]:
    """The hashes of words, those of their beginnings and their shingles, and how many words there are to each end.

    The hash of a word is the polynomial over its codes modulo 2^32. All words are hashed at once from one running sum,
    as in Rabin and Karp's string search (1987). The codes begin with one 0 and end with `BEGINNING`.
    """
    powers, inverses = power_tables()
    if compiled := kernels():
        codes = np.frombuffer(joined, kind)
        most = len(codes) // 2 + 1
        made = np.empty((3, most), np.uint32)
        bounds = np.array(ends)
        folded = _NARROW if kind is np.uint8 else _NARROW[:0]
        count = compiled.words(codes, folded, bounds, powers, inverses, BEGINNING, _MIXING, made)
        return made[0, :count], made[1, :count], made[2, :count], bounds.tolist()
    codes = np.frombuffer(joined.translate(NARROW) if kind is np.uint8 else joined, kind)
    letters = codes != 0
    starts = np.flatnonzero(letters[1:] > letters[:-1])
    sums = np.multiply(codes, powers[: len(codes)], dtype=np.uint32)
    np.add.accumulate(sums, out=sums)
    before, scale = sums[starts], inverses[starts + 1]
    tokens = np.empty(len(starts), np.uint32)
    np.subtract(before[1:], before[:-1], out=tokens[:-1])
    tokens[-1:] = sums[-1] - before[-1:]
    tokens *= scale
    beginnings: Hashes = (sums[starts + BEGINNING] - before) * scale
    return tokens, beginnings, shingles_of(tokens), starts.searchsorted(ends).tolist()


def _read_spaceless(codes: Codes) -> Reading:
    tokens = _spans(codes)
    return Reading(tokens, None, shingles_of(tokens), _beyond_ascii(codes))


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
