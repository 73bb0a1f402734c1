"""How fast pieces go into stories and what memory a piece takes, as the window grows; beside the prototype.

The texts are made up: words by Zipf's law, beats that share some of them, events that share many. Of two
pieces of one day 2.6 in 100 have anything to do with each other, and 1.2 are near (real articles: 4.0 and 0.6).
The prototype is a file outside this package, and is left out where it is not there. Beside it, what a restart takes,
and how many labels it changes.
"""

from __future__ import annotations

import ctypes
import gc
import random
import sys
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from time import process_time
from typing import Any

from aggregator.config import Stories
from aggregator.stories.cluster import Clusterer
from aggregator.stories.records import PieceText, PieceVector, TermCounts

PROTOTYPE = Path(__file__).parents[2].parent / "shared" / "prototypes"
WINDOWS = (3_000, 12_000, 30_000, 100_000)
COMPARED = 12_000
MEASURED = 1_000
"""Pieces timed in a full window."""
BATCH = 50
FILLING = 250
SPAN = timedelta(hours=72)
START = datetime(2026, 3, 1, tzinfo=UTC)
WORDS, BEATS, BEAT_WORDS, EVENT_WORDS, EVENT_PIECES = 40_000, 20, 300, 25, 8


class Press:
    """A stream of made-up pieces: `pieces` fill the window, so many more follow."""

    def __init__(self, pieces: int, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._step = SPAN / pieces
        self._words = self._vocabulary()
        self._weights = list(accumulate(1.0 / (rank + 40) for rank in range(WORDS)))
        self._beats = [self._draw(BEAT_WORDS) for _ in range(BEATS)]
        self._events: list[tuple[list[str], list[str]]] = []
        self._made = 0

    def _vocabulary(self) -> list[str]:
        syllables = [
            first + second for first in "bcdfghjklmnprstvwz" for second in ("a", "e", "i", "o", "u", "an", "er")
        ]
        words: dict[str, None] = {}
        while len(words) < WORDS:
            words["".join(self._chance.choices(syllables, k=self._chance.choice((2, 3, 3, 4))))] = None
        return list(words)

    def _draw(self, count: int) -> list[str]:
        total = self._weights[-1]
        return [self._words[bisect(self._weights, self._chance.random() * total)] for _ in range(count)]

    def batch(self, count: int) -> list[PieceText]:
        """The next pieces, in order of arrival."""
        return [self._piece() for _ in range(count)]

    def _piece(self) -> PieceText:
        self._made += 1
        beat, event = self._event()
        title = self._chance.sample(event, 5) + self._chance.sample(beat, 2) + self._draw(1)
        text = self._chance.sample(event, 10) + self._chance.sample(beat, 8) + self._draw(14)
        self._chance.shuffle(text)
        return PieceText(
            piece=self._made, title=" ".join(title), text=" ".join(text), at=START + self._made * self._step,
            language="en", feed=f"feed {self._made % 50}",
        )  # fmt: skip

    def _event(self) -> tuple[list[str], list[str]]:
        """One of the last events, or a new one: most have few pieces, some many."""
        if not self._events or self._chance.random() < 1.0 / EVENT_PIECES:
            beat = self._chance.choice(self._beats)
            self._events.append((beat, self._chance.sample(beat, 5) + self._draw(EVENT_WORDS - 5)))
            return self._events[-1]
        recent = self._events[-max(8, int(timedelta(days=1) / self._step / EVENT_PIECES)) :]
        return recent[-1 - int(len(recent) * self._chance.random() ** 2)]


def resident() -> int:
    """Bytes of memory held by this process, as the kernel counts them (Linux).

    What the C library keeps of freed memory is given back first: it moved the figure by a third from run to run.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def filled(window: int) -> tuple[Clusterer, Press, float]:
    """A clusterer whose window is full, its source, and the bytes that each of the last three quarters took."""
    clusterer, press = Clusterer(Stories()), Press(window)
    first = window // 4
    for number in range(0, window, FILLING):
        if number - FILLING < first <= number:
            before = resident()
        work(clusterer, press.batch(FILLING))
    return clusterer, press, (resident() - before) / (window - first)


def work(clusterer: Clusterer, batch: Sequence[PieceText]) -> None:
    """What a poll run does."""
    clusterer.place(batch)
    clusterer.repair(batch[-1].at)
    clusterer.changes()


def rate(place: Callable[[list[PieceText]], object], press: Press) -> float:
    """Pieces a second of processor time."""
    batches = [press.batch(BATCH) for _ in range(MEASURED // BATCH)]
    start = process_time()
    for batch in batches:
        place(batch)
    return MEASURED / (process_time() - start)


def ours(window: int) -> tuple[float, float]:
    """Pieces a second in a full window, and bytes a piece: what a window that is a quarter full takes is left out."""
    clusterer, press, memory = filled(window)
    return rate(lambda batch: work(clusterer, batch), press), memory


def prototypes(window: int) -> float:
    """The prototype's pieces a second on the same stream; its window is filled without looking anything up."""
    sys.path.insert(0, str(PROTOTYPE))
    from stories import Stories as Prototype  # type: ignore[import-not-found]

    engine: Any = Prototype()
    press = Press(window)

    def days(text: PieceText) -> float:
        return (text.at - START) / timedelta(days=1)

    looked_up, engine._row = engine._row, lambda _: {}
    for text in press.batch(window):
        engine.add(text.piece, text.title, text.text, days(text))
    engine.dirty, engine._row = set(), looked_up

    def place(batch: list[PieceText]) -> None:
        for text in batch:
            engine.add(text.piece, text.title, text.text, days(text))
        engine.repair(days(batch[-1]))

    return rate(place, press)


def restart(window: int) -> tuple[float, int, int]:
    """CPU seconds in which a full window is rebuilt from what a store keeps; labels compared, and how many differ.

    Compared is the story of every piece in memory, after both the old and the new program have placed `MEASURED` more.
    """
    clusterer, press = Clusterer(Stories()), Press(window)
    vectors, counts = dict[int, PieceVector](), dict[str, TermCounts]()
    for _ in range(0, window, FILLING):
        batch = press.batch(FILLING)
        clusterer.place(batch)
        clusterer.repair(batch[-1].at)
        placed, learnt = clusterer.changes()
        vectors |= {one.piece: one for one in placed}
        counts |= {one.language: one for one in learnt}
    stories = clusterer.stories({one.story for one in vectors.values()})
    restored = Clusterer(Stories())
    start = process_time()
    restored.restore(vectors.values(), counts.values(), stories)
    took = process_time() - start
    for batch in [press.batch(BATCH) for _ in range(MEASURED // BATCH)]:
        work(clusterer, batch)
        work(restored, batch)
    pieces = range(1, window + MEASURED + 1)
    before, after = (labels(one, pieces) for one in (clusterer, restored))
    return took, len(before), sum(before[piece] != after.get(piece) for piece in before)


def labels(clusterer: Clusterer, pieces: Iterable[int]) -> dict[int, int]:
    """Piece to story, of all that the clusterer holds; every story is named after one of its pieces."""
    return {piece: story.id for story in clusterer.stories(pieces) for piece in story.pieces}


def figures(windows: Sequence[int]) -> Iterator[str]:
    """One line for each window, then how they compare."""
    rates: dict[int, float] = {}
    for window in windows:
        rates[window], memory = ours(window)
        yield f"stories: window {window:>7,} pieces: {rates[window]:6.0f} pieces/s, {memory:6.0f} bytes a piece"
    if COMPARED in rates and PROTOTYPE.is_dir():
        peer = prototypes(COMPARED)
        yield f"stories: prototype at {COMPARED:,}: {peer:.0f} pieces/s; ours {rates[COMPARED] / peer:.1f} times that"
    if COMPARED in rates:
        took, held, differ = restart(COMPARED)
        yield f"stories: restart at {COMPARED:,}: {took:.2f} CPU s; {differ} of {held:,} labels differ"
    if COMPARED in rates and windows[-1] > COMPARED:
        yield f"stories: rate at {windows[-1]:,} is {rates[windows[-1]] / rates[COMPARED]:.2f} of that at {COMPARED:,}"


def main() -> None:
    """Print the figures; window sizes may be given as arguments."""
    for line in figures([int(size) for size in sys.argv[1:]] or WINDOWS):
        print(line, flush=True)


if __name__ == "__main__":
    main()
