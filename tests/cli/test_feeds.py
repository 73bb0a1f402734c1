"""`add`, `remove`, `list`, `import-opml`, `export-opml`."""

from __future__ import annotations

import json
import os
import pty
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

import pytest

from aggregator.config_file import load
from aggregator.errors import AggregatorError, UsageError
from tests.cli.support import command, configured, process
from tests.loopback import serving

LOOPBACK = '[fetch]\nallow_private = ["127.0.0.0/8"]\nhost_delay = "0"\n'

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>The \x1b[31mGazette</title>
<item><title>One</title><link>https://a.example/1</link></item></channel></rss>""".replace(b"\x1b", b"&#x202e;")

PAGES = {
    "/feed.xml": FEED,
    "/two": b"""<html><head><title>Two</title>
      <link rel="alternate" type="application/rss+xml" title="Rule &#x1b;[2J first" href="/a.xml">
      <link rel="alternate" type="application/atom+xml" title="Second" href="/b.xml"></head></html>""",
    "/one": b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>',
    "/news.xml": b"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
      xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://a.example/1</loc><news:news>
      <news:publication><news:name>The Gazette</news:name><news:language>en</news:language></news:publication>
      <news:publication_date>2026-03-02T06:00:00Z</news:publication_date><news:title>One</news:title>
      </news:news></url></urlset>""",
    "/index.xml": b"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'></sitemapindex>",
    "/none": b"<html><head><title>No feed</title></head></html>",
}


class Site(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path in {"/moved", "/gone-elsewhere"}:
            self.send_response(302 if self.path == "/moved" else 301)
            self.send_header("Location", "/feed.xml")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = PAGES.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "text/xml" if self.path.endswith(".xml") else "text/html")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def site() -> Iterator[str]:
    with serving(Site) as address:
        yield address


def urls(folder: Path) -> list[str]:
    return [feed.url for feed in load(folder / "config.toml", {}).feeds]


# ---------------------------------------------------------------- add


def test_add_without_fetching_takes_the_addresses_as_given(tmp_path: Path) -> None:
    result = command(
        configured(tmp_path), "add", "--no-fetch", "a.example/feed", "http://b.example/", "--category", "World"
    )
    assert result.exit_code == 0
    feeds = load(tmp_path / "config.toml", {}).feeds
    assert [(feed.url, feed.category) for feed in feeds] == [
        ("https://a.example/feed", "World"),
        ("http://b.example/", "World"),
    ]


def test_add_says_what_is_there_already(tmp_path: Path) -> None:
    configured(tmp_path, '[[feeds]]\nurl = "https://a.example/"\n')
    assert command(tmp_path, "add", "--no-fetch", "https://a.example").stdout == "There already: https://a.example\n"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript://x", "https://a b"])
def test_add_refuses_what_is_no_web_address(tmp_path: Path, url: str) -> None:
    assert isinstance(command(configured(tmp_path), "add", "--no-fetch", url).exception, UsageError)
    assert urls(tmp_path) == []


def test_add_does_the_good_ones_and_exits_with_4(tmp_path: Path) -> None:
    result = command(configured(tmp_path), "add", "--no-fetch", "https://a.example/", "ftp://b.example/")
    assert (result.exit_code, urls(tmp_path)) == (4, ["https://a.example/"])


def test_add_takes_a_feeds_own_address_and_shows_its_title_without_controls(tmp_path: Path, site: str) -> None:
    result = command(configured(tmp_path, LOOPBACK), "add", f"{site}/feed.xml")
    assert (result.exit_code, urls(tmp_path)) == (0, [f"{site}/feed.xml"])
    assert "The [31mGazette (" in result.stderr


def test_adding_a_feed_is_one_request_and_the_poll_after_it_groups_what_came(tmp_path: Path, site: str) -> None:
    configured(tmp_path, LOOPBACK)
    Site.asked.clear()
    command(tmp_path, "add", f"{site}/feed.xml")
    polled = json.loads(process("poll", "--json", folder=tmp_path).stdout)
    assert (polled["feeds"], polled["entries"]) == ([], 1)
    assert Site.asked == ["/feed.xml"]


def test_what_was_fetched_under_another_permanent_address_is_kept_there(tmp_path: Path, site: str) -> None:
    configured(tmp_path, LOOPBACK)
    Site.asked.clear()
    command(tmp_path, "add", f"{site}/gone-elsewhere")
    assert urls(tmp_path) == [f"{site}/feed.xml"]
    assert json.loads(process("poll", "--json", folder=tmp_path).stdout)["entries"] == 1
    assert Site.asked == ["/gone-elsewhere", "/feed.xml"]


def test_add_keeps_the_address_before_a_temporary_redirect(tmp_path: Path, site: str) -> None:
    command(configured(tmp_path, LOOPBACK), "add", f"{site}/moved")
    assert urls(tmp_path) == [f"{site}/moved"]


def test_add_takes_the_only_feed_that_a_page_names(tmp_path: Path, site: str) -> None:
    command(configured(tmp_path, LOOPBACK), "add", f"{site}/one")
    assert urls(tmp_path) == [f"{site}/feed.xml"]


def test_add_finds_a_feed_in_a_usual_place(tmp_path: Path, site: str) -> None:
    command(configured(tmp_path, LOOPBACK), "add", f"{site}/none")
    assert urls(tmp_path) == [f"{site}/feed.xml"]


def test_add_takes_a_news_sitemap_and_says_of_an_index_what_it_is(tmp_path: Path, site: str) -> None:
    folder = configured(tmp_path, LOOPBACK)
    assert "The Gazette (sitemap, 1 entries)" in command(folder, "add", f"{site}/news.xml").stderr
    assert urls(folder) == [f"{site}/news.xml"]
    refused = command(folder, "add", f"{site}/index.xml")
    assert "an index of sitemaps, not a feed: add one of the sitemaps it names" in str(refused.exception)


def test_add_lists_several_feeds_and_asks_for_a_choice(tmp_path: Path, site: str) -> None:
    result = command(configured(tmp_path, LOOPBACK), "add", f"{site}/two")
    assert isinstance(result.exception, UsageError)
    assert "--pick" in str(result.exception)
    assert [line.split()[0] for line in result.stderr.splitlines()] == ["1", "2"]
    assert "\x1b" not in result.stderr
    assert urls(tmp_path) == []


def test_add_takes_the_one_that_was_picked(tmp_path: Path, site: str) -> None:
    command(configured(tmp_path, LOOPBACK), "add", f"{site}/two", "--pick", "2")
    assert urls(tmp_path) == [f"{site}/b.xml"]


def test_add_asks_on_a_terminal_which_one_to_take(tmp_path: Path, site: str) -> None:
    configured(tmp_path, LOOPBACK)
    ours, theirs = pty.openpty()
    os.write(ours, b"2\n")
    run = process("add", f"{site}/two", folder=tmp_path, stdin=theirs, stderr=theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    os.close(theirs)
    assert (run.returncode, urls(tmp_path)) == (0, [f"{site}/b.xml"])
    assert "Which one" in shown
    assert run.stdout.decode() == f"Added {site}/b.xml\n"


def test_add_refuses_a_pick_that_is_not_there(tmp_path: Path, site: str) -> None:
    result = command(configured(tmp_path, LOOPBACK), "add", f"{site}/two", "--pick", "3")
    assert isinstance(result.exception, UsageError)


def test_add_says_why_nothing_was_found(tmp_path: Path, site: str) -> None:
    result = command(configured(tmp_path, LOOPBACK), "add", f"{site}/missing")
    assert isinstance(result.exception, AggregatorError)
    assert "404" in str(result.exception)


def test_add_asks_no_public_host_while_the_contact_is_the_placeholder(tmp_path: Path) -> None:
    result = command(configured(tmp_path), "add", "https://192.0.43.8/")
    assert isinstance(result.exception, AggregatorError)
    assert "contact" in str(result.exception)


# ---------------------------------------------------------------- remove, list


def test_remove_takes_the_feed_out_and_a_second_time_exits_with_2(tmp_path: Path) -> None:
    configured(tmp_path, '# mine\n[[feeds]]\nurl = "https://a.example/"\n')
    assert command(tmp_path, "remove", "https://a.example").exit_code == 0
    assert (tmp_path / "config.toml").read_text() == "# mine\n"
    assert process("remove", "https://a.example", folder=tmp_path).returncode == 2


def test_remove_takes_the_address_as_list_shows_it(tmp_path: Path) -> None:
    configured(tmp_path, '[[feeds]]\nurl = "https://u:secret@a.example/?token=secret"\n')
    shown = command(tmp_path, "list").stdout.strip()
    assert "secret" not in shown
    assert command(tmp_path, "remove", shown).exit_code == 0
    assert urls(tmp_path) == []


def test_list_prints_one_feed_a_line(tmp_path: Path) -> None:
    configured(
        tmp_path,
        '[[feeds]]\nurl = "https://a.example/"\ntitle = "A\\nB"\ncategory = "World"\n[[feeds]]\nurl = "https://b.example/"\n',
    )
    assert command(tmp_path, "list").stdout == "https://a.example/\tWorld\tA B\nhttps://b.example/\n"


def test_list_as_json_is_one_document(tmp_path: Path) -> None:
    configured(tmp_path, '[[feeds]]\nurl = "https://u:secret@a.example/"\ninterval = "2h"\noutlet = "A"\n')
    assert json.loads(command(tmp_path, "list", "--json").stdout) == {
        "feeds": [{"url": "https://a.example/", "title": None, "outlet": "A", "category": None, "interval": 7200.0}]
    }


# ---------------------------------------------------------------- OPML


def test_feeds_go_out_as_opml_and_come_into_another_config(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    configured(here, '[[feeds]]\nurl = "https://a.example/"\ntitle = "<A> & \\u001b"\ncategory = "World"\n')
    environment = {"AGGREGATOR_NOW": "2026-03-01T06:30:00Z"}
    assert command(here, "export-opml", str(here / "x.opml"), environment=environment).exit_code == 0
    result = command(configured(there), "import-opml", str(here / "x.opml"))
    assert (result.exit_code, result.stdout) == (0, "1 added, 0 there already, 0 left out\n")
    feed = load(there / "config.toml", {}).feeds[0]
    assert (feed.url, feed.title, feed.category) == ("https://a.example/", "<A> & ", "World")


def test_export_to_standard_output_is_the_document_and_nothing_else(tmp_path: Path) -> None:
    configured(tmp_path, '[[feeds]]\nurl = "https://u:secret@a.example/"\ntitle = "Zürich"\n')
    run = process("export-opml", folder=tmp_path, environment={"PYTHONIOENCODING": "ascii"})
    assert run.returncode == 0
    assert run.stdout.startswith(b"<?xml")
    assert "Zürich" in run.stdout.decode()
    assert b"secret" not in run.stdout


def test_import_of_a_hostile_file_adds_the_web_addresses_alone_and_exits_with_4(tmp_path: Path) -> None:
    (tmp_path / "x.opml").write_text(
        '<opml><body>\n<outline xmlUrl="exec:touch owned"/>\n<outline xmlUrl="https://a.example/" text="a"/></body></opml>'
    )
    run = process("import-opml", "x.opml", folder=configured(tmp_path))
    assert (run.returncode, urls(tmp_path)) == (4, ["https://a.example/"])
    assert run.stderr == b"x.opml:2: left out: its address is not http or https\n"
    assert not (tmp_path / "owned").exists()


def test_import_of_what_is_no_opml_exits_with_2_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.opml").write_text('<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><opml>&y;</opml>')
    run = process("import-opml", "x.opml", folder=configured(tmp_path))
    assert (run.returncode, run.stdout, urls(tmp_path)) == (2, b"", [])
    assert run.stderr == b"error: x.opml:1: it declares entities, which no list of feeds needs\n"


def test_a_thousand_feeds_are_imported_at_once(tmp_path: Path) -> None:
    rows = "".join(f'<outline xmlUrl="https://a.example/{n}" text="{n}"/>' for n in range(1000))
    (tmp_path / "x.opml").write_text(f"<opml><body>{rows}</body></opml>")
    assert command(configured(tmp_path), "import-opml", str(tmp_path / "x.opml")).exit_code == 0
    assert len(urls(tmp_path)) == 1000
