"""The export format, which other programs rely on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aggregator.model import Copy, Credit, Enclosure, Piece, Role
from aggregator.store import feeds
from aggregator.store.database import Database
from aggregator.store.exporting import export, public
from tests.store.builders import DAY, HOUR, NOW, entry, grouped, listed, piece, plan, saved, story, table

FEED = "https://harbour.example/feed"


@pytest.fixture
def ids(db: Database) -> tuple[int, ...]:
    """Three entries of two outlets: a copy with its credit, and a piece that its story absorbed."""
    feeds.sync(db, [table(FEED, title="Harbour", category="port")], now=NOW)
    (feed,) = feeds.all_feeds(db)
    first = entry(feed, "g1", authors=("Ann",), tags=("port",), enclosures=(Enclosure(url="https://h.example/a.mp3"),))
    second = entry(feed, "g2", outlet="other.example", published=NOW - HOUR, first_seen=NOW + HOUR)
    third = entry(feed, "g3", first_seen=NOW + 2 * HOUR)
    new = saved(db, plan(feed, first, second, third, next_poll_why="own interval"))
    one, two, three = (item.id for item in new)
    credit = Credit(name="Harbour", url="https://harbour.example/", quote="from Harbour", position="foot", confidence=1)
    copy = Copy(
        entry_id=two, role=Role.REPUBLICATION, of=one, jaccard=0.5, containment=0.75, credit=credit, alarms=("x",)
    )
    joined = Piece(id=one, original=one, confidence=1.0, copies=(*piece(one).copies, copy), quoted_in=(three,))
    told = story(one, three, last_at=NOW + 2 * HOUR, aliases=(three,))
    grouped(db, pieces=(joined, piece(three)), stories=(told,))
    return (one, two, three)


def test_the_export_holds_exactly_the_promised_fields(db: Database, ids: tuple[int, ...]) -> None:
    one, two, three = ids
    document = export(db, since=None)
    assert document["feeds"] == [
        {
            "url": FEED,
            "title": "Harbour",
            "outlet": None,
            "category": "port",
            "last_success": "2026-03-01T06:30:00Z",
            "last_error": None,
            "next_poll_at": "2026-03-01T07:30:00Z",
            "next_poll_why": "own interval",
        }
    ]
    assert document["entries"][0] == {
        "id": one,
        "feed_url": FEED,
        "outlet": "harbour.example",
        "guid": "g1",
        "link": "https://harbour.example/g1?from=feed",
        "title": "About g1",
        "authors": ["Ann"],
        "published": None,
        "first_seen": "2026-03-01T06:30:00Z",
        "updated": None,
        "language": None,
        "tags": ["port"],
        "enclosures": [{"url": "https://h.example/a.mp3", "type": None, "length": None}],
        "piece": one,
        "role": "original",
        "of": None,
        "credit": None,
        "jaccard": None,
        "containment": None,
        "story": one,
        "revisions": 0,
    }
    copy = document["entries"][1]
    assert (copy["of"], copy["role"], copy["jaccard"], copy["containment"]) == (one, "republication", 0.5, 0.75)
    assert copy["credit"] == {
        "name": "Harbour",
        "url": "https://harbour.example/",
        "outlet": None,
        "quote": "from Harbour",
        "position": "foot",
        "confidence": 1.0,
    }
    assert document["pieces"] == [
        {"id": one, "original": one, "copies": [one, two], "quoted_in": [three]},
        {"id": three, "original": three, "copies": [three], "quoted_in": []},
    ]
    assert document["stories"] == [
        {
            "id": one,
            "aliases": [three],
            "title": "About g1",
            "pieces": [one, three],
            "outlets": ["harbour.example", "other.example"],
            "first_at": "2026-03-01T06:30:00Z",
            "last_at": "2026-03-01T08:30:00Z",
            "continues": None,
        }
    ]


def test_the_export_is_json_as_it_stands(db: Database, ids: tuple[int, ...]) -> None:
    document = export(db, since=None)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert len(document["entries"]) == len(ids)


def test_since_leaves_out_earlier_entries_and_keeps_stories_whole(db: Database, ids: tuple[int, ...]) -> None:
    document = export(db, since=NOW + 2 * HOUR)
    assert [item["id"] for item in document["entries"]] == [ids[2]]
    assert [item["id"] for item in document["pieces"]] == [ids[0], ids[2]]
    assert document["stories"][0]["outlets"] == ["harbour.example", "other.example"]
    empty = export(db, since=NOW + DAY)
    assert (empty["entries"], empty["pieces"], empty["stories"], len(empty["feeds"])) == ([], [], [], 1)


def test_entries_that_are_not_grouped_yet_have_no_place(db: Database) -> None:
    feed = listed(db)[0]
    saved(db, plan(feed, entry(feed)))
    (item,) = export(db, since=None)["entries"]
    assert (item["piece"], item["role"], item["story"], item["of"]) == (None, None, None, None)


def test_entries_of_a_retired_feed_keep_their_feed(db: Database, ids: tuple[int, ...]) -> None:
    listed(db, "https://other.example/feed")
    document = export(db, since=None)
    assert [(item["url"], item["next_poll_at"]) for item in document["feeds"]] == [
        (FEED, None),
        ("https://other.example/feed", "2026-03-01T06:30:00Z"),
    ]
    assert document["feeds"][0]["next_poll_why"] == "no longer in the config"
    assert {item["feed_url"] for item in document["entries"]} == {FEED}
    assert len(ids) == 3


def test_a_story_without_a_known_original_is_called_after_its_earliest_printing(db: Database) -> None:
    feed = listed(db)[0]
    one, two = (item.id for item in saved(db, plan(feed, entry(feed, "g1"), entry(feed, "g2"))))
    grouped(db, pieces=(replace(piece(one, two), original=None),), stories=(story(one),))
    assert export(db, since=None)["stories"][0]["title"] == "About g1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ann:pw@h.example/feed", "https://h.example/feed"),
        ("https://h.example/feed?token=abc&page=2", "https://h.example/feed?token=…&page=2"),
        ("https://h.example/feed?page=2&api_key=abc", "https://h.example/feed?page=2&api_key=…"),
        ("https://h.example/feed?keyword=port", "https://h.example/feed?keyword=port"),
        ("https://ann:pw@[h.example/feed", "[h.example/feed"),
    ],
)
def test_addresses_lose_what_lets_their_reader_in(url: str, shown: str) -> None:
    assert public(url) == shown


def test_secrets_in_feed_addresses_are_not_exported(db: Database) -> None:
    feed = listed(db, "https://ann:hunter2@h.example/feed?token=sesame")[0]
    saved(db, plan(feed, entry(feed)))
    text = json.dumps(export(db, since=None))
    assert "hunter2" not in text
    assert "sesame" not in text
