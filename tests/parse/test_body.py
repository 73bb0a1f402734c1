from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.model import ParsedFeed
from aggregator.parse.body import choose
from aggregator.text.html import extract
from tests.parse.support import entries, read_bytes, rss


def test_a_media_description_is_never_the_body() -> None:
    assert [entry.html for entry in entries("captions.rss")] == [
        "The bridge is closed.",
        "The ferry runs.",
        "",
        "<p>Teaser.</p><p>And the whole text.</p>",
    ]


def test_a_lone_caption_is_no_summary_either() -> None:
    assert entries("captions.rss")[2].summary == ""


def test_the_shorter_text_is_the_summary() -> None:
    assert entries("captions.rss")[3].summary == "Teaser."


def test_the_description_of_a_films_group_is_its_summary() -> None:
    (entry,) = entries("video.atom")
    assert (entry.html, entry.summary) == ("", "How the ferry crosses the Reed in winter.")
    assert (entry.title, entry.enclosures[0].length) == ("The ferry", 12345)


def test_xhtml_content_is_the_body() -> None:
    (entry,) = entries("xhtml.atom")
    assert (entry.title, entry.summary) == ("The old bridge", "Short.")
    assert extract(entry.html, "https://heron.example/").text == "One link & more.\nTwo."


def test_a_teaser_in_the_content_does_not_hide_the_whole_text_in_the_description() -> None:
    whole = "&lt;p&gt;The whole text of the report, with all that was said on Monday.&lt;/p&gt;"
    teaser = (
        "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>The whole text…</content:encoded>"
    )
    found = read_bytes(rss(f"<description>{whole}</description>{teaser}"))
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].html.startswith("<p>The whole text of the report")
    assert found.entries[0].summary == "The whole text…"


def test_markup_does_not_make_a_text_longer() -> None:
    padded = "&lt;div class='" + "x" * 500 + "'&gt;Short.&lt;/div&gt;"
    plain = "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>A longer text.</content:encoded>"
    found = read_bytes(rss(f"<description>{padded}</description>{plain}"))
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].html == "A longer text."


def test_addresses_within_a_text_are_resolved_against_its_declared_base() -> None:
    (first, second, third) = entries("redirected.atom")
    assert first.link == "https://redirector.example/~r/heron/1"
    assert first.html == (
        '<p><a href="https://heron.example/news/b.html?a=1&amp;b=2">b</a> '
        '<a href="https://heron.example/c">c</a> <a href="#d">d</a> <a href="https://other.example/">e</a></p>'
    )
    assert second.html == "<a href=\"https://heron.example/news/2026/f.html\">f</a> a < b href='g'"
    assert (third.link, third.html) == ("https://feeds.example/news/a", '<a href="b.html">no base here</a>')


def test_a_podcasts_subtitle_is_its_summary_where_it_has_nothing_else() -> None:
    subtitle = "<itunes:subtitle xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>Ferries.</itunes:subtitle>"
    found = read_bytes(rss(subtitle, f"{subtitle}<description>All about ferries.</description>"))
    assert isinstance(found, ParsedFeed)
    assert [(entry.html, entry.summary) for entry in found.entries] == [("", "Ferries."), ("All about ferries.", "")]


ODD_PIECES = (
    "<p>", "</p>", "<a href='x y>'>", '<a href="b<c', "</a>", "<!-- ", " -->", "<![CDATA[", "]]>", "<script>", "</script>",
    "<b2b>", "&lt;p&gt;", "&lt;script&gt;", "&amp;lt;b&amp;gt;", "&nbsp;", "&copy", "&#x300;", "\u0300\u0300\u0300\u0300",
    "\u200b", "\u202e", "[words](https://heron.example/a-long-address)", "](", "word ", "words", "  ", "\n", "<br/>",
    "<pre>", "<svg>", "</svg>", "<", "3 < 4", ">", "\u65e5\u672c", '"', "&", "<x:script>",
)  # fmt: skip


@settings(deadline=None)
@given(*[st.lists(st.sampled_from(ODD_PIECES), min_size=1, max_size=30).map("".join)] * 2)
@example("[w](https://heron.example/a-long-address)", "Four words of text.")
@example("&lt;script&gt;" + "a long script " * 9 + "&lt;/script&gt;", "Words.")
@example("<!-- " + "a long comment " * 9 + " --><p>", "Words.")
def test_the_body_is_the_text_that_is_longest_once_extracted(content: str, summary: str) -> None:
    body, _ = choose({"content": [{"value": content}], "summary": summary}, "https://heron.example/")
    assert len(extract(body, None).text) == max(len(extract(text, None).text) for text in (content, summary))
