"""Pages onto the disk: every page old or new, never torn, the front page last.

Rules: all new pages are written into a folder of their own first and put into place only when every one of them
stands, so that a full disk leaves the old site whole; a page that has not changed is not touched and keeps its time
for caches and rsync. No fsync: a page can be made again from the store, and a thousand of them cost seconds. A lock
on the root keeps two writers apart, and what a killed one left behind is swept away with the folder: nothing is
looked for among the pages, of which a year has two hundred thousand.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from aggregator.render.paths import FRONT

UNFINISHED = ".writing"
"""The folder of unfinished pages, within the root and so on the same disk; its name hides it from listings."""
NAME_BYTES = 200
"""Bytes of a file name at most: file systems stop at 255."""
PLAIN = re.compile(r"(?:[\w-][\w.-]{0,127}/)*[\w-][\w.-]{0,127}", re.ASCII)
"""Names that are what `check_name` asks for, as nearly all are."""


def write_site(root: Path, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Put the pages under `root`; the names of those that changed, in the order in which they were put.

    Raises OSError when the disk refuses, with the old site still in place, and ValueError for a name that leads
    outside. Waits while another process writes to the same root.
    """
    for name in files:
        check_name(name)
    with unfinished(root):
        return put(root, [lay_aside(root, 0, files)])


@contextmanager
def unfinished(root: Path) -> Iterator[None]:
    """The root held alone, with a folder for unfinished pages that is empty before and gone afterwards."""
    root.mkdir(parents=True, exist_ok=True)
    with locked(root):
        shutil.rmtree(root / UNFINISHED, ignore_errors=True)
        try:
            yield
        finally:
            shutil.rmtree(root / UNFINISHED, ignore_errors=True)


def lay_aside(root: Path, part: int, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Lay those of the pages that change aside, as a part of the site; their names, each standing for one number.

    Several processes may do so at once, each with its own part, while one holds the root. Folders for the pages are
    made. Raises OSError and ValueError as `write_site` does.
    """
    for name in files:
        check_name(name)
    changed = tuple(sorted((name for name in files if differs(f"{root}/{name}", files[name])), key=put_order))
    aside = root / UNFINISHED / str(part)
    aside.mkdir(parents=True)
    for folder in {name.rpartition("/")[0] for name in changed}:
        (root / folder).mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(changed):
        write(f"{aside}/{number}", files[name])
    return changed


def put(root: Path, parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Put all that was laid aside into place, front pages last; the names in that order.

    No name may stand in two parts.
    """
    laid = [(name, f"{root}/{UNFINISHED}/{part}/{number}")
            for part, names in enumerate(parts) for number, name in enumerate(names)]  # fmt: skip
    laid.sort(key=lambda one: put_order(one[0]))
    for name, temporary in laid:
        os.replace(temporary, f"{root}/{name}")  # noqa: PTH105  a path object costs more than the call
    return tuple(name for name, _ in laid)


def write(place: str, body: bytes) -> None:
    """A new file; a thousand an edition, so without the buffer that `open` puts before each."""
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        while body:
            body = body[os.write(handle, body) :]
    finally:
        os.close(handle)


def check_name(name: str) -> None:
    """A page's name is relative, made of plain parts, and short enough for every file system."""
    if PLAIN.fullmatch(name):
        return
    parts = PurePosixPath(name).parts
    plain = bool(parts) and not name.startswith("/") and "\\" not in name and "\0" not in name
    if not plain or any(part == ".." or part.startswith(".") or len(part.encode()) > NAME_BYTES for part in parts):
        raise ValueError(f"{name!r} is no name for a page")


def put_order(name: str) -> tuple[int, str]:
    """The site's front page last, other front pages before it, all else first."""
    return (2 if name == FRONT else 1 if name.endswith(f"/{FRONT}") else 0, name)


def differs(place: str, body: bytes) -> bool:
    """Whether the file is absent or holds something else."""
    try:
        return os.stat(place).st_size != len(body) or Path(place).read_bytes() != body  # noqa: PTH116
    except FileNotFoundError:
        return True


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the folder alone: the lock is on the folder itself, so that nothing is left behind."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
