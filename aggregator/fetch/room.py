"""How many large bodies are in memory at once, from the moment one is known to be large until it has been read.

Fifty servers may each send as much as the cap allows, and a parser takes several times that: together more than a small
machine has. Few documents are large, so they may well wait for one another; none of the small ones waits.
"""

from __future__ import annotations

import asyncio
from typing import Any

LARGE = 1_000_000
"""Bytes, unpacked, from which a body is large."""
PLACES = 2
"""Large bodies at once: while one is read, the next may come in."""


class Room:
    """Places for large bodies, each held by a task; one object for one event loop."""

    def __init__(self, places: int = PLACES) -> None:
        self._places = asyncio.Semaphore(places)
        self._inside: set[asyncio.Task[Any] | None] = set()

    async def enter(self, deadline: asyncio.Timeout) -> None:
        """Wait for a place and take it; a task that has one goes on. The wait does not count against the deadline."""
        task, now, until = asyncio.current_task(), asyncio.get_running_loop().time, deadline.when()
        if task in self._inside or until is None:
            return
        left = until - now()
        deadline.reschedule(None)
        await self._places.acquire()
        self._inside.add(task)
        deadline.reschedule(now() + left)

    def leave(self) -> None:
        """Give back the task's place, if it has one: its body has been read, or never will be."""
        task = asyncio.current_task()
        if task in self._inside:
            self._inside.discard(task)
            self._places.release()
