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

from aggregator.dedup.kernels import Kernels, kernels
from aggregator.dedup.shingles import TOKENS_PER_SHINGLE, Shingles, unique

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

_CHUNK: Final = 2048
"""Shingles permuted at once, of several texts or of one: 64 x 2048 x 4 bytes stay in the second-level cache."""
_NOTHING: Final[Shingles] = np.empty(0, np.uint32)
_LEADS: Final = 16
"""Leads permuted at once."""


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


@cache
def _workspace() -> Shingles:
    """Where permutations are computed: a new array each time would cost as much as filling it. One thread only."""
    return np.empty(BODY_PERMUTATIONS * _CHUNK, np.uint32)


def _least(mixed: Shingles, least: Shingles) -> None:
    """Lower `least` to the smallest permuted value, under each permutation, of values that are finalised already."""
    for start in range(0, len(mixed), _CHUNK):
        part = mixed[start : start + _CHUNK]
        np.minimum(least, np.minimum.reduce(_permuted(part, len(least)), axis=1), out=least)


def _permuted(mixed: Shingles, permutations: int) -> Shingles:
    """Finalised values (..., n) under each permutation (..., permutations, n), in the workspace."""
    multipliers, offsets = _permutations(permutations)
    shape = (*mixed.shape[:-1], permutations, mixed.shape[-1])
    permuted = _workspace()[: permutations * mixed.size].reshape(shape)
    np.multiply(multipliers, mixed[..., None, :], out=permuted)
    np.add(permuted, offsets, out=permuted)
    return permuted


def signature(values: Shingles, permutations: int) -> Shingles:
    """MinHash values of the set of `values`: uint32, shape (permutations,); all `EMPTY` for an empty set.

    `permutations` is at most `BODY_PERMUTATIONS`.
    """
    least = np.full(permutations, EMPTY, np.uint32)
    _least(_finalised(values), least)
    return least


def body_signatures(texts: Sequence[Shingles]) -> Signatures:
    """The signatures of whole texts, one a row, made of a sample of their shingles."""
    if compiled := kernels():
        return _signed(compiled, texts, BODY_PERMUTATIONS, BODY_STEPS)
    rows = np.full((len(texts), BODY_PERMUTATIONS), EMPTY, np.uint32)
    flat = np.concatenate([_NOTHING, *texts])
    chosen = np.flatnonzero(flat <= np.uint32((1 << 32 - BODY_STEPS) - 1))
    ends = chosen.searchsorted(list(accumulate(map(len, texts))))
    told = np.flatnonzero(np.diff(ends, prepend=0))
    mixed, ends = _finalised(flat[chosen]), ends[told]
    start, first = 0, 0
    while first < len(told):
        last = max(first + 1, int(ends.searchsorted(start + _CHUNK, side="right")))
        part, end = told[first:last], int(ends[last - 1])
        if end - start > _CHUNK:
            _least(mixed[start:end], rows[part[0]])
        else:
            permuted = _permuted(mixed[start:end], BODY_PERMUTATIONS)
            begins = np.concatenate([[0], ends[first : last - 1] - start])
            rows[part] = np.minimum.reduceat(permuted, begins, axis=1).T
        start, first = end, last
    return rows


def lead_signatures(texts: Sequence[Shingles]) -> Signatures:
    """The signatures of texts' first shingles, one a row."""
    if compiled := kernels():
        return _signed(compiled, [values[:LEAD_SHINGLES] for values in texts], LEAD_PERMUTATIONS, 0)
    rows = np.full((len(texts), LEAD_PERMUTATIONS), EMPTY, np.uint32)
    told = [number for number, values in enumerate(texts) if len(values)]
    leads = _finalised(np.array([_repeated(texts[number]) for number in told], np.uint32).reshape(-1, LEAD_SHINGLES))
    for start in range(0, len(told), _LEADS):
        part = leads[start : start + _LEADS]
        rows[told[start : start + _LEADS]] = np.minimum.reduce(_permuted(part, LEAD_PERMUTATIONS), axis=2)
    return rows


def _signed(compiled: Kernels, sets: Sequence[Shingles], permutations: int, steps: int) -> Signatures:
    """The signatures of the sets' values below 2^32 / 2^steps."""
    rows = np.full((len(sets), permutations), EMPTY, np.uint32)
    multipliers, offsets = (column[:, 0] for column in _permutations(permutations))
    sizes = np.array([len(values) for values in sets], np.int64)
    flat = np.concatenate([_NOTHING, *sets])
    room = np.empty(max(map(len, sets), default=0), np.uint32)
    compiled.sign(flat, sizes.cumsum(), np.uint32((1 << 32 - steps) - 1), multipliers, offsets, room, rows)
    return rows


def _repeated(values: Shingles) -> Shingles:
    """The lead of a text; a short one is said again and again, which changes no least value."""
    return values[:LEAD_SHINGLES] if len(values) >= LEAD_SHINGLES else np.resize(values, LEAD_SHINGLES)


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
