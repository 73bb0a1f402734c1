"""Which stories have been quiet for so long, without asking each of them at every repair.

A queue by the date of each story's last piece as it was when it got in line; who has grown since gets in line again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from heapq import heappop, heappush
from typing import Protocol, TypeVar


class Dated(Protocol):
    """A story as this module sees it."""

    id: int
    last_at: datetime


Story = TypeVar("Story", bound=Dated)


class Queue:
    """Stories in line, by their last piece."""

    def __init__(self) -> None:
        self._line: list[tuple[datetime, int]] = []

    def expect(self, story: Dated) -> None:
        """Put a story in line; twice does no harm."""
        heappush(self._line, (story.last_at, story.id))

    def quiet(self, before: datetime, stories: Mapping[int, Story]) -> list[Story]:
        """Those of `stories` whose last piece is older than that, by id; they leave the line."""
        found: dict[int, Story] = {}
        while self._line and self._line[0][0] < before:
            story = stories.get(heappop(self._line)[1])
            if story is not None and story.last_at >= before:
                self.expect(story)
            elif story is not None:
                found[story.id] = story
        return [found[story] for story in sorted(found)]
