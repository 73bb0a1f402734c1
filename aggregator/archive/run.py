"""`dedupe` from file to file: interrupted at any moment and started again, it gives the bytes of one undisturbed run.

state of an earlier run, if any -> read 64 lines -> match -> write what is settled -> now and then keep the state
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, Final

from aggregator.__about__ import __version__
from aggregator.archive.engine import BATCH, ArchiveGrouper, StoryPlacer, dedupe
from aggregator.archive.files import Archive, write_archive
from aggregator.archive.unfinished import Unfinished
from aggregator.config import Config
from aggregator.dedup import cycles, kernels
from aggregator.dedup.fingerprint import SCHEME
from aggregator.errors import UsageError
from aggregator.stories.records import VERSION

BYTES_A_LINE: Final = 8_000
"""Bytes of state that may be written for each line: the larger it has grown the more seldom it is kept. Writing so many
takes a twentieth of the time that a line takes."""

BYTES_A_TEXT: Final = 4_000
PACKED: Final = 3
"""Of a usual line, and by how much gzip shortens it: they tell whether an archive is long enough to load compiled loops
for it before its first line."""


def dedupe_file(
    source: str,
    output: str,
    *,
    config: Config,
    stories: StoryPlacer | None,
    every: int,
    stopping: Callable[[], bool] = bool,
    watch: Callable[[Archive], None] = lambda _: None,
) -> bool:
    """Match a whole archive; False when `stopping` ended it early, and the same call goes on from there.

    The state is kept after `every` lines, and more seldom the larger it is. `watch` is shown the archive at the
    beginning and after every batch. The standard streams ("-") cannot be gone on with: of them everything is read and
    written at once. Raises UsageError for what is wrong with the input.
    """
    archive = Archive(source)
    if "-" in (source, output):
        with cycles.seldom_looked_for():
            write_archive(output, dedupe(_watched(archive, watch), config=config, stories=stories))
        return True
    work = Unfinished(Path(output), job_of(source, config, stories=stories is not None))
    if _texts_in(source) >= kernels.WORTH_IT:
        kernels.load()
    with work.opened() as state, cycles.seldom_looked_for():
        grouper = ArchiveGrouper(config, work.spool, stories)
        if state is not None:
            grouper.resume(state["grouper"])
            archive = Archive(source, **state["archive"])
        return _go_on(archive, grouper, work, every=every, stopping=stopping, watch=watch)


def _go_on(
    archive: Archive,
    grouper: ArchiveGrouper,
    work: Unfinished,
    *,
    every: int,
    stopping: Callable[[], bool],
    watch: Callable[[Archive], None],
) -> bool:
    """From wherever the archive stands to its end, or until it is to stop."""
    articles, due = archive.articles(), archive.line + every
    watch(archive)
    while batch := list(islice(articles, BATCH)):
        grouper.add(batch)
        work.write(grouper.settled())
        watch(archive)
        stop = stopping()
        if stop or archive.line >= due:
            size = work.save({"grouper": grouper.state(), "archive": _read_so_far(archive)})
            due = archive.line + max(every, size // BYTES_A_LINE)
        if stop:
            return False
    work.write(grouper.settled(ended=True))
    work.finish()
    return True


def _texts_in(source: str) -> int:
    """About how many articles an archive holds, by its size."""
    return Path(source).stat().st_size * (PACKED if source.endswith(".gz") else 1) // BYTES_A_TEXT


def _read_so_far(archive: Archive) -> dict[str, Any]:
    return {"offset": archive.offset, "line": archive.line, "seen": archive.seen, "read": archive.read}


def _watched(archive: Archive, watch: Callable[[Archive], None]) -> Any:
    watch(archive)
    for article in archive.articles():
        yield article
        if archive.line % BATCH == 0:
            watch(archive)


def job_of(source: str, config: Config, *, stories: bool) -> dict[str, Any]:
    """What decides the output: program, input, settings. Raises UsageError when there is no such input."""
    try:
        found = Path(source).stat()
        patterns = Path(config.dedup.patterns).read_bytes() if config.dedup.patterns else b""
    except OSError as error:
        raise UsageError(f"{error.filename}: {error.strerror}") from error
    return {
        "program": [__version__, SCHEME, VERSION],
        "source": [str(Path(source).absolute()), found.st_size, found.st_mtime_ns],
        "settings": blake2b(config.model_dump_json().encode() + patterns, digest_size=16).hexdigest(),
        "stories": stories,
    }
