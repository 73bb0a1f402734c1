from aggregator.model import ParsedFeed
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
