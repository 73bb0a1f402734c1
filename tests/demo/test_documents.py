"""Each feed document is a well-formed one of its format and holds what had appeared by then."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from calendar import timegm
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import feedparser
import pytest

from aggregator.demo.documents import feed_document, last_change
from aggregator.demo.outlets import SampleOutlet, printings
from aggregator.demo.settings import DAYS

from .cases import CORRECTED, ENTRIES, OUTLETS, WITH_VIDEO

BASE = "http://127.0.0.1:8000"
XML = [outlet for outlet in OUTLETS.values() if outlet.style != "json"]
JSON = [outlet for outlet in OUTLETS.values() if outlet.style == "json"]


def document(slug: str, at: datetime = DAYS[1]) -> str:
    return feed_document(OUTLETS[slug], at=at, base=BASE).decode()


def parsed(outlet: SampleOutlet, at: datetime = DAYS[1]) -> Any:
    return feedparser.parse(feed_document(outlet, at=at, base=BASE), sanitize_html=False, resolve_relative_uris=False)


@pytest.mark.parametrize("outlet", XML, ids=lambda outlet: outlet.slug)
@pytest.mark.parametrize("at", DAYS)
def test_an_xml_feed_parses_and_gives_every_entry_with_its_guid_link_and_claimed_time(
    outlet: SampleOutlet, at: datetime
) -> None:
    feed = parsed(outlet, at)
    assert not feed.bozo
    assert feed.version == ("atom10" if outlet.style in {"atom", "xhtml"} else "rss20")
    assert feed.feed.language == outlet.language
    for item, printing in zip(feed.entries, printings(outlet, at), strict=True):
        entry = printing.entry
        assert (item.id, item.link, unescape(item.title)) == (entry.guid, entry.link, printing.title)
        assert datetime.fromtimestamp(timegm(item.published_parsed), tz=UTC) == entry.published


@pytest.mark.parametrize("outlet", JSON, ids=lambda outlet: outlet.slug)
def test_a_json_feed_gives_every_entry_with_its_id_url_and_claimed_time(outlet: SampleOutlet) -> None:
    feed = json.loads(feed_document(outlet, at=DAYS[1], base=BASE))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == BASE + outlet.path
    for item, printing in zip(feed["items"], printings(outlet, DAYS[1]), strict=True):
        entry = printing.entry
        assert (item["id"], item["url"], item["title"]) == (entry.guid, entry.link, printing.title)
        assert datetime.fromisoformat(item["date_published"]) == entry.published


@pytest.mark.parametrize("outlet", XML, ids=lambda outlet: outlet.slug)
def test_an_xml_feed_is_well_formed(outlet: SampleOutlet) -> None:
    assert ET.fromstring(feed_document(outlet, at=DAYS[1], base=BASE)).tag.endswith(("rss", "feed"))


@pytest.mark.parametrize("outlet", OUTLETS.values(), ids=lambda outlet: outlet.slug)
def test_nothing_is_served_before_it_appears_and_the_newest_stands_first(outlet: SampleOutlet) -> None:
    for entry in outlet.entries:
        before = printings(outlet, entry.appears - timedelta(seconds=1))
        assert entry.guid not in [printing.entry.guid for printing in before]
        assert printings(outlet, entry.appears)[0].entry.guid == entry.guid


def test_before_the_first_entry_a_feed_is_empty_and_has_no_last_change() -> None:
    early = datetime(2026, 7, 1, tzinfo=UTC)
    for outlet in OUTLETS.values():
        assert printings(outlet, early) == ()
        assert last_change(outlet, early) is None
    assert all(not parsed(outlet, early).entries for outlet in XML)


def test_the_excerpt_only_feed_gives_forty_to_sixty_words_and_never_the_whole() -> None:
    for item in parsed(OUTLETS["quickbrief"]).entries:
        excerpt, _, _ = item.description.partition("</p>")
        assert 40 <= len(excerpt.split()) <= 60
        assert excerpt.endswith("[…]")
        assert "content" not in item


def test_the_wordpress_feed_has_numeric_references_a_tracking_pixel_and_a_tail() -> None:
    text = document("quay-dispatch")
    assert "&#8217;" in text
    assert "’" not in text
    assert 'width="1" height="1"' in text
    assert 'appeared first on <a href="https://quaydispatch.example">Quay Dispatch</a>.</p>' in text


def test_the_description_feed_escapes_its_page_twice_over() -> None:
    assert "&lt;p&gt;" in document("daily-kestrel")
    assert "&amp;rsquo;" in document("daily-kestrel")


def test_an_ampersand_survives_every_coat_of_escaping() -> None:
    (meals,) = (item for item in parsed(OUTLETS["tidewater-post"]).entries if "School" in item.title)
    assert "Hearth &amp; Ladle" in meals.content[0].value


def test_the_corrected_piece_reads_differently_under_the_same_guid() -> None:
    first, second = (
        next(item for item in parsed(OUTLETS[CORRECTED[0]], at).entries if item.id == ENTRIES[CORRECTED].guid)
        for at in DAYS
    )
    assert "41,000" in first.title
    assert "410,000" in second.title
    assert "Correction, 10 July" in second.description


def test_the_video_is_an_attachment() -> None:
    items = json.loads(document(WITH_VIDEO[0]))["items"]
    (item,) = (item for item in items if item["id"] == ENTRIES[WITH_VIDEO].guid)
    assert item["attachments"][0]["mime_type"] == "video/mp4"


def test_the_declared_source_stands_in_the_feeds_own_field() -> None:
    items = json.loads(document("harbour-courier"))["items"]
    declared = {item["title"]: item["external_url"] for item in items if "external_url" in item}
    assert list(declared.values()) == [ENTRIES["merrow-wire", "ferry-talks"].link]


def test_the_credit_stands_at_the_place_that_the_foot_keeps_for_it() -> None:
    text = document("upland-record")
    source = text.index('The original source of this article is <a href="https://dailykestrel.example/')
    assert text.index("Note to readers") < source < text.rindex("Disclaimer")
    assert "{credit}" not in text
