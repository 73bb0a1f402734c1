"""MinHash signatures of shingle arrays: datasketch's values, made for a whole array at a time. Its only home.

datasketch's documented way, `MinHash.update` per shingle, takes 4 ms an article. The same values come in a fiftieth
of the time from its own permutations (`MinHash.permutations`) over the whole array; a property test holds both equal
bit for bit, so a signature of ours can be read by any program that uses datasketch with the scheme named below.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from aggregator.dedup.shingles import TOKENS_PER_SHINGLE, Shingles

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


def signature(values: Shingles, permutations: int) -> Shingles:
    """MinHash values of the set of `values`: uint32, shape (permutations,); all `EMPTY` for an empty set."""
    if not len(values):
        return np.full(permutations, EMPTY, np.uint32)
    multipliers, offsets = _permutations(permutations)
    smallest: npt.NDArray[np.uint32] | None = None
    for start in range(0, len(values), _CHUNK):
        permuted = multipliers * _finalised(values[start : start + _CHUNK])
        permuted += offsets
        least = permuted.min(axis=1)
        smallest = least if smallest is None else np.minimum(smallest, least)
    assert smallest is not None
    return smallest


def body_signature(values: Shingles) -> Shingles:
    """The signature of a whole text, boilerplate left out."""
    return signature(values, BODY_PERMUTATIONS)


def lead_signature(values: Shingles) -> Shingles:
    """The signature of a text's first shingles, boilerplate left out."""
    return signature(values[:LEAD_SHINGLES], LEAD_PERMUTATIONS)


def estimated_jaccard(first: Shingles, second: Shingles) -> float:
    """The share of equal values: estimates the Jaccard similarity, standard error sqrt(J(1-J)/permutations)."""
    return float(np.count_nonzero(first == second)) / len(first)
