"""Into a Maildir (https://cr.yp.to/proto/maildir.html): a folder that any mail program can open, no server needed.

A message is written to `tmp`, forced to the disk and moved to `new`, so that no reader ever sees half of one. Its
file name is made from its bytes: delivering the same message again finds the first one and adds nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from aggregator.deliver.outcomes import Deferred, Delivered, one_line

FOLDERS = ("cur", "new", "tmp")


def deliver(folder: Path, message: bytes) -> Delivered | Deferred:
    """Put the message into the folder, which is made when it is missing; Deferred when the disk refuses."""
    name = f"{hashlib.sha256(message).hexdigest()[:40]}.faircopy"
    temporary = folder / "tmp" / f"{name}.{os.getpid()}"
    try:
        for part in FOLDERS:
            (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        if stands(folder, name):
            return Delivered(reply=f"was already in {folder}")
        write_through(temporary, message.replace(b"\r\n", b"\n"))
        temporary.replace(folder / "new" / name)
        settle(folder / "new")
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        return Deferred(reply=one_line(f"{folder}: {error.strerror or error}"))
    return Delivered(reply=f"new/{name}")


def stands(folder: Path, name: str) -> bool:
    """Whether the message is there, unread in `new` or seen in `cur` (where flags follow the name)."""
    return (folder / "new" / name).exists() or any((folder / "cur").glob(f"{name}*"))


def write_through(place: Path, body: bytes) -> None:
    """Write a file and force it to the disk: the queue forgets a message that is said to be delivered."""
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())


def settle(folder: Path) -> None:
    """Force the folder's list of names to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
