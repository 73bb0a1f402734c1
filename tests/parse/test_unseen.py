"""Known items are cut out before feedparser sees the document, and only where that can make no difference."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import ParsedFeed, Unreadable
from aggregator.parse.feed import parse
from aggregator.parse.unseen import Reading, cut, parse_unseen

NOW = datetime(2026, 3, 2, tzinfo=UTC)
URL = "https://paper.example/feed"


def item(name: str, *, link: str | None = None, text: str = "The board met.") -> str:
    address = f"https://paper.example/news/{name}.html" if link is None else link
    return f"<item><guid>id-{name}</guid><link>{address}</link><title>{name}</title><description>{text}</description></item>"


def rss(*items: str, head: str = "<title>Paper</title>", tail: str = "") -> bytes:
    return f'<?xml version="1.0"?>\n<rss version="2.0"><channel>{head}\n{"".join(items)}{tail}</channel></rss>'.encode()


def read(body: bytes, before: bytes | None = None, max_entries: int = 100) -> Reading:
    keys = b"" if before is None else read(before).keys
    return parse_unseen(body, keys, content_type="text/xml", url=URL, now=NOW, max_entries=max_entries)


def titles(reading: Reading) -> list[str]:
    assert isinstance(reading.parsed, ParsedFeed)
    return [entry.title for entry in reading.parsed.entries]


def test_items_of_the_last_document_are_left_out_and_counted() -> None:
    before = rss(item("board"), item("crane"))
    reading = read(rss(item("ferry"), item("board"), item("crane")), before)
    assert (titles(reading), reading.seen) == (["ferry"], 2)


def test_an_edited_item_is_read_again() -> None:
    reading = read(rss(item("board", text="It met twice."), item("crane")), rss(item("board"), item("crane")))
    assert (titles(reading), reading.seen) == (["board"], 1)


def test_the_feeds_own_fields_are_those_of_the_new_document() -> None:
    reading = read(rss(item("board"), head="<title>New</title><ttl>90</ttl>"), rss(item("board")))
    assert isinstance(reading.parsed, ParsedFeed)
    assert (reading.parsed.title, reading.seen) == ("New", 1)
    assert reading.parsed.ttl is not None


@pytest.mark.parametrize(
    "more",
    [
        item("board", text="The same id again."),
        item("other", link="https://paper.example/news/crane.html"),
        item("other", link="https://www.paper.example/news/crane.html?utm_source=rss"),
        "<item><title>neither id nor address</title></item>",
    ],
)
def test_an_item_that_has_to_do_with_a_known_one_brings_the_whole_document(more: str) -> None:
    before = rss(item("board"), item("crane"))
    reading = read(rss(more, item("board"), item("crane")), before)
    assert reading.seen == 0
    assert len(titles(reading)) == 3


@pytest.mark.parametrize(
    "body",
    [
        rss(item("board"))[:-20],
        rss(item("board", text="a &nbsp; b")),
        rss(item("board")).replace(b"<rss", b"<!DOCTYPE rss><rss"),
        rss(item("board")).replace(b"<item>", b"<item xml:base='/a/'>"),
        rss(item("board"), "<item/>"),
        rss("<item>", item("board"), "</item>"),
        rss(item("board")).decode().encode("utf-16"),
        rss(item("board")).replace(b'"1.0"?', b'"1.0" encoding="iso-8859-1"?'),
        rss(item("board")) + b"\xff",
        b'{"version": "https://jsonfeed.org/version/1.1"}',
        b"<rdf:RDF><item></item></rdf:RDF>",
        b"",
    ],
)
def test_where_anything_is_in_doubt_nothing_is_cut(body: bytes) -> None:
    assert cut(body) is None
    assert read(body).seen == 0


def test_ends_of_items_in_cdata_and_comments_are_no_ends() -> None:
    odd = item("board", text="<![CDATA[</item><item>]]> and <!-- </item> -->")
    pieces = cut(rss(odd, item("crane")))
    assert pieces is not None
    assert tuple(map(bytes, pieces.items)) == (odd.encode(), item("crane").encode())


def test_more_items_than_are_kept_are_read_whole() -> None:
    body = rss(item("board"), item("crane"), item("ferry"))
    reading = read(body, body, max_entries=2)
    assert (len(titles(reading)), reading.seen) == (2, 0)


@given(st.binary(max_size=200))
def test_no_document_stops_the_program(noise: bytes) -> None:
    body = rss(item("board")).replace(b"met", noise)
    reading = read(body, rss(item("board")))
    whole = parse(body, content_type="text/xml", url=URL, now=NOW, max_entries=100)
    assert reading.seen or reading.parsed == whole or isinstance(reading.parsed, Unreadable)
