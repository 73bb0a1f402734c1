"""How much of what was fetched is in memory at once, from its first bytes until it has been read.

A hundred servers may each send as much as the cap allows, and a parser takes several times that: together more than a
small machine has. Few documents are large, so those may well wait for one another; the small ones only wait, before
they are asked for, while more of them stand unread than a parser deals with in a few seconds.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

LARGE = 1_000_000
"""Bytes, unpacked, from which a body is large."""
PLACES = 2
"""Large bodies at once: while one is read, the next may come in."""
UNREAD = 16_000_000
"""Bytes of small bodies, read or still coming, with which no new request begins: two hundred usual feeds, a second or
two of work. What is under way by then may bring as much again; beyond that it goes on in a place, as large ones do."""


class Room:
    """Places for large bodies and a measure of the small ones, each held by a task; one object for one event loop."""

    def __init__(self, places: int = PLACES, unread: int = UNREAD) -> None:
        self._places = asyncio.Semaphore(places)
        self._inside: set[asyncio.Task[Any] | None] = set()
        self._most, self._sizes, self._total = unread, dict[asyncio.Task[Any] | None, int](), 0
        self._calm = asyncio.Event()
        self._calm.set()

    async def calm(self) -> None:
        """Wait until there is room for another body; whoever has come this far has nothing in memory."""
        self.leave()
        await self._calm.wait()

    async def enter(self, deadline: asyncio.Timeout) -> None:
        """Wait for a place and take it; a task that has one goes on. The wait does not count against the deadline."""
        task, now, until = asyncio.current_task(), asyncio.get_running_loop().time, deadline.when()
        if task in self._inside or until is None:
            return
        left = until - now()
        deadline.reschedule(None)
        await self._places.acquire()
        self._inside.add(task)
        self._note(task, 0)
        deadline.reschedule(now() + left)

    async def grown(self, size: int, deadline: asyncio.Timeout) -> None:
        """The task's body has grown to `size` bytes: a large one, or one of too many, goes on in a place."""
        self.keep(size)
        if size > LARGE or self._total > 2 * self._most:
            await self.enter(deadline)

    def keep(self, size: int) -> None:
        """Note that the task has a body of `size` bytes that is to be read; a large one has its place already."""
        if (task := asyncio.current_task()) not in self._inside:
            self._note(task, size)

    def leave(self) -> None:
        """Give back what the task has taken, if anything: its body has been read, or never will be."""
        task = asyncio.current_task()
        if task in self._inside:
            self._inside.discard(task)
            self._places.release()
        self._note(task, 0)

    def _note(self, task: asyncio.Task[Any] | None, size: int) -> None:
        self._total += size - self._sizes.pop(task, 0)
        if size:
            self._sizes[task] = size
        (self._calm.clear if self._total > self._most else self._calm.set)()


def endless() -> Room:
    """Room for whoever asks for few things, and reads them in their turn."""
    return Room(places=sys.maxsize, unread=sys.maxsize)
