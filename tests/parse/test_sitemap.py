from datetime import UTC, datetime

from aggregator.model import ParsedFeed, Unreadable
from tests.parse.support import feed, read_bytes


def test_a_news_sitemap_is_read_as_a_feed_newest_first() -> None:
    found = feed("news_sitemap.xml")
    new, old = found.entries
    assert (found.format, found.title, new.title, new.link) == (
        "sitemap",
        "Heron",
        "Bridge & ferry",
        "https://heron.example/new",
    )
    assert (new.published, new.language, new.tags) == (
        datetime(2026, 7, 9, 10, tzinfo=UTC),
        "en",
        ("rivers", "bridges"),
    )
    assert (old.link, old.updated) == ("https://heron.example/old", datetime(2026, 7, 8, tzinfo=UTC))


def test_the_newest_pages_are_kept() -> None:
    found = feed("news_sitemap.xml", max_entries=1)
    assert [entry.title for entry in found.entries] == ["Bridge & ferry"]
    assert found.notices == ("left out 1 of 2 entries: max_entries keeps the newest 1",)


def test_entities_are_not_resolved() -> None:
    body = (
        b'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://heron.example/&x;</loc></url></urlset>'
    )
    found = read_bytes(body)
    assert isinstance(found, ParsedFeed)
    assert [entry.link for entry in found.entries] == ["https://heron.example/"]


def test_a_damaged_sitemap_is_read_as_far_as_it_goes() -> None:
    found = read_bytes(b"<urlset><url><loc>https://heron.example/a</loc></url><url><loc>https://her")
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].link == "https://heron.example/a"


def test_nothing_but_a_root_is_no_feed_with_pages() -> None:
    assert isinstance(read_bytes(b"<urlset"), Unreadable | ParsedFeed)
