"""The matching engine on an archive: `dedupe` over a stream or from file to file."""

from aggregator.archive.engine import ArchiveGrouper, StoryPlacer, dedupe
from aggregator.archive.files import Archive, read_archive, write_archive
from aggregator.archive.run import dedupe_file

__all__ = ["Archive", "ArchiveGrouper", "StoryPlacer", "dedupe", "dedupe_file", "read_archive", "write_archive"]
