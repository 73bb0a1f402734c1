"""Pages onto the disk: old or new, never torn."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from aggregator.render.files import write_site

OLD = {"index.html": b"old front", "story/1.html": b"old story", "style.css": b"same"}
NEW = {"index.html": b"new front", "story/1.html": b"new story", "style.css": b"same"}


def contents(root: Path) -> dict[str, bytes]:
    return {str(place.relative_to(root)): place.read_bytes() for place in sorted(root.rglob("*")) if place.is_file()}


def test_every_page_is_written_and_nothing_else(tmp_path: Path) -> None:
    write_site(tmp_path / "site", OLD)
    assert contents(tmp_path / "site") == OLD


def test_the_front_page_comes_last(tmp_path: Path) -> None:
    files = {"index.html": b"a", "weekly/index.html": b"b", "zebra.html": b"c", "2026/07/10/index.html": b"d"}
    written = write_site(tmp_path, files)
    assert written == ("zebra.html", "2026/07/10/index.html", "weekly/index.html", "index.html")


def test_an_unchanged_page_keeps_its_time(tmp_path: Path) -> None:
    write_site(tmp_path, OLD)
    os.utime(tmp_path / "style.css", (1000, 1000))
    assert write_site(tmp_path, NEW) == ("story/1.html", "index.html")
    assert (tmp_path / "style.css").stat().st_mtime == 1000


def test_a_page_of_the_same_length_is_replaced_all_the_same(tmp_path: Path) -> None:
    write_site(tmp_path, OLD)
    write_site(tmp_path, NEW)
    assert contents(tmp_path) == NEW


def test_a_failure_leaves_the_old_site_whole_and_no_temporary_file(tmp_path: Path) -> None:
    write_site(tmp_path, OLD)
    (tmp_path / "blocked").write_bytes(b"a file where a folder is needed")
    before = contents(tmp_path)
    with pytest.raises(OSError, match="blocked"):
        write_site(tmp_path, NEW | {"blocked/page.html": b"cannot stand here"})
    assert contents(tmp_path) == before


def test_a_folder_in_the_place_of_a_page_leaves_the_old_site_whole(tmp_path: Path) -> None:
    write_site(tmp_path, OLD)
    (tmp_path / "outlets.html").mkdir()
    with pytest.raises(OSError, match="outlets"):
        write_site(tmp_path, NEW | {"outlets.html": b"x"})
    assert contents(tmp_path) == OLD


def test_what_a_killed_writer_left_behind_is_swept_away(tmp_path: Path) -> None:
    write_site(tmp_path, OLD)
    (tmp_path / ".writing").mkdir()
    (tmp_path / ".writing" / "17").write_bytes(b"half a sto")
    write_site(tmp_path, OLD)
    assert contents(tmp_path) == OLD


def test_files_of_others_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "CNAME").write_text("faircopy.example")
    write_site(tmp_path, OLD)
    assert (tmp_path / "CNAME").read_text() == "faircopy.example"


@pytest.mark.parametrize(
    "name", ["../out.html", "/etc/x", "a/../../b", ".hidden", "a/.b/c", "", "a\\b", "a\0b", "x" * 201, "a/" + "é" * 101]
)
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    root = tmp_path / "site"
    with pytest.raises(ValueError, match="no name for a page"):
        write_site(root, {"index.html": b"x", name: b"y"})
    assert not root.exists()


def test_two_writers_at_once_leave_one_whole_site(tmp_path: Path) -> None:
    sites = [{f"page{number}.html": bytes([letter]) * 5000 for number in range(60)} for letter in b"ab"]
    writers = [threading.Thread(target=write_site, args=(tmp_path, site)) for site in sites for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert contents(tmp_path) in [dict(sorted(site.items())) for site in sites]
