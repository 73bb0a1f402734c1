"""Lines that the window has left behind, by address: whoever prints under the same address later is still known.

In memory stand eight bytes of each address and a place in the spool, a hundred bytes a line; the rest is on disk.
"""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np

from aggregator.archive.lines import Line, Spool

_NO_SHINGLES: Final = np.empty(0, np.uint32)


class OldLine(NamedTuple):
    """A line and the piece that it was in."""

    piece: int
    line: Line


class Elders:
    """Where the old lines are."""

    def __init__(self) -> None:
        self._places: dict[int, tuple[int, int, int]] = {}

    def add(self, spool: Spool, old: OldLine) -> None:
        """Keep a line that has an address; the latest of an address stands for it."""
        if old.line.url is not None:
            kept = {**old.line._asdict(), "cues": None, "piece": old.piece}
            self._places[_hash(old.line.url)] = spool.write(_NO_SHINGLES, json.dumps(kept, default=str))

    def at(self, spool: Spool, url: str) -> OldLine | None:
        """The line of a canonical address. What it credits is not asked again: its own lines have been given out."""
        place = self._places.get(_hash(url))
        if place is None:
            return None
        kept = json.loads(spool.text(place))
        piece = kept.pop("piece")
        dates = {name: kept[name] and datetime.fromisoformat(kept[name]) for name in ("published", "first_seen")}
        line = Line(**{**kept, **dates, "place": tuple(kept["place"])})
        return OldLine(piece, line) if line.url == url else None


def _hash(url: str) -> int:
    return int.from_bytes(blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).digest())
