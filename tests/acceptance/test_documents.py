"""Real and odd feed documents of many suites, measured against their manifest. Needs the measuring data."""

import json
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.model import ParsedFeed, Unreadable
from aggregator.parse.feed import parse

ARCHIVE = Path(__file__).parents[2].parent / "shared" / "feeds" / "documents.tar.xz"
NOW = datetime(2026, 7, 10, tzinfo=UTC)
FIFTH = 5
"""Every fifth document in the manifest's order: all of them take most of a minute on a busy machine."""


@pytest.mark.acceptance
@pytest.mark.skipif(not ARCHIVE.exists(), reason="the measuring data is not beside the checkout")
def test_real_documents_give_nearly_all_of_their_entries_and_never_raise() -> None:
    expected = read = 0
    for row, body in documents():
        found = parse(body, content_type=None, url="https://feeds.example/f", now=NOW, max_entries=5000)
        assert isinstance(found, ParsedFeed | Unreadable), row["path"]
        if row["format"] != "opml":  # the manifest counts outlines
            expected += row["entries"]
            read += min(len(found.entries), row["entries"]) if isinstance(found, ParsedFeed) else 0
    assert expected > 1000
    assert read >= 0.995 * expected


def documents() -> Iterator[tuple[dict[str, Any], bytes]]:
    """Manifest rows and bytes of every fifth document. Two passes, because xz cannot be read out of order in time."""
    lines = next(body for name, body in members() if name == "feeds/manifest.jsonl").splitlines()
    rows = {f"feeds/{row['path']}": row for row in map(json.loads, lines[::FIFTH])}
    return ((rows[name], body) for name, body in members() if name in rows)


def members() -> Iterator[tuple[str, bytes]]:
    with tarfile.open(ARCHIVE, "r|xz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is not None:
                yield member.name, file.read()
