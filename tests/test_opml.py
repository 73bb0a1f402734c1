"""Lists of feeds: what real programs write, what a hostile one writes, and ours there and back."""

from __future__ import annotations

import contextlib
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator import opml
from aggregator.opml import OpmlError, OpmlFeed, read_document, read_opml, write_opml

NOW = datetime(2026, 3, 1, 6, 30, tzinfo=UTC)


def document(body: str, *, head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    return f'{head}\n<opml version="2.0"><head/>\n<body>\n{body}\n</body></opml>'.encode()


def feed(url: str, extra: str = "") -> str:
    return f'<outline type="rss" xmlUrl="{url}" {extra}/>'


def test_nested_outlines_become_a_category_path() -> None:
    body = (
        f'<outline text="News"><outline text="World">{feed("https://a.example/", "text=&quot;A&quot;".replace("&quot;", chr(34)))}</outline>'
        f"{feed('https://b.example/')}</outline>{feed('http://c.example/')}"
    )
    assert read_opml(document(body), name="x") == (
        OpmlFeed(url="https://a.example/", title="A", category="News/World"),
        OpmlFeed(url="https://b.example/", category="News"),
        OpmlFeed(url="http://c.example/"),
    )


def test_attribute_names_in_small_letters_and_a_feed_with_feeds_inside_are_read() -> None:
    body = f'<outline xmlurl="https://a.example/" title="A">{feed("https://b.example/")}</outline>'
    assert [(one.url, one.category) for one in read_opml(document(body), name="x")] == [
        ("https://a.example/", None),
        ("https://b.example/", None),
    ]


def test_a_title_comes_before_the_text_and_a_text_that_is_the_address_is_no_title() -> None:
    body = feed("https://a.example/", 'text="t" title="T"') + feed("https://b.example/", 'text="https://b.example/"')
    assert [one.title for one in read_opml(document(body), name="x")] == ["T", ""]


@pytest.mark.parametrize(
    "url",
    [
        "exec:touch /tmp/x",
        "file:///etc/passwd",
        "|touch /tmp/x",
        "filter:cat:https://a.example/",
        "javascript:alert(1)",
        "ftp://a.example/",
        "feed://a.example/",
        "https://",
        "https:///path",
        "https://a.example/ b",
        "",
        "/relative",
        "https://a.example/" + "x" * 2000,
    ],
)
def test_what_is_no_web_address_is_left_out_and_the_rest_stays(url: str) -> None:
    found = read_document(document(f"{feed(url)}\n{feed('https://good.example/')}"), name="x")
    assert [one.url for one in found.feeds] == ["https://good.example/"]
    assert [refused.line for refused in found.refused] == [4]


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE opml [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;]>',
        '<!DOCTYPE opml [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        "<!doctype opml\n [\n]>",
        '<!DOCTYPE opml [<!ATTLIST outline xmlUrl CDATA "file:///etc/passwd">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_that_declares_entities_is_refused_in_every_encoding(head: str, encoding: str) -> None:
    text = document(feed("https://a.example/"), head=f"<?xml version='1.0'?>{head}").decode()
    with pytest.raises(OpmlError, match="x:1: it declares entities"):
        read_opml(text.encode(encoding), name="x")


def test_an_external_document_type_is_passed_over_and_never_loaded(tmp_path: Path) -> None:
    definition = tmp_path / "opml.dtd"
    definition.write_text('<!ATTLIST outline xmlUrl CDATA "https://evil.example/">')
    head = f'<!DOCTYPE opml SYSTEM "{definition}">'
    found = read_opml(document(f'<outline text="x"/>{feed("https://a.example/")}', head=head), name="x")
    assert [one.url for one in found] == ["https://a.example/"]


@pytest.mark.parametrize("encoding", ["utf-7", "cp037", "idna", "zlib_codec", "rot13", "unicode_escape", "nonsense"])
def test_an_encoding_that_could_hide_markup_is_refused(encoding: str) -> None:
    with pytest.raises(OpmlError, match="is not read"):
        read_opml(document("", head=f'<?xml version="1.0" encoding="{encoding}"?>'), name="x")


@pytest.mark.parametrize("encoding", ["windows-1252", "iso-8859-15", "utf-16", "UTF-8"])
def test_declared_encodings_are_read(encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    data = document(feed("https://a.example/", 'text="Zeitung für Ärger"'), head=head).decode().encode(encoding)
    assert read_opml(data, name="x")[0].title == "Zeitung für Ärger"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "x:1: "),
        (b"<opml><body>\n<outline", "x:2: "),
        (b"<rss version='2.0'/>", "x:1: this is no OPML: it begins with <rss>"),
        (b"\x89PNG\r\n\x1a\n", "x:1: this is not utf-8 text"),
        (document('<outline text="\x01"/>'), "x:4: "),
        (document('<outline text="&undeclared;"/>'), "x:4: "),
        (document("&undeclared;"), "x:4: "),
        (document("").replace(b"<head/>", b"\n\xff"), "x:3: this is not UTF-8 text"),
    ],
)
def test_what_is_broken_is_refused_with_its_line(data: bytes, reason: str) -> None:
    with pytest.raises(OpmlError) as caught:
        read_opml(data, name="x")
    assert str(caught.value).startswith(reason)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("outline", "title"),
    [
        (feed("https://a.example/", 'text="Salt & pepper"'), "Salt & pepper"),
        (feed("https://a.example/", 'text="R&D; &amp; co &#38;"'), "R&D; & co &"),
        (feed("https://a.example/", 'text="Caf&eacute; &lt;b&gt;&nbsp;&"'), "Café <b>\xa0&"),
        ('<outline text="A" description="He said "no" twice." xmlUrl="https://a.example/"/>', "A"),
        ('<outline text="A "great" one" xmlUrl="https://a.example/" />', 'A "great" one'),
        ("<outline text='It's late' xmlUrl='https://a.example/'></outline>", "It's late"),
        ('<outline text="A" description="<a href="https://b.example/">b</a>" xmlUrl="https://a.example/"/>', "A"),
        ('<outline text="A" description="<i class="x" id="y">b</i>" xmlUrl="https://a.example/"/>', "A"),
        ('<outline text="A" own:key="1" xmlUrl="https://a.example/"/>', "A"),
        ('<outline text="A" text="B" xmlUrl="https://a.example/"/>', "A"),
        ('<outline\n text="A\n& B"\n xmlUrl="https://a.example/"/>', "A & B"),
    ],
)
def test_a_list_with_bare_characters_is_mended_and_says_so(outline: str, title: str) -> None:
    found = read_document(document(f"{outline}\n{feed('exec:x')}"), name="x")
    assert found.feeds == (OpmlFeed(url="https://a.example/", title=title),)
    assert [refused.line for refused in found.refused] == [5 + outline.count("\n")]
    assert found.mended.startswith("line ")


