"""Which story each piece is in while its lines wait, and by which piece a story goes in the output."""

from __future__ import annotations


class StoryBook:
    """Pieces by story. A story goes by its first piece at the time when the first of its lines is given out."""

    def __init__(self) -> None:
        self._story_of: dict[int, int] = {}
        self._pieces_of: dict[int, set[int]] = {}
        self._named: dict[int, int] = {}

    def move(self, piece: int, story: int | None) -> None:
        """Note the story of a piece; None where the piece is no more."""
        old = self._story_of.pop(piece, None)
        if old is not None:
            self._pieces_of[old].discard(piece)
        if story is not None:
            self._story_of[piece] = story
            self._pieces_of.setdefault(story, set()).add(piece)

    def name_for(self, piece: int) -> int | None:
        """The piece by which this one's story goes, None where it is in none."""
        story = self._story_of.get(piece)
        return None if story is None else self._named.setdefault(story, min(self._pieces_of[story]))
