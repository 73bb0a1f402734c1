"""Every OPML list of the archive through the command line: into a config and out again, nothing lost but what is hostile."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from aggregator.config_mistakes import comparable_url
from aggregator.opml import OpmlError, OpmlFeed, read_document, write_opml
from tests.acceptance.documents import ARCHIVE, EXPECTED, MISSING, documents
from tests.acceptance.tables import ShowTable, agree
from tests.cli.support import command, configured

pytestmark = [pytest.mark.acceptance, pytest.mark.skipif(not ARCHIVE.exists(), reason=MISSING)]

NOW = datetime(2026, 7, 10, tzinfo=UTC)
REFUSED = {
    "conformance/feedvalidator/testcases/opml/errors/invalidCharacters.opml": ":10: this is not UTF-8 text",
}
"""Lists that are read by nobody, with the line and the reason that we give."""
LEFT_OUT = {"conformance/newsboat/test/data/piped.opml": ":8: left out: its address is not http or https"}
"""Lists that hold one command instead of an address."""


def lists() -> dict[str, bytes]:
    return {row["path"]: documents().bodies[row["path"]] for row in documents().rows if row["format"] == "opml"}


def addresses(body: bytes) -> list[str]:
    """Every web address that stands in the file as a feed's, by looking for nothing else."""
    found = re.findall(r"\sxmlUrl\s*=\s*[\"']([^\"']*)[\"']", body.decode("utf-8", "replace"), re.IGNORECASE)
    return [address for written in found if (address := html.unescape(written).strip()).startswith("http")]


def test_every_list_is_imported_and_exported_without_loss(tmp_path: Path, show_table: ShowTable) -> None:
    outcomes, feeds, once = Counter[str](), 0, 0
    for number, (path, body) in enumerate(lists().items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "in.opml").write_bytes(body)
        result = command(configured(folder), "import-opml", str(folder / "in.opml"))
        if path in REFUSED:
            assert (result.exit_code, str(result.exception)) == (1, f"{folder / 'in.opml'}{REFUSED[path]}")
            outcomes["refused"] += 1
            continue
        assert result.exit_code == (4 if path in LEFT_OUT else 0), (path, result.output)
        assert LEFT_OUT.get(path, "") in result.stderr
        wanted = read_document(body, name=path)
        assert [feed.url for feed in wanted.feeds] == addresses(body), path
        assert command(folder, "export-opml", str(folder / "out.opml")).exit_code == 0
        exported = read_document((folder / "out.opml").read_bytes(), name="out.opml")
        assert (set(exported.feeds), exported.refused, exported.mended) == (_once(wanted.feeds), (), ""), path
        outcomes["left out in part" if wanted.refused else "mended" if wanted.mended else "whole"] += 1
        feeds, once = feeds + len(wanted.feeds), once + len(exported.feeds)
    show_table("OPML lists", ("outcome", "lists"), sorted(outcomes.items()))
    numbers = {"feeds listed": feeds, "imported and exported": once, "listed again in their list": feeds - once}
    show_table("OPML feeds", ("feeds", "number"), list(numbers.items()))
    agree(EXPECTED, {"opml": {**numbers, **outcomes}})


def test_titles_and_folders_are_those_of_the_file() -> None:
    """Where the file is well-formed, as lxml reads it without any of our rules."""
    compared = 0
    for path, body in lists().items():
        try:
            root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError:
            continue
        outlines = [one for one in root.iter("outline") if _address(one).startswith("http")]
        found = read_document(body, name=path).feeds
        for outline, feed in zip(outlines, found, strict=True):
            named = (outline.get("title") or outline.get("text") or "", "")
            around = [one for one in outline.iterancestors("outline") if not _address(one)]
            folders = [one.get("title") or one.get("text") or "" for one in reversed(around)]
            assert (feed.url, feed.title in named) == (_address(outline), True), path
            assert (feed.category or "") == "/".join(filter(None, folders)), path
            compared += 1
    assert compared > 500


def _address(outline: Any) -> str:
    return str(outline.get("xmlUrl") or outline.get("xmlurl") or "").strip()


def test_what_is_written_comes_back_and_a_cut_list_is_refused_with_its_line() -> None:
    for path, body in lists().items():
        if path in REFUSED:
            continue
        feeds = read_document(body, name=path).feeds
        written = write_opml(feeds, title="All", now=NOW)
        assert read_document(written, name="x").feeds == feeds, path
        cut = written[: len(written) // 2]
        with pytest.raises(OpmlError, match=r"^x:\d+: "):
            read_document(cut, name="x")


def _once(feeds: tuple[OpmlFeed, ...]) -> set[OpmlFeed]:
    """Each address once, as it came first; `http://a.example` and `http://a.example/` are one."""
    return set({comparable_url(feed.url): feed for feed in reversed(feeds)}.values())
