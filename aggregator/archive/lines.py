"""The lines that wait for their piece to be settled: what of them stays in memory, and what waits on disk."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any, Final, NamedTuple

import numpy as np

from aggregator.dedup.shingles import Shingles
from aggregator.text.urls import canonical

AT_ONCE: Final = 1 << 20
"""Bytes that are held back to be written together."""
_STORED: Final = np.dtype(np.uint32)


class Line(NamedTuple):
    """One article that waits, as provenance hears it. `place` says where its shingles and its text are."""

    id: int
    """Its number among the archive's lines."""
    name: str | int
    """Its id in the archive."""
    outlet: str
    link: str | None
    url: str | None
    published: datetime | None
    first_seen: datetime
    place: tuple[int, int, int]
    cues: frozenset[str] | None
    """The cues of credits in its text; None where it holds no credit."""

    @property
    def source_url(self) -> str | None:
        """An archive states no sources."""
        return None

    @property
    def html(self) -> str:
        """An archive holds no markup."""
        return ""

    @property
    def revisions(self) -> int:
        """An archive has one version of each article."""
        return 0


def line_of(
    article: Mapping[str, Any],
    *,
    number: int,
    outlet: str,
    dates: tuple[datetime | None, datetime],
    place: tuple[int, int, int],
    cues: frozenset[str] | None,
) -> Line:
    """An article as it waits; `dates` are its claimed time and that of its arrival."""
    url = article.get("url")
    return Line(
        number,
        article["id"],
        outlet,
        url,
        canonical(url) if url else None,
        *dates,
        place,
        cues,
    )


class Spool:
    """Shingles, and texts that are needed again, in a file. Written at its end, read anywhere."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = self._written = file.seek(0, io.SEEK_END)
        self._unwritten: list[bytes] = []

    @property
    def end(self) -> int:
        """Bytes written."""
        return self._end

    def write(self, shingles: Shingles, text: str) -> tuple[int, int, int]:
        """Keep both; the place has the start and the sizes in bytes."""
        words = text.encode("utf-8", "surrogatepass")
        place = self._end, shingles.nbytes, len(words)
        self._unwritten += (shingles.tobytes(), words)
        self._end += shingles.nbytes + len(words)
        if self._end - self._written > AT_ONCE:
            self.flush()
        return place

    def flush(self) -> None:
        """Write what is held back."""
        self._file.write(b"".join(self._unwritten))
        self._file.flush()
        self._written = self._end
        self._unwritten.clear()

    def shingles(self, place: tuple[int, int, int]) -> Shingles:
        """The shingles in reading order."""
        start, size, _ = place
        return np.frombuffer(self._read(start, size), _STORED)

    def text(self, place: tuple[int, int, int]) -> str:
        """The text, "" where none was kept."""
        start, before, size = place
        return self._read(start + before, size).decode("utf-8", "surrogatepass")

    def _read(self, start: int, size: int) -> bytes:
        if start + size > self._written:
            self.flush()
        return os.pread(self._file.fileno(), size, start)
