"""The matching engine on an archive: `dedupe` over a stream, and the files that hold one."""

from aggregator.archive.engine import ArchiveGrouper, StoryPlacer, dedupe
from aggregator.archive.files import read_archive, write_archive

__all__ = ["ArchiveGrouper", "StoryPlacer", "dedupe", "read_archive", "write_archive"]
