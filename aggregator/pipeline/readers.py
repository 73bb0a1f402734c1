"""Who reads the first documents of many new feeds: a process of its own beside the thread that always reads.

Python runs one thread at a time, so a second core is of use to a second process only. That one has no state: it gets a
document and gives back the plan; the store and the network stay here. It ends with the run, and with this process
however that ends, since its input ends then.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import Iterable
from concurrent.futures import Executor
from contextlib import suppress
from subprocess import PIPE
from typing import TypeGuard

from aggregator.model import FailureKind, Feed, FeedPlan, Fetched, FetchFailed, Outcome
from aggregator.pipeline.reading import LENGTH, Around, Task, first_plan, packed, unpacked

MANY = 50
"""New feeds from which a process is worth its start: that takes 0.2 CPU seconds, what twelve usual documents take."""
AHEAD = 2
"""Documents that the process has been given: the one that it reads, and the next, so that it need not wait."""
MOST_UNREAD = 2**20
"""Bytes of an answer that are taken from the pipe before they are wanted; a usual plan has 150,000."""


USUAL = 250_000
"""Bytes up to which a document is usual. A parser may take a hundred times as many for odd ones,
and three at once would be more than a pass may have."""


class Readers:
    """A thread and a process, each given a feed's first document when it is free; for one event loop."""

    def __init__(self, thread: Executor, process: Process, around: Around) -> None:
        self._thread, self._process, self._around = thread, process, around
        self._answers = asyncio.Lock()
        self._ready = self._dead = False
        self._free: asyncio.Queue[bool] = asyncio.Queue()
        for is_process in (*[True] * AHEAD, False):
            self._free.put_nowait(is_process)

    @property
    def process_id(self) -> int:
        """The number by which the system knows the process."""
        return self._process.pid

    async def read(self, task: Task) -> FeedPlan | FetchFailed:
        """What the document comes to; its feed's failure where the process died of it."""
        if await self._free.get():
            answer = await self._elsewhere(task)
            if not self._dead:
                self._free.put_nowait(True)
            return await self.read(task) if answer is None else answer
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, first_plan, task, self._around)
        finally:
            self._free.put_nowait(False)

    async def close(self) -> None:
        """End the process: it has nothing to save."""
        with suppress(ProcessLookupError):
            self._process.kill()
        assert self._process.stdout is not None
        await self._process.stdout.read()
        await self._process.wait()

    async def _elsewhere(self, task: Task) -> FeedPlan | FetchFailed | None:
        """What the process answers; None where it had gone before it came to this task."""
        if self._dead:
            return None
        assert self._process.stdin is not None
        self._process.stdin.write(packed(task))
        async with self._answers:  # waited for in the order of the writing, which is that of the answers
            if self._is_dead():  # since we asked
                return None
            try:
                if not self._ready:
                    await self._answer()
                    self._ready = True
                return await self._answer()
            except asyncio.IncompleteReadError:
                self._dead = True
                code = await self._process.wait()
        detail = f"the process that read its document ended with code {code}"
        return FetchFailed(kind=FailureKind.INTERNAL, detail=detail) if self._ready else None

    def _is_dead(self) -> bool:
        return self._dead

    async def _answer(self) -> FeedPlan | FetchFailed | None:
        answers = self._process.stdout
        assert answers is not None
        return unpacked(await answers.readexactly(int.from_bytes(await answers.readexactly(LENGTH), "big")))


def has_many_new(batch: Iterable[Feed]) -> bool:
    """Whether a process is worth its start, and has a core to run on."""
    return cores() > 1 and sum(feed.last_success is None for feed in batch) >= MANY


async def readers(thread: Executor, around: Around) -> Readers | None:
    """The thread with a process beside it; None where no process can be had."""
    path = os.pathsep.join(place for place in sys.path if place)
    program = [sys.executable, "-P", "-c", "from aggregator.pipeline import reading; reading.main()"]
    try:
        process = await asyncio.create_subprocess_exec(
            *program,
            stdin=PIPE,
            stdout=PIPE,
            limit=MOST_UNREAD,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,  # a terminal's Ctrl-C is for the run, which ends in order
        )
    except OSError:
        return None
    assert process.stdin is not None
    process.stdin.write(packed(around))
    return Readers(thread, process, around)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_usual(outcome: Outcome) -> TypeGuard[Fetched]:
    """Whether it is a document of usual size; others are read as ever, in the run's own lanes."""
    return isinstance(outcome, Fetched) and len(outcome.body) <= USUAL
