"""What a command costs with all its descendants: wall and CPU seconds, memory at the peak."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
EVERY = 0.05
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Seconds; `memory` is the largest sum over the tree in MB, shared pages counted for every process."""

    wall: float
    cpu: float
    memory: int
    code: int


def run(command: list[str], folder: Path, environment: dict[str, str] | None = None) -> Cost:
    """Run it to its end in `folder`, its output thrown away. Linux only: it reads /proc."""
    began = time.perf_counter()
    running = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | (environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    done, peak = threading.Event(), [0]
    watching = threading.Thread(target=_watch, args=(running.pid, done, peak))
    watching.start()
    _, status, used = os.wait4(running.pid, 0)  # with what it has waited for itself
    wall = time.perf_counter() - began
    done.set()
    watching.join()
    running.returncode = os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime
    # ru_maxrss would not do: it begins with what this process had when it forked
    return Cost(wall=wall, cpu=cpu, memory=peak[0] // 2**20, code=running.returncode)


def _watch(root: int, done: threading.Event, peak: list[int]) -> None:
    while not done.wait(EVERY):
        peak[0] = max(peak[0], _resident(root))


def _resident(process: int) -> int:
    """Bytes of a process and its descendants; 0 where it has ended."""
    try:
        own = int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE
        children = [
            int(child)
            for task in Path(f"/proc/{process}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except (OSError, IndexError, ValueError):
        return 0
    return own + sum(map(_resident, children))
