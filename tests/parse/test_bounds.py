"""Documents that are made to cost much: time grows with their size alone, and so does memory, by a small factor."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.etree import ElementTree as ET

import pytest

from aggregator.model import ParsedFeed, Unreadable
from aggregator.parse import bounds
from aggregator.parse.feed import parse
from tests.parse.support import NOW, read_bytes


def rss(inside: str) -> bytes:
    return f'<rss version="2.0"><channel><title>News</title>{inside}</channel></rss>'.encode()


def items(number: int, spread: int) -> str:
    """Items whose dates are in no order."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return "".join(
        f"<item><guid>{place}</guid><title>News {place}</title>"
        f"<pubDate>{format_datetime(start + timedelta(minutes=place * spread % number))}</pubDate></item>"
        for place in range(number)
    )


@pytest.mark.parametrize("broken", [False, True])
def test_of_very_many_entries_the_newest_are_kept_and_the_others_counted(broken: bool) -> None:
    body = rss(items(9_001, 5_003))
    body = body.replace(b"</channel>", b"&nothing;</channel>") if broken else body
    found = parse(body, content_type="text/xml", url="https://paper.example/f", now=NOW, max_entries=50)
    assert isinstance(found, ParsedFeed)
    assert "left out 8951 of 9001 entries: max_entries keeps the newest 50" in found.notices
    newest = sorted(range(9_001), key=lambda place: place * 5_003 % 9_001, reverse=True)[:50]
    assert [entry.guid for entry in found.entries] == [str(place) for place in sorted(newest)]


def test_of_very_many_attributes_the_first_are_read() -> None:
    many = " ".join(f'a{number}="x"' for number in range(20_000))
    early = f"<enclosure url='https://paper.example/a' {many}/>"
    late = f"<enclosure {many} url='https://paper.example/b'/>"
    found = read_bytes(rss(f"<item><guid>1</guid>{early}{late}</item>"))
    assert isinstance(found, ParsedFeed)
    assert [file.url for file in found.entries[0].enclosures] == ["https://paper.example/a"]


def test_of_a_large_document_that_is_damaged_the_beginning_is_read_and_said_to_be() -> None:
    found = read_bytes(
        rss("<item><guid>1</guid><title>One</title></item>" + "<item><title>x &nothing; and more" * 210_000)
    )
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].guid == "1"
    assert any("large and not well-formed: of 6,930," in notice for notice in found.notices)


def test_what_is_nested_too_deeply_is_passed_over_and_the_rest_is_read() -> None:
    deep = "<x>" * 3_000 + "</x>" * 3_000
    found = read_bytes(rss(f"<item><guid>1</guid>{deep}<title>One</title></item><item><guid>2</guid></item>"))
    assert isinstance(found, ParsedFeed)
    assert [(entry.guid, entry.title) for entry in found.entries] == [("1", "One"), ("2", "")]


def test_of_an_entry_with_very_many_elements_the_first_are_read_and_so_is_the_next_entry() -> None:
    many = "<category>x<b>y</b></category>" * 15_000
    found = read_bytes(
        rss(f"<item><guid>1</guid>{many}<title>late</title></item><item><guid>2</guid><title>Two</title></item>")
    )
    assert isinstance(found, ParsedFeed)
    assert [(entry.guid, entry.title) for entry in found.entries] == [("1", ""), ("2", "Two")]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (rss("<item><title>" + "<x>" * 300_000 + "</x>" * 300_000 + "</title></item>"), "elements within one another"),
        (
            rss("<item " + " ".join(f'a{n}="x"' for n in range(120_000)) + "><guid>1</guid></item>"),
            "a tag of more than",
        ),
        (rss("<item/>" * 251_000), "more than 250,000 entries"),
        (rss("<item>" + "<x/>" * 1_500_001 + "</item>"), "more than 1,500,000 tags"),
    ],
)
def test_a_large_document_that_no_parser_should_see_is_refused_by_name(body: bytes, reason: str) -> None:
    found = read_bytes(body)
    assert isinstance(found, Unreadable)
    assert reason in found.reason


