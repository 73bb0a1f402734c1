"""MinHash signatures of shingle arrays: datasketch's values, made for a whole array at a time. Its only home.

datasketch's documented way, `MinHash.update` per shingle, takes 4 ms an article. The same values come in a fiftieth
of the time from its own permutations (`MinHash.permutations`) over the whole array; a property test holds both equal
bit for bit, so a signature of ours can be read by any program that uses datasketch with the scheme named below.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from types import ModuleType
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from aggregator.dedup.kernels import kernels
from aggregator.dedup.shingles import TOKENS_PER_SHINGLE, Positions, Shingles, unique

Signatures: TypeAlias = npt.NDArray[np.uint32]
"""One signature a row."""

BODY_PERMUTATIONS: Final = 64
BODY_STEPS: Final = 1
"""The body is signed by its shingles below 2^32 / 2^steps: half of them, which halves the dearest step of all. What
the sample adds to the estimate's error (.03 at 300 shingles) is small beside the permutations' own (.06)."""
LEAD_PERMUTATIONS: Final = 48
LEAD_SHINGLES: Final = 64
"""The lead is the first 64 shingles that are no boilerplate: what an excerpt nearly always keeps."""
SEED: Final = 1
SCHEME: Final = "/".join(
    (
        f"datasketch-affine32/seed{SEED}",
        f"body{BODY_PERMUTATIONS}of{1 << BODY_STEPS}",
        f"lead{LEAD_SHINGLES}x{LEAD_PERMUTATIONS}",
        f"shingle{TOKENS_PER_SHINGLE}x32",
    )
)
"""Stored with every signature: values of another scheme do not compare (datasketch 2 changed its default)."""
EMPTY: Final = 0xFFFFFFFF
"""datasketch's value where nothing was seen."""

_CHUNK: Final = 1 << 15
"""Shingles permuted at once, those of whole texts: a hundred articles."""
_AT_ONCE: Final = 4
"""Permutations of them that are computed at once: half a megabyte, which stays in the second-level cache."""
_NOTHING: Final[Shingles] = np.empty(0, np.uint32)


@cache
def _permutations(count: int) -> tuple[Shingles, Shingles]:
    """The affine permutations `a * h + b` modulo 2^32 as two columns."""
    multipliers, offsets = _datasketch().MinHash(num_perm=count, seed=SEED, scheme="affine32").permutations
    return np.ascontiguousarray(multipliers)[:, None], np.ascontiguousarray(offsets)[:, None]


def _datasketch() -> ModuleType:
    """Datasketch's module of signatures alone: the whole package loads scipy's integration, half a second of CPU.

    The module is taken from its file while an empty package stands in for the whole one, which stays importable.
    """
    if "datasketch" in sys.modules:
        return importlib.import_module("datasketch.minhash")
    found = importlib.util.find_spec("datasketch")
    if found is None:
        raise ModuleNotFoundError("datasketch is not installed")
    sys.modules["datasketch"] = importlib.util.module_from_spec(found)
    try:
        return importlib.import_module("datasketch.minhash")
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "datasketch"]:
            del sys.modules[name]


def _finalised(values: Shingles) -> Shingles:
    """MurmurHash3's 32-bit finaliser (Appleby, fmix32), which `affine32` applies before it permutes."""
    mixed = values ^ (values >> np.uint32(16))
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed


def _least(mixed: Shingles, begins: Positions, permutations: int) -> Signatures:
    """The smallest value under each permutation of each set; the finalised values of the sets begin there."""
    multipliers, offsets = _permutations(permutations)
    least = np.empty((permutations, len(begins)), np.uint32)
    room = np.empty((_AT_ONCE, len(mixed)), np.uint32)
    for first in range(0, permutations, _AT_ONCE):
        part = slice(first, min(first + _AT_ONCE, permutations))
        permuted = room[: part.stop - first]
        np.multiply(multipliers[part], mixed, out=permuted)
        np.add(permuted, offsets[part], out=permuted)
        np.minimum.reduceat(permuted, begins, axis=1, out=least[part])
    return least.T


def _signed(sets: Sequence[Shingles], permutations: int, steps: int) -> Signatures:
    """The signatures of the sets' values below 2^32 / 2^steps, one a row."""
    rows = np.full((len(sets), permutations), EMPTY, np.uint32)
    flat, ends = np.concatenate([_NOTHING, *sets]), np.array(list(accumulate(map(len, sets))), np.int64)
    highest = np.uint32((1 << 32 - steps) - 1)
    if compiled := kernels():
        multipliers, offsets = (column[:, 0] for column in _permutations(permutations))
        room = np.empty(max(map(len, sets), default=0) + 1, np.uint32)
        compiled.sign(flat, ends, highest, multipliers, offsets, room, rows)
        return rows
    if steps:
        chosen = np.flatnonzero(flat <= highest)
        flat, ends = flat[chosen], chosen.searchsorted(ends)
    told = np.flatnonzero(np.diff(ends, prepend=0))
    mixed, ends = _finalised(flat), ends[told]
    start, first = 0, 0
    while first < len(told):
        last = max(first + 1, int(ends.searchsorted(start + _CHUNK, side="right")))
        begins, end = np.concatenate([[0], ends[first : last - 1] - start]), int(ends[last - 1])
        rows[told[first:last]] = _least(mixed[start:end], begins, permutations)
        start, first = end, last
    return rows


def signature(values: Shingles, permutations: int) -> Shingles:
    """MinHash values of the set of `values`: uint32, shape (permutations,); all `EMPTY` for an empty set."""
    signed: Shingles = _signed([values], permutations, 0)[0]
    return signed


def body_signatures(texts: Sequence[Shingles]) -> Signatures:
    """The signatures of whole texts, one a row, made of a sample of their shingles."""
    return _signed(texts, BODY_PERMUTATIONS, BODY_STEPS)


def lead_signatures(texts: Sequence[Shingles]) -> Signatures:
    """The signatures of texts' first shingles, one a row."""
    return _signed([values[:LEAD_SHINGLES] for values in texts], LEAD_PERMUTATIONS, 0)


@cache
def _inverses(count: int) -> tuple[Shingles, Shingles]:
    """The inverse multipliers of datasketch's permutations modulo 2^32 (they are odd, so they have one)."""
    multipliers, offsets = _permutations(count)
    inverse = np.array([pow(int(each), -1, 1 << 32) for each in multipliers[:, 0]], np.uint32)
    return inverse, offsets[:, 0]


def sampled_by(values: Shingles) -> Shingles:
    """The sorted shingles that a signature's values came from: `affine32` is a bijection, so it can be undone."""
    seen = values != EMPTY
    inverse, offsets = _inverses(len(values))
    mixed = (values[seen] - offsets[seen]) * inverse[seen]
    mixed ^= mixed >> np.uint32(16)
    mixed *= np.uint32(pow(0xC2B2AE35, -1, 1 << 32))
    mixed ^= (mixed >> np.uint32(13)) ^ (mixed >> np.uint32(26))
    mixed *= np.uint32(pow(0x85EBCA6B, -1, 1 << 32))
    mixed ^= mixed >> np.uint32(16)
    return unique(mixed)


def estimated_jaccard(first: Shingles, second: Shingles) -> float:
    """The share of equal values: estimates the Jaccard similarity, standard error sqrt(J(1-J)/permutations)."""
    return float(np.count_nonzero(first == second)) / len(first)
