"""Documents that want to harm, to hide or to be something else: what can be read is, and each costs its own feed alone."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.fetch.server import Server, answer, running
from tests.parse.support import DATA
from tests.threats.reader import DAY, Pass, Reader, attacked, lived, rss

READ = {"new", "changed", "unchanged"}


def document(body: bytes, *headers: str) -> bytes:
    """The body as a server sends it, packed."""
    return answer(200, gzip.compress(body, 1), "Content-Encoding: gzip", *headers)


def at_second_poll(folder: Path, body: bytes, *headers: str, **fetch: Any) -> Pass:
    """What comes of a feed whose second document is this one."""

    async def play(reader: Reader, server: Server) -> Pass:
        reader.fetch = fetch
        return await attacked(reader, server, document(body, *headers))

    return lived(folder, play)


def titles(found: Pass) -> list[str]:
    return [entry.title for entry in found.entries[3:]]


# ---------------------------------------------------------------- XML


def laughs(levels: int) -> str:
    return "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, levels))


def declared(declarations: str, *, title: str) -> bytes:
    items = rss(1, 2, 3).decode().replace("</channel>", f"<item><guid>x</guid><title>{title}</title></item></channel>")
    return f"<?xml version='1.0'?><!DOCTYPE rss [{declarations}]>{items}".encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(declared(f"<!ENTITY e0 'lol'>{laughs(12)}", title="&e11;"), id="XML-01 billion laughs"),
        pytest.param(declared(f"<!ENTITY a '{'x' * 60_000}'>", title="&a;" * 60_000), id="XML-02 quadratic"),
        pytest.param(declared("<!ENTITY % p '<!ENTITY a \"b\">'> %p;", title="&a;"), id="XML-03 parameter entity"),
        pytest.param(declared("<!ENTITY a 'b&#92;1\\1'>", title="&a;"), id="CHR-02 backslash in an entity"),
    ],
)
def test_entities_are_inert(tmp_path: Path, body: bytes) -> None:
    begun = time.process_time()
    found = at_second_poll(tmp_path, body)
    assert time.process_time() - begun < 20
    assert found.polled.status in READ | {"unreadable"}
    assert all(len(title) < 100_000 for title in titles(found))


@pytest.mark.parametrize(
    "declarations",
    [
        "<!ENTITY a SYSTEM 'file://{secret}'>",
        "<!ENTITY a SYSTEM '{other}'>",
        "<!ENTITY a PUBLIC '-//x' '{other}'>",
        "<!ENTITY % p SYSTEM '{other}'> %p;",
    ],
)
def test_no_document_reads_a_file_or_asks_another_server(tmp_path: Path, declarations: str) -> None:
    """XML-03, XML-04, SSRF-03: the other server could be reached, if anybody tried."""
    secret = tmp_path / "secret"
    secret.write_text("hunter2")

    async def play(reader: Reader, server: Server) -> None:
        async with running() as other:
            include = f"<x:include xmlns:x='http://www.w3.org/2001/XInclude' parse='text' href='{secret}'/>"
            named = declarations.format(secret=secret, other=other.url("/x"))
            body = declared(named, title=f"&a;{include}").replace(
                b"<!DOCTYPE rss [", f"<!DOCTYPE rss SYSTEM '{other.url('/dtd')}' [".encode()
            )
            found = await attacked(reader, server, document(body))
            assert other.asked == []
            assert "hunter2" not in str(found.entries)

    lived(tmp_path, play)


NAMED = (
    "<image><url>{0}</url><link>{0}</link></image><cloud domain='127.0.0.1' port='{1}' path='/x' protocol='http-post'/>"
    "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='next' href='{0}'/><newLocation>{0}</newLocation>"
    "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='hub' href='{0}'/>"
    "<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='self' href='{0}'/>"
    "<itunes:new-feed-url xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>{0}</itunes:new-feed-url>"
)
HELD = (
    "<link>{0}</link><comments>{0}</comments><source url='{0}'>x</source><enclosure url='{0}' type='audio/mpeg'/>"
    "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>&lt;img src='{0}'&gt;"
    "&lt;iframe src='{0}'&gt;&lt;/iframe&gt;&lt;link rel='prefetch' href='{0}'&gt;</content:encoded>"
)


def test_nothing_is_fetched_that_a_document_names_and_nobody_asked_for(tmp_path: Path) -> None:
    async def play(reader: Reader, server: Server) -> None:
        async with running() as other:
            address = other.url("/x")
            head, held = NAMED.format(address, other.port), HELD.format(address)
            body = b"<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='%b'?>" % address.encode()
            found = await attacked(reader, server, document(body + rss(1, 2, 3, 9, inside=held, head=head)))
            assert (found.polled.status, found.polled.new) == ("new", 1)
            assert other.asked == []
            assert {asked.target for asked in server.asked} == {"/feed"}

    lived(tmp_path, play)


@pytest.mark.parametrize(
    ("body", "new"),
    [
        pytest.param(rss(7, 8)[:-60], 1, id="cut in an item"),
        pytest.param(rss(1, 2, 3, 7)[: -len(b"</channel></rss>")], 1, id="cut after an item"),
        pytest.param(
            rss(1, 2, 3, 7).replace(b"<title>News 7</title>", b"<title>News <b>4</title></b>"), 1, id="nesting"
        ),
        pytest.param(rss(1, 2, 3, 7) + rss(8, 9), None, id="two roots"),
        pytest.param(b" \n\t\r\n" + rss(1, 2, 3, 7), 1, id="leading blanks"),
        pytest.param(b"\xef\xbb\xbf \n<?xml version='1.0'?>" + rss(1, 2, 3, 7), 1, id="mark and blank"),
        pytest.param(b"<br />\n<b>Warning</b>: mysql" + rss(1, 2, 3, 7), 1, id="a warning first"),
    ],
)
def test_of_a_broken_document_what_is_readable_is_kept_and_nothing_is_removed(
    tmp_path: Path, body: bytes, new: int | None
) -> None:
    """XML-06."""
    found = at_second_poll(tmp_path, body)
    assert found.polled.status in READ
    assert new in {None, found.polled.new}
    assert found.polled.new >= 1


@pytest.mark.parametrize(
    "title",
    [
        "&#xD800;", "&#999999999999;", "&#x110000;", "&#0;", "&#x1F;", "&#xFFFF;", "&#-1;", "&#x;", "&;", "&#;",
        "\\1", "\x00", "\x1b[31m", "&#" + "9" * 5000 + ";", "%s{}{{7*7}}", "\u202e\u2066", "&amp;#xD800;",
    ],
)  # fmt: skip
def test_characters_at_which_a_parser_raises_cost_nobody_anything(tmp_path: Path, title: str) -> None:
    """CHR-02: the other items of the same document are read, too."""
    more = f"<item><guid>odd</guid><title>Odd {title}</title></item></channel>"
    found = at_second_poll(tmp_path, rss(1, 2, 3, 8).replace(b"</channel>", more.encode()))
    assert found.polled.status == "new"
    assert {"item-8", "odd"} <= {entry.guid for entry in found.entries}


def test_a_gml_system_with_an_odd_name_costs_nobody_anything(tmp_path: Path) -> None:
    """CHR-02: feedparser reads a number there and raises."""
    where = "<where xmlns='http://www.georss.org/georss'><Point xmlns='http://www.opengis.net/gml' srsName='EPSG::x9'>"
    inside = f"{where}<pos>1 2</pos></Point></where>"
    assert at_second_poll(tmp_path, rss(1, 2, 3, 7, inside=inside)).polled.new == 1


BRIDGE = "Brücke für Řím"
FERRY = "渡し船の料金"
XML = "<?xml version='1.0' encoding='{}'?>"


def said(title: str) -> str:
    return rss(1, 2, 3).decode().replace("</channel>", f"<item><guid>x</guid><title>{title}</title></item></channel>")


@pytest.mark.parametrize(
    ("title", "encoding", "told", "header"),
    [
        pytest.param(BRIDGE, "utf-8", "iso-8859-1", "text/xml", id="CHR-03 lies about UTF-8"),
        pytest.param(BRIDGE, "utf-8", "utf-8", "text/xml; charset=us-ascii", id="CHR-03 header and document disagree"),
        pytest.param(BRIDGE, "utf-8", "klingon", "text/xml; charset=vulcan", id="CHR-03 unknown"),
        pytest.param(BRIDGE, "iso-8859-2", "iso-8859-2", "text/xml", id="CHR-03 declared"),
        pytest.param(BRIDGE, "utf-8-sig", "utf-8", "text/xml", id="CHR-04 mark"),
        pytest.param(BRIDGE, "utf-8-sig", "iso-8859-1", "text/xml; charset=utf-16", id="CHR-04 mark and lies"),
        pytest.param(BRIDGE, "utf-16", "utf-16", "application/xml", id="CHR-04 UTF-16"),
        pytest.param(FERRY, "utf-16", "utf-8", "text/xml; charset=utf-8", id="CHR-04 UTF-16 that lies"),
        pytest.param(FERRY, "utf-32", "utf-32", "application/xml", id="CHR-04 UTF-32"),
        pytest.param(FERRY, "shift_jis", "shift_jis", "text/xml", id="CHR-05 Shift_JIS"),
        pytest.param(FERRY, "shift_jis", "Shift_JIS", "text/xml; charset=Shift_JIS", id="CHR-05 Shift_JIS twice"),
        pytest.param(FERRY, "euc-jp", "euc-jp", "text/xml", id="CHR-05 EUC-JP"),
        pytest.param("渡船的票价", "gb18030", "gb2312", "text/xml", id="CHR-05 GB"),
    ],
)
def test_text_is_decoded_as_the_feed_means_it(
    tmp_path: Path, title: str, encoding: str, told: str, header: str
) -> None:
    found = at_second_poll(tmp_path, (XML.format(told) + said(title)).encode(encoding), f"Content-Type: {header}")
    assert titles(found) == [title]


def test_bytes_that_are_no_text_cost_themselves_alone(tmp_path: Path) -> None:
    """CHR-01."""
    body = said("Bri\x00dge over").encode().replace(b"over", b"\xff\xfe over")
    (title,) = titles(at_second_poll(tmp_path, body))
    assert title.startswith("Bridge")
    assert title.endswith("over")


# ---------------------------------------------------------------- size

WORDS = "The harbour board met on Monday and heard what the crane drivers had to say. "


@pytest.mark.parametrize(
    ("body", "fetch", "status", "words"),
    [
        pytest.param(rss(1, 2, 3, 7, inside="x" * 30_000_000), {"max_body": "40MB"}, None, "", id="XML-05 30 MB token"),
        pytest.param(
            rss(7, inside=f"<description>{WORDS * 260_000}</description>"),
            {},
            "too-large",
            "unpacked",
            id="BIG-02 20 MB",
        ),
        pytest.param(
            rss(1, 2, 3, 7, inside="<d>" * 100_000 + "</d>" * 100_000), {}, None, "", id="BIG-04 nesting in items"
        ),
        pytest.param(
            rss(7, inside=f"<description>{'&lt;div&gt;' * 100_000}</description>"),
            {},
            "new",
            "",
            id="BIG-04 nested markup",
        ),
        pytest.param(
            rss(7, inside="<x " + " ".join(f"a{n}='1'" for n in range(50_000)) + "/>"),
            {},
            None,
            "",
            id="BIG-05 attributes",
        ),
    ],
)
def test_gigantic_fields_end_in_an_entry_or_in_a_failure_that_names_the_bound(
    tmp_path: Path, body: bytes, fetch: dict[str, Any], status: str | None, words: str
) -> None:
    found = at_second_poll(tmp_path, body, **fetch)
    assert status in {None, found.polled.status}
    assert found.polled.status in READ | {"too-large", "unreadable"}
    assert words in found.polled.detail
    assert not found.polled.failed or found.polled.detail


SHAPES = (
    *("<!--", "<![CDATA[", "<a ", "<a href='", "&#", "&", "(", " ", "\n", "-", "a@", "http://", "By ", "Source: "),
    *("<p>", "</p>", "x<", "1/", "2026-", "Mon, ", ".", "'", "\u00a0", "[a](", "a.b.", "via ", "0 "),
)


@pytest.mark.parametrize("field", ["title", "description", "link", "pubDate", "author", "category"])
def test_no_repetition_takes_more_than_linear_time(tmp_path: Path, field: str) -> None:
    """BIG-05: shapes at which patterns backtrack, forty kilobytes of each; linear time is a few seconds."""
    items = "".join(
        f"<item><guid>{place}</guid><{field}>{escape(shape * (40_000 // len(shape)))}</{field}></item>"
        for place, shape in enumerate(SHAPES)
    )
    begun = time.process_time()
    found = at_second_poll(tmp_path, rss(1, 2, 3).replace(b"</channel>", f"{items}</channel>".encode()))
    assert time.process_time() - begun < 20
    assert found.polled.new == len(SHAPES)


# ---------------------------------------------------------------- no feeds


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param((DATA / "page.html").read_bytes(), "a web page, not a feed", id="web page"),
        pytest.param((DATA / "login.html").read_bytes(), "a log-in page, not a feed", id="login"),
        pytest.param((DATA / "challenge.html").read_bytes(), "wants to see a browser", id="challenge"),
        pytest.param((DATA / "list.opml").read_bytes(), "an OPML list of feeds", id="OPML"),
        pytest.param(b'{"error": "not found"}', "JSON, but no JSON Feed", id="JSON"),
        pytest.param(b"\x89PNG\r\n\x1a\n\x00\x00", "a PNG image, not a feed", id="PNG"),
        pytest.param(b"Service temporarily unavailable", "text, not a feed", id="words"),
        pytest.param(b" ", "the answer is empty", id="empty"),
        pytest.param(rss(), "the feed is empty, and it was not before", id="no items"),
    ],
)
def test_what_is_no_feed_any_more_is_named_deletes_nothing_and_comes_back_without_doubles(
    tmp_path: Path, body: bytes, words: str
) -> None:
    """NAF-01, NAF-02: good, bad, good."""
    found = at_second_poll(tmp_path, body)
    assert found.polled.failed
    assert words in found.polled.detail


def test_of_a_hundred_thousand_entries_the_newest_are_kept_and_the_notice_counts_the_rest(tmp_path: Path) -> None:
    """BIG-03, from the server to the log that the feed's owner reads."""

    async def play(reader: Reader, server: Server) -> None:
        reader.urls = [server.url("/feed")]
        items = b"".join(
            b"<item><guid>%d</guid><title>News %d</title><pubDate>2020-01-01T00:00:00Z</pubDate></item>" % (n, n)
            for n in range(100_000 - 3)
        )
        newest = [
            b"<item><guid>new-%d</guid><title>Newest</title><pubDate>2026-02-0%dT00:00:00Z</pubDate></item>" % (n, n)
            for n in (1, 2, 3)
        ]
        body = rss().replace(
            b"</channel>", newest[0] + items[:4_000_000] + newest[1] + items[4_000_000:] + newest[2] + b"</channel>"
        )
        server.answers["/feed"] = document(body)
        (polled,) = await reader.poll()
        assert polled.new == 2000
        assert "left out 98000 of 100000 entries: max_entries keeps the newest 2000" in polled.detail
        assert {"new-1", "new-2", "new-3"} <= {entry.guid for entry in reader.entries(polled.feed)}
        reader.now += DAY
        assert (await reader.poll())[0].new == 0

    lived(tmp_path, play)
