"""The stories as feeds."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from lxml import etree

from aggregator.config import Site
from aggregator.render import feeds_out
from aggregator.render.site import render_site
from tests.render.builders import BERLIN, ONLINE, at, edition, full_site, name_of, pages, piece, speech, story

ATOM = "{http://www.w3.org/2005/Atom}"


def atom(site: Site) -> feedparser.FeedParserDict:
    return feedparser.parse(io.BytesIO(render_site(full_site(), site=site, names=name_of)["stories.atom"]))


def test_the_atom_feed_reads_without_a_complaint() -> None:
    found = atom(ONLINE)
    assert not found.bozo
    assert found.version == "atom10"
    assert len(found.entries) == 19
    assert found.entries[0].link.startswith("https://faircopy.example/news/story/")


def test_every_atom_entry_has_what_the_standard_demands() -> None:
    root = etree.fromstring(render_site(full_site(), site=ONLINE, names=name_of)["stories.atom"])
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
    ids = [element.text for element in root.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))


def test_the_latest_story_comes_first_and_dates_the_feed() -> None:
    found = atom(ONLINE)
    updated = [entry.updated for entry in found.entries]
    assert updated == sorted(updated, reverse=True)
    assert found.feed.updated == updated[0] == "2026-07-10T03:12:00Z"


def test_an_id_survives_growth_a_new_title_and_a_later_edition() -> None:
    before = story(5, piece(5))
    after = replace(before, title="Another title", last_at=at(48), pieces=(piece(5), piece(6, "b.example", at=at(48))))
    assert feeds_out.story_id(ONLINE, before) == feeds_out.story_id(ONLINE, after)
    assert feeds_out.story_id(ONLINE, before) == "tag:faircopy.example,2026-07-09:story/5"


def test_a_site_without_an_address_has_uuids_and_relative_links() -> None:
    found = render_site(full_site(), site=BERLIN, names=name_of)
    feed = json.loads(found["stories.json"])
    assert feed["items"][0]["id"].startswith("urn:uuid:")
    assert feed["items"][0]["url"].startswith("story/")
    assert feed["feed_url"] == "stories.json"


def test_the_json_feed_has_what_the_standard_demands() -> None:
    feed = json.loads(render_site(full_site(), site=ONLINE, names=name_of)["stories.json"])
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["home_page_url"] == "https://faircopy.example/news/index.html"
    for item in feed["items"]:
        assert {"id", "url", "title", "content_html", "date_published", "date_modified"} <= set(item)
        assert datetime.fromisoformat(item["date_modified"]).tzinfo is not None


def test_the_content_says_who_was_first_and_what_changed() -> None:
    feed = json.loads(render_site(full_site(), site=ONLINE, names=name_of)["stories.json"])
    lock = next(item for item in feed["items"] if item["title"].startswith("Lock operator"))
    assert "Quay Dispatch had it first, on Thursday 9 July at 16:10." in lock["content_html"]
    assert "Grew from 3 to 9 outlets. 4 independent reports, 5 copies, 2 credited." in lock["content_html"]
    assert lock["authors"][0] == {"name": "Quay Dispatch"}


def test_content_is_escaped_markup_of_our_own() -> None:
    bad = story(1, piece(1), title="<b>&", standfirst="<script>alert(1)</script>")
    feed = json.loads(render_site(pages(bad), site=ONLINE, names=name_of)["stories.json"])
    assert "<script>" not in feed["items"][0]["content_html"]
    assert feed["items"][0]["title"] == "<b>&"


def test_an_empty_edition_is_dated_by_its_end() -> None:
    made = feeds_out.feed(speech(ONLINE), edition(), site=ONLINE, home="")
    assert made.updated == "2026-07-10T04:30:00Z"


@pytest.mark.parametrize("count", [feeds_out.MOST_ITEMS + 50])
def test_a_feed_is_bounded(count: int) -> None:
    stories = tuple(story(number, piece(number, at=at(0) + timedelta(seconds=number))) for number in range(1, count))
    made = feeds_out.feed(speech(ONLINE), edition(*stories), site=ONLINE, home="")
    assert len(made.items) == feeds_out.MOST_ITEMS
    assert made.updated == feeds_out.stamp(datetime(2026, 7, 9, 12, tzinfo=UTC) + timedelta(seconds=count - 1))
