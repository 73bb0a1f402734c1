"""Which items are read without feedparser, and that they come out as feedparser reads them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aggregator.model import ParsedFeed
from aggregator.parse.feed import parse
from aggregator.parse.plain_items import read_items
from aggregator.parse.unseen import cut, parse_unseen

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RSS = (
    '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">'
    "<channel><title>The Harbour Post</title><link>https://harbour.example/</link>{}</channel></rss>"
)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Hill</title><id>tag:hill.example,2026:f</id>{}</feed>'
PLAIN = (
    "<item><title>Ferry &amp; tide</title><link>https://harbour.example/a/1</link><guid isPermaLink='false'>n1</guid>"
    "<pubDate>Sun, 01 Mar 2026 08:00:00 +0100</pubDate><dc:creator>Jo Doe</dc:creator><category>Sea</category>"
    "<description>Short.</description><content:encoded><![CDATA[<p>The ferry is late, said <b>Jo</b>.</p>]]>"
    "</content:encoded><enclosure url='https://harbour.example/1.mp3' type='Audio/MPEG' length='12'/></item>"
)
ENTRY = (
    "<entry><title type='html'>A &lt;b&gt;bold&lt;/b&gt; hill</title><link href='https://hill.example/1'/>"
    "<id>tag:hill.example,2026:1</id><updated>2026-03-01T08:00:00Z</updated><author><name>Ann</name></author>"
    "<category term='walks'/><summary>Up.</summary><content type='html'>&lt;p&gt;Up and down.&lt;/p&gt;</content></entry>"
)


def read(document: str) -> list[bool]:
    """For each item whether it was read here."""
    pieces = cut(document.encode())
    assert pieces is not None
    return [found is not None for found in read_items(pieces.between[0], pieces.items, None)]


def both(document: str) -> tuple[object, object]:
    """The document as feedparser reads it, and with plain items read here."""
    body = document.encode()
    whole = parse(body, content_type=None, url="https://x.example/f", now=NOW, max_entries=50)
    mixed = parse_unseen(body, b"", content_type=None, url="https://x.example/f", now=NOW, max_entries=50).parsed
    return whole, mixed


@pytest.mark.parametrize("document", [RSS.format(PLAIN), ATOM.format(ENTRY)], ids=["rss", "atom"])
def test_a_plain_item_comes_out_as_feedparser_reads_it(document: str) -> None:
    assert read(document) == [True]
    whole, mixed = both(document)
    assert isinstance(whole, ParsedFeed)
    assert whole.entries[0].title
    assert mixed == whole


@pytest.mark.parametrize(
    "odd",
    [
        PLAIN.replace("<category>", "<source url='https://s.example/'>S</source><category>"),
        PLAIN.replace("<title>", "<title>One</title><title>"),
        PLAIN.replace("<category>", "<media:title>A picture</media:title><category>"),
        PLAIN.replace("<description>Short.", "<description xml:lang='de'>Kurz."),
        PLAIN.replace("<description>Short.", "<description>With <b>markup</b>."),
        PLAIN.replace("Sun, 01 Mar 2026 08:00:00 +0100", "Sonntag, 1. März 2026"),
        PLAIN.replace("https://harbour.example/a/1", "/a/1"),
        PLAIN.replace("Ferry", "Ferry \x85 "),
        PLAIN.replace("<item>", "<item xmlns:x='https://x.example/'>"),
    ],
)
def test_an_odd_item_is_left_to_feedparser_and_keeps_its_place(odd: str) -> None:
    between = PLAIN.replace("n1", "n2").replace("a/1", "a/2")
    document = RSS.format(PLAIN.replace("n1", "n0").replace("a/1", "a/0") + odd + between)
    assert read(document)[1] is False
    whole, mixed = both(document)
    assert mixed == whole


@pytest.mark.parametrize(
    "head",
    [
        RSS.replace("dc=", "sea=").replace("<channel>", "<channel xmlns:dc='http://purl.org/dc/elements/1.1/'>"),
        RSS.replace("<channel>", "<channel xml:lang='fr'>"),
        RSS.replace("<channel>", "<channel base='https://b.example/'>"),
    ],
    ids=["another prefix", "a language below the root", "a base"],
)
def test_a_document_whose_head_changes_what_items_mean_is_left_to_feedparser(head: str) -> None:
    document = head.format(PLAIN)
    assert read(document) == [False]
    whole, mixed = both(document)
    assert mixed == whole


def test_text_that_was_encoded_twice_is_mended_as_feedparser_does() -> None:
    document = RSS.format(PLAIN.replace("Ferry", "CafÃ©"))
    assert read(document) == [True]
    whole, mixed = both(document)
    assert isinstance(mixed, ParsedFeed)
    assert mixed.entries[0].title.startswith("Café")
    assert mixed == whole
