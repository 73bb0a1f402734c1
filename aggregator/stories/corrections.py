"""What people have decided about pieces: this one belongs in that story, these two never stand in one.

Only what was said, and whether two groups of pieces go against it: `byhand` carries it out, `repair` and `arrival`
obey.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

Tag = tuple[int, int]


class Corrections:
    """Pins and partings. Pieces may be named that are not in memory, or not yet."""

    def __init__(self) -> None:
        self.pins: dict[int, int] = {}
        """Piece to the story it stays in, by the id that the story had then."""
        self._sides: dict[int, frozenset[Tag]] = {}
        self._partings = 0

    def __bool__(self) -> bool:
        return bool(self.pins or self._sides)

    def pin(self, pieces: Iterable[int], story: int) -> None:
        """These pieces stay in this story; the last word on a piece counts."""
        self.pins.update(dict.fromkeys(pieces, story))

    def keep_apart(self, one: Iterable[int], other: Iterable[int]) -> None:
        """No piece of the one stands in a story with one of the other."""
        self._partings += 1
        for side, pieces in enumerate((one, other)):
            for piece in pieces:
                self._sides[piece] = self._sides.get(piece, frozenset()) | {(self._partings, side)}

    def release(self, pieces: Iterable[int]) -> None:
        """Forget what was said of these pieces."""
        for piece in pieces:
            self.pins.pop(piece, None)
            self._sides.pop(piece, None)

    def named(self, piece: int) -> bool:
        """Whether anything was said of the piece."""
        return piece in self.pins or piece in self._sides

    def clash(self, one: Collection[int], other: Collection[int], live: Callable[[int], int]) -> bool:
        """Whether these two groups of pieces must not become one story; `live` gives an id as it is now."""
        pins = [{live(self.pins[piece]) for piece in group if piece in self.pins} for group in (one, other)]
        if any(first != second for first in pins[0] for second in pins[1]):
            return True
        tags = [{tag for piece in group for tag in self._sides.get(piece, ())} for group in (one, other)]
        return any((parting, 1 - side) in tags[1] for parting, side in tags[0])