LONG = bounds.LONGEST_TEXT


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a word " * LONG, "a word"),
        ("x" * LONG * 2, "xxx"),
        ("é" * LONG, "é"),
        ("x" * (LONG - 20) + "&amp;" * 100, "x"),
        ("<![CDATA[" + "<b>bold</b> words " * 200_000 + "]]>", "words"),
    ],
    ids=["words", "one word", "letters of two bytes", "references", "section"],
)
def test_of_a_text_that_is_far_too_long_the_beginning_is_kept_whole_and_what_follows_is_read(
    text: str, kept: str
) -> None:
    body = rss(f"<item><guid>1</guid><description>{text}</description></item><item><guid>2</guid></item>")
    shorter = bounds.shortened(body)
    assert len(shorter) <= LONG + 500
    assert shorter.endswith(body[-60:])
    texts = [element.text or "" for element in ET.fromstring(shorter).iter("description")]
    assert [len(found.encode()) > LONG - 1000 and kept in found[-20:] for found in texts] == [True]


@pytest.mark.parametrize(
    "body",
    [
        rss("<!-- " + "<p> a word " * 300_000 + "--><item/>"),
        rss("<?note " + "a word " * 300_000 + "?><item/>"),
        rss("<item><title>a word</title></item>" * 100_000),
        rss("<item><title>" + "x" * 3_000_000).decode().encode("utf-16"),
        b'{"items": [{"content_html": "<p>' + b"a word " * 400_000 + b'"}]}',
        rss("<![CDATA[" + "a word " * 300_000),
    ],
    ids=["comment", "instruction", "many short texts", "UTF-16", "JSON", "section without end"],
)
def test_whatever_else_is_long_stays_as_it_is(body: bytes) -> None:
    assert bounds.shortened(body) == body


MEASURED = """
import re, sys
from datetime import UTC, datetime
from aggregator.parse.unseen import parse_unseen
body = eval(sys.argv[1])[:15_000_000]
parse_unseen(body, b"", content_type=None, url="https://a.example/", now=datetime.now(UTC), max_entries=2000)
print(int(re.search("VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""
"""Not getrusage: what it says of a process begins with the peak of the one that started it."""


def in_rss(inside: str) -> str:
    """The Python expression for a feed around that for its inside."""
    return f"b'<rss version=\\'2.0\\'><channel>' + {inside} + b'</channel></rss>'"


JSON = 'b\'{"version":"https://jsonfeed.org/version/1.1","items":[\''


@pytest.mark.parametrize(
    "document",
    [
        in_rss("b''.join(b'<item><guid>%d</guid><title>x</title></item>' % n for n in range(100_000))"),
        in_rss("b'<item>' + b'<d>' * 2_000_000 + b'</d>' * 2_000_000 + b'</item>'"),
        in_rss("b'<item ' + b' '.join(b'a%d=\"\"' % n for n in range(1_000_000)) + b'/>'"),
        in_rss("b'<item><description>' + b'a &lt;b&gt; ' * 1_250_000 + b'</description></item>'"),
        in_rss("b'<item><title>' + b'x' * 14_900_000 + b'</title></item>'"),
        in_rss("b'<item>' + b'<link/>' * 1_000_000 + b'</item>'"),
        in_rss("b'<item/>' * 2_000_000"),
        JSON + " + b'{\"id\":\"1\"},' * 1_200_000 + b'1]}'",
        JSON + " + b'[],' * 4_900_000 + b'1]}'",
        JSON + " + b'{\"id\":[' + b'[],' * 4_900_000 + b'1]}]}'",
        "b'<urlset>' + b'<url/>' * 2_400_000 + b'</urlset>'",
        "b'<urlset>' + b'<url a=\"\" b=\"\" c=\"\"/>' * 700_000 + b'</urlset>'",
    ],
    ids=[
        "entries", "depth", "attributes", "text", "title", "elements", "empty entries",
        "json items", "json lists", "json in one item", "sitemap", "sitemap attributes",
    ],
)  # fmt: skip
def test_a_document_of_fifteen_megabytes_fits_into_a_small_memory(document: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, document], capture_output=True, text=True, check=True, timeout=300
    )
    assert int(done.stdout) < 220, "megabytes"
