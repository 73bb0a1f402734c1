"""Pages onto the disk: every page old or new, never torn, the front page last.

Rules: all new pages are written beside their places first and put into place only when every one of them stands,
so that a full disk leaves the old site whole; a page that has not changed is not touched and keeps its time for
caches and rsync. No fsync: a page can be made again from the store, and a thousand of them cost seconds. A lock on
the root keeps two writers apart, and what a killed one left behind is swept away.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from aggregator.render.paths import FRONT

UNFINISHED = ".writing"
"""The end of a temporary file's name; its beginning is a dot and the page's own name, so that listings hide it."""
NAME_BYTES = 200
"""Bytes of a file name at most: file systems stop at 255, and the temporary name is longer by nine."""


def write_site(root: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Put the pages under `root`; the names of those that changed, in the order in which they were put.

    Raises OSError when the disk refuses, with the old site still in place, and ValueError for a name that leads
    outside. Waits while another process writes to the same root.
    """
    for name in files:
        check_name(name)
    root.mkdir(parents=True, exist_ok=True)
    with locked(root):
        sweep(root, files)
        changed = sorted((name for name in files if differs(root / name, files[name])), key=put_order)
        written: list[tuple[Path, Path]] = []
        try:
            for name in changed:
                written.append(lay_beside(root / name, files[name]))  # noqa: PERF401  what stands must be known when one fails
            for temporary, place in written:
                temporary.replace(place)
        finally:
            for temporary, _ in written:
                temporary.unlink(missing_ok=True)
            sweep(root, changed)
    return tuple(changed)


def check_name(name: str) -> None:
    """A page's name is relative, made of plain parts, and short enough for every file system."""
    parts = PurePosixPath(name).parts
    plain = bool(parts) and not name.startswith("/") and "\\" not in name and "\0" not in name
    if not plain or any(part == ".." or part.startswith(".") or len(part.encode()) > NAME_BYTES for part in parts):
        raise ValueError(f"{name!r} is no name for a page")


def put_order(name: str) -> tuple[int, str]:
    """The site's front page last, other front pages before it, all else first."""
    return (2 if name == FRONT else 1 if name.endswith(f"/{FRONT}") else 0, name)


def differs(place: Path, body: bytes) -> bool:
    """Whether the file is absent or holds something else."""
    try:
        return place.stat().st_size != len(body) or place.read_bytes() != body
    except FileNotFoundError:
        return True


def lay_beside(place: Path, body: bytes) -> tuple[Path, Path]:
    """The body in a temporary file beside its place."""
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{place.name}{UNFINISHED}")
    temporary.write_bytes(body)
    return temporary, place


def sweep(root: Path, names: Mapping[str, bytes] | list[str]) -> None:
    """Remove the temporary files of a writer that was killed, in every folder that is about to be written."""
    for folder in {(root / name).parent for name in names}:
        if folder.is_dir():
            for left_over in folder.glob(f".*{UNFINISHED}"):
                left_over.unlink(missing_ok=True)


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the folder alone: the lock is on the folder itself, so that nothing is left behind."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
