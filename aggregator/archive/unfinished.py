"""Work in hand, on disk: what a run of `dedupe` keeps beside its output until that is whole.

    OUT.unfinished/
        records     lines of the output so far
        spool       shingles and texts that may be needed again
        state       the job in one line of JSON, then what was in memory when so much of the two others was written

A run that was killed goes on from its latest state: what the files hold beyond it is cut off. The state is replaced in
one step after both files have reached the disk, so that one is always whole. It is taken up again only by the same
program for the same input and settings; anything else begins anew.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import pickle
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from aggregator.archive.files import as_line
from aggregator.errors import UsageError

SUFFIX: Final = ".unfinished"
OURS: Final = (
    "aggregator.archive.",
    "aggregator.dedup.",
    "aggregator.stories.",
    "aggregator.config",
    "aggregator.model",
)
FOREIGN: Final = frozenset(
    {
        ("array", "array"),
        ("array", "_array_reconstructor"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.numeric", "_frombuffer"),
        ("scipy.sparse._csr", "csr_matrix"),
    }
)
"""What a state may be made of beside our own classes: a file that asks for anything else is refused, not run."""
AT_ONCE: Final = 1 << 18
"""Bytes that are held back to be written together: more than a thousand lines."""
LARGEST_JOB: Final = 100_000
"""Bytes of a state's first line."""


class Unfinished:
    """The folder of one output; `job` tells what is being done, in JSON's terms."""

    def __init__(self, output: Path, job: Mapping[str, Any]) -> None:
        self._output, self._job = output, json.dumps(job, sort_keys=True)
        self._folder = output.with_name(output.name + SUFFIX)
        self._records: IO[bytes]
        self.spool: IO[bytes]

    @contextmanager
    def opened(self) -> Iterator[dict[str, Any] | None]:
        """Give the state to go on from, None where there is none, with the files cut to it and open.

        Whatever ends the work leaves the folder as it is, but for a mistake of the user: what was made then is removed,
        since the input must change. Raises UsageError when another process has the folder.
        """
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self._folder}: {error.strerror}") from error
        with (self._folder / "lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UsageError(f"{self._output}: another process is writing it") from None
            state = self._state()
            sizes = state["files"] if state else {"records": 0, "spool": 0}
            with self._cut("records", sizes["records"]) as self._records, self._cut("spool", sizes["spool"]) as spool:
                self.spool = spool
                try:
                    yield state
                except UsageError:
                    self._remove()
                    raise

    def write(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Add lines to the output."""
        self._records.writelines(as_line(record).encode() for record in records)

    def save(self, state: Mapping[str, Any]) -> int:
        """Keep what is to be gone on from, together with all that was written until now; returns its size in bytes."""
        for file in (self._records, self.spool):
            file.flush()
            os.fsync(file.fileno())
        files = {"records": self._records.tell(), "spool": os.fstat(self.spool.fileno()).st_size}
        fresh = self._folder / "state.new"
        with fresh.open("wb") as file:
            file.write(f"{self._job}\n".encode())
            pickle.dump({**state, "files": files}, file, pickle.HIGHEST_PROTOCOL)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        fresh.replace(self._folder / "state")
        return size

    def finish(self) -> None:
        """Put the output in its place, packed for a `.gz`, and remove the folder."""
        self._records.flush()
        records = self._folder / "records"
        if self._output.suffix == ".gz":
            packed = self._folder / "packed"
            with (
                records.open("rb") as plain,
                packed.open("wb") as raw,
                gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file,
            ):
                shutil.copyfileobj(plain, file)
            records = packed
        records.replace(self._output)
        self._remove()

    def _state(self) -> dict[str, Any] | None:
        """The state of the same job; None where there is none that can be used."""
        with suppress(OSError), (self._folder / "state").open("rb") as file:
            if file.readline(LARGEST_JOB).decode(errors="replace").rstrip("\n") == self._job:
                with suppress(pickle.UnpicklingError, EOFError, AttributeError, ImportError, ValueError, TypeError):
                    found: dict[str, Any] = _Reader(file).load()
                    return found
        return None

    def _cut(self, name: str, size: int) -> IO[bytes]:
        path = self._folder / name
        path.touch(mode=0o600)
        file = path.open("r+b", buffering=AT_ONCE)
        file.truncate(size)
        file.seek(size)
        return file

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class _Reader(pickle.Unpickler):
    """Makes nothing but what a state is made of, so that a foreign file can run no code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in FOREIGN:
            return super().find_class(module, name)
        found = super().find_class(module, name) if module.startswith(OURS) else None
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"a state holds no {module}.{name}")
        return found
