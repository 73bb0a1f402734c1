import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Enclosure, ParsedEntry, ParsedFeed, Unreadable
from tests.parse.support import feed, read_bytes


def test_a_json_feed_is_read_whole() -> None:
    found = feed("full.json", content_type="application/feed+json")
    assert (found.format, found.title, found.link, found.language) == (
        "JSON Feed 1.1",
        "Heron & Co",
        "https://feeds.example/",
        "en",
    )
    assert found.entries[0] == ParsedEntry(
        guid="7",
        link="https://feeds.example/a",
        title="One",
        authors=("Jo Doe", "Ann", "5"),
        published=datetime(2026, 7, 9, 8, tzinfo=UTC),
        updated=datetime(2026, 7, 9, 12, tzinfo=UTC),
        html="<p>Body</p>",
        summary="Short",
        language="fr",
        tags=("rivers", "4"),
        enclosures=(Enclosure(url="https://heron.example/a.mp3", type="audio/mpeg", length=12),),
        source_url="https://heron.example/source",
    )


def test_plain_content_is_escaped_and_an_address_as_id_is_the_link() -> None:
    entry = feed("full.json").entries[1]
    assert (entry.html, entry.link, entry.authors) == ("a &lt; b", "https://heron.example/b", ("Old Style",))


def test_authors_of_the_feed_stand_in_for_missing_ones() -> None:
    document = {"version": "https://jsonfeed.org/version/1", "authors": [{"name": "Desk"}], "items": [{"id": "1"}]}
    found = read_bytes(json.dumps(document).encode())
    assert isinstance(found, ParsedFeed)
    assert found.entries[0].authors == ("Desk",)


def test_items_of_wrong_types_are_passed_over() -> None:
    assert [entry.guid for entry in feed("full.json").entries] == ["7", "https://heron.example/b", None]


def test_the_newest_items_are_kept() -> None:
    items = [{"id": str(day), "date_published": f"2026-06-{day:02}T00:00:00Z"} for day in range(1, 8)]
    body = json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}).encode()
    found = read_bytes(body, max_entries=2)
    assert isinstance(found, ParsedFeed)
    assert [entry.guid for entry in found.entries] == ["6", "7"]
    assert found.notices == ("left out 5 of 7 entries: max_entries keeps the newest 2",)


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 100_000, '{"version": ' + "9" * 5000 + "}"])
def test_json_that_exhausts_the_parser_is_unreadable(body: str) -> None:
    assert isinstance(read_bytes(body.encode()), Unreadable)


def test_a_feed_without_its_version_is_known_by_its_words_and_another_programs_items_are_no_feed() -> None:
    mine = {"title": "Heron", "items": [{"title": "a", "content_text": "b"}]}
    other = {"title": "Results", "items": [{"title": "a", "link": "https://heron.example/", "description": "b"}]}
    assert isinstance(read_bytes(json.dumps(mine).encode()), ParsedFeed)
    assert read_bytes(json.dumps(other).encode()) == Unreadable(reason="JSON, but no JSON Feed")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ITEM = st.dictionaries(
    st.sampled_from(
        "id url title content_html content_text summary date_published tags authors author attachments".split()
    ),
    VALUES,
)


@settings(deadline=None)
@given(st.lists(ITEM | VALUES, max_size=3), VALUES)
def test_values_of_any_type_never_raise(items: list[Any], other: Any) -> None:
    document = {"version": "https://jsonfeed.org/version/1.1", "items": items, "title": other, "language": other}
    assert isinstance(read_bytes(json.dumps(document).encode()), ParsedFeed)
