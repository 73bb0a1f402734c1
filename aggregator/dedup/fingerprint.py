"""MinHash signatures of shingle arrays: datasketch's values, made for a whole array at a time. Its only home.

datasketch's documented way, `MinHash.update` per shingle, takes 4 ms an article. The same values come in a fiftieth
of the time from its own permutations (`MinHash.permutations`) over the whole array; a property test holds both equal
bit for bit, so a signature of ours can be read by any program that uses datasketch with the scheme named below.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from aggregator.dedup.shingles import TOKENS_PER_SHINGLE, Shingles, unique

BODY_PERMUTATIONS: Final = 64
LEAD_PERMUTATIONS: Final = 48
LEAD_SHINGLES: Final = 64
"""The lead is the first 64 shingles that are no boilerplate: what an excerpt nearly always keeps."""
SEED: Final = 1
SCHEME: Final = "/".join(
    (
        f"datasketch-affine32/seed{SEED}",
        f"body{BODY_PERMUTATIONS}",
        f"lead{LEAD_SHINGLES}x{LEAD_PERMUTATIONS}",
        f"shingle{TOKENS_PER_SHINGLE}",
    )
)
"""Stored with every signature: values of another scheme do not compare (datasketch 2 changed its default)."""
EMPTY: Final = 0xFFFFFFFF
"""datasketch's value where nothing was seen."""

_CHUNK: Final = 1024
"""Shingles permuted at once: 64 x 1024 x 4 bytes stay in the second-level cache."""


@cache
def _permutations(count: int) -> tuple[Shingles, Shingles]:
    """The affine permutations `a * h + b` modulo 2^32 as two columns."""
    from datasketch import MinHash  # noqa: PLC0415  takes most of a second to import, so only when texts are matched

    multipliers, offsets = MinHash(num_perm=count, seed=SEED, scheme="affine32").permutations
    return np.ascontiguousarray(multipliers)[:, None], np.ascontiguousarray(offsets)[:, None]


def _finalised(values: Shingles) -> Shingles:
    """MurmurHash3's 32-bit finaliser (Appleby, fmix32), which `affine32` applies before it permutes."""
    mixed = values ^ (values >> np.uint32(16))
    mixed *= np.uint32(0x85EBCA6B)
    mixed ^= mixed >> np.uint32(13)
    mixed *= np.uint32(0xC2B2AE35)
    mixed ^= mixed >> np.uint32(16)
    return mixed


@cache
def _workspace() -> Shingles:
    """Where permutations are computed: a new array each time would cost as much as filling it. One thread only."""
    return np.empty(BODY_PERMUTATIONS * _CHUNK, np.uint32)


def _least(mixed: Shingles, permutations: int) -> Shingles:
    """The smallest permuted value under each permutation of values that are finalised already."""
    multipliers, offsets = _permutations(permutations)
    least = np.full(permutations, EMPTY, np.uint32)
    for start in range(0, len(mixed), _CHUNK):
        part = mixed[start : start + _CHUNK]
        permuted = _workspace()[: permutations * len(part)].reshape(permutations, len(part))
        np.multiply(multipliers, part, out=permuted)
        np.add(permuted, offsets, out=permuted)
        np.minimum(least, permuted.min(axis=1), out=least)
    return least


def signature(values: Shingles, permutations: int) -> Shingles:
    """MinHash values of the set of `values`: uint32, shape (permutations,); all `EMPTY` for an empty set.

    `permutations` is at most `BODY_PERMUTATIONS`.
    """
    return _least(_finalised(values), permutations)


def signatures(values: Shingles) -> tuple[Shingles, Shingles]:
    """The signatures of a text's body and of its lead, boilerplate left out."""
    mixed = _finalised(values)
    return _least(mixed, BODY_PERMUTATIONS), _least(mixed[:LEAD_SHINGLES], LEAD_PERMUTATIONS)


def body_signature(values: Shingles) -> Shingles:
    """The signature of a whole text."""
    return signature(values, BODY_PERMUTATIONS)


def lead_signature(values: Shingles) -> Shingles:
    """The signature of a text's first shingles."""
    return signature(values[:LEAD_SHINGLES], LEAD_PERMUTATIONS)


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