def test_the_head_of_a_list_may_hold_bare_characters() -> None:
    data = document(feed("https://a.example/")).replace(b"<head/>", b"<head><title>Mine & yours</title></head>")
    assert len(read_opml(data, name="x")) == 1


def test_mending_takes_no_more_than_linear_time() -> None:
    for part in ('<outline a="', '<outline text="a" ', "<outline ", "<outline a='\"", "&", '<outline a="" \t'):
        begun = time.process_time()
        with pytest.raises(OpmlError):
            read_opml(b"<opml><body>" + part.encode() * (300_000 // len(part)), name="x")
        assert time.process_time() - begun < 5, part


def test_depth_number_and_size_are_bounded() -> None:
    deep = '<outline text="x">' * (opml.MAX_DEPTH + 2)
    with pytest.raises(OpmlError, match="deeply nested"):
        read_opml(document(deep + "</outline>" * (opml.MAX_DEPTH + 2)), name="x")
    with pytest.raises(OpmlError, match=r"deep|depth"):
        read_opml(document('<outline text="x">' * 100_000), name="x")
    with pytest.raises(OpmlError, match="more than 10000 feeds"):
        read_opml(document(feed("https://a.example/") * (opml.MAX_FEEDS + 1)), name="x")
    with pytest.raises(OpmlError, match="too many"):
        read_opml(document("<outline/>" * opml.MAX_OUTLINES), name="x")
    with pytest.raises(OpmlError, match="larger than 10 MB"):
        read_opml(b" " * (opml.MAX_BYTES + 1), name="x")


def test_long_titles_are_cut() -> None:
    assert (
        len(read_opml(document(feed("https://a.example/", f'text="{"x" * 9999}"')), name="x")[0].title)
        == opml.MAX_TITLE
    )


LEGAL = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")) | st.sampled_from("\t\n\r\x85<&\"'>"), max_size=20)
FEEDS = st.lists(
    st.builds(
        OpmlFeed,
        url=st.text("abc?&=%<\"'/#", max_size=10).map(lambda path: f"https://a.example/{path}"),
        title=LEGAL,
        category=st.none() | LEGAL.filter(bool),
    ),
    max_size=6,
)


@given(feeds=FEEDS, title=st.text(max_size=10))
def test_feeds_come_back_as_they_were_written(feeds: list[OpmlFeed], title: str) -> None:
    assert list(read_opml(write_opml(feeds, title=title, now=NOW), name="x")) == feeds


@given(feeds=FEEDS)
def test_feeds_come_back_from_a_list_that_escapes_no_ampersand(feeds: list[OpmlFeed]) -> None:
    data = write_opml(feeds, title="x & y", now=NOW).replace(b"&amp;", b"&")
    names = re.compile(r"&#?\w+;")  # words that were written as they stand and now read as references
    if not any(names.search(f"{one.url} {one.title} {one.category}") for one in feeds):
        assert [one.url for one in read_opml(data, name="x")] == [one.url for one in feeds]


@given(feeds=FEEDS)
def test_a_well_formed_list_is_never_mended(feeds: list[OpmlFeed]) -> None:
    assert read_document(write_opml(feeds, title="x", now=NOW), name="x").mended == ""


@given(title=st.text(), category=st.none() | st.text())
def test_any_text_makes_a_well_formed_document(title: str, category: str | None) -> None:
    data = write_opml([OpmlFeed(url="https://a.example/", title=title, category=category)], title=title, now=NOW)
    etree.fromstring(data)
    assert len(read_opml(data, name="x")) == 1


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_feeds_or_an_opml_error(data: bytes) -> None:
    with contextlib.suppress(OpmlError):
        assert read_opml(data, name="x") == ()


def test_the_document_says_what_and_when() -> None:
    data = write_opml([], title="My <feeds>", now=NOW).decode()
    assert "<title>My &lt;feeds&gt;</title>" in data
    assert "<dateCreated>Sun, 01 Mar 2026 06:30:00 +0000</dateCreated>" in data
