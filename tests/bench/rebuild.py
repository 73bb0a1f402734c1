"""The index made anew at a daemon's start: signatures in SQLite, read and taken over; CPU time and memory.

The signatures are made up, without copies among them, which is the dearest case: every band is a posting.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Any, Final

import numpy as np

from aggregator.config import Dedup
from aggregator.dedup import fingerprint
from aggregator.dedup.matcher import Matcher
from aggregator.store import grouping
from aggregator.store.database import open_database

START: Final = datetime(2026, 3, 1, tzinfo=UTC)
AT_ONCE: Final = 10_000
GOAL: Final = 10.0
"""Seconds for a million."""
SAMPLE: Final = 150
"""Shingles kept of a text for verification: between 128 and 256 of all but the shortest."""


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    """Stored fingerprints of so many texts."""
    dice = np.random.default_rng(1)
    for first in range(1, count + 1, AT_ONCE):
        bodies = dice.integers(0, 1 << 26, (AT_ONCE, fingerprint.BODY_PERMUTATIONS), dtype=np.uint32)
        leads = dice.integers(0, 1 << 27, (AT_ONCE, fingerprint.LEAD_PERMUTATIONS), dtype=np.uint32)
        samples = np.sort(dice.integers(0, 1 << 31, (AT_ONCE, SAMPLE), dtype=np.uint32), axis=1)
        for key in range(first, min(first + AT_ONCE, count + 1)):
            at = (START + timedelta(seconds=key)).isoformat(" ", timespec="microseconds").removesuffix("+00:00")
            kept = (each[key - first].tobytes() for each in (bodies, leads, samples))
            outlet = f"outlet{key % 500}.example"
            yield key, key, outlet, at, f"https://{outlet}/news/{key}", fingerprint.SCHEME, *kept, 600, 1, None, None


def fill(path: Path, count: int) -> None:
    """A store with nothing in it but fingerprints."""
    open_database(f"sqlite:///{path}", create=True).close()
    names = "key,piece,outlet,at,url,scheme,body,lead,sample,size,joins,reference,source_url"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(f"INSERT INTO fingerprints ({names}) VALUES ({','.join('?' * 13)})", rows(count))


def rebuilt(path: Path) -> tuple[float, float]:
    """CPU seconds of taking over all that is stored, start-up left out, and megabytes at the peak above it."""
    database = open_database(f"sqlite:///{path}")
    fingerprint.signature(np.arange(3, dtype=np.uint32), 1)
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, process_time()
    stored = grouping.fingerprint_columns(database, since=START)
    Matcher(Dedup()).restore_columns(stored, grouping.boilerplate(database))
    took = process_time() - began
    database.close()
    return took, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def figures(count: int, folder: Path) -> Iterator[str]:
    """What a rebuild takes, with and without numba, each in a process of its own."""
    path = folder / "rebuild.sqlite"
    fill(path, count)
    for name, prefix in (("numpy", "import sys; sys.modules['numba'] = None; "), ("as installed", "")):
        program = f"{prefix}import json, pathlib; from tests.bench.rebuild import rebuilt; print(json.dumps(rebuilt(pathlib.Path({str(path)!r}))))"
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        told = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
        )
        took, memory = json.loads(told.stdout)
        goal = "" if count != 1_000_000 else f" (at most {GOAL:g}: {'met' if took <= GOAL else 'MISSED'})"
        kilobytes = 1024 * memory / count
        yield f"rebuild of {count:,} signatures, {name}: {took:.1f} CPU s{goal}, {kilobytes:.1f} KB each at the peak"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=int, default=1_000_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for line in figures(chosen.signatures, Path(name)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
