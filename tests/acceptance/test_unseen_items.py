"""Cutting known items out of a document gives the same entries as parsing it whole, on every document that we have."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest

from aggregator.config import Fetch
from aggregator.identity import identify
from aggregator.model import Entry, Feed, Fetched, ParsedFeed
from aggregator.parse.feed import parse
from aggregator.parse.plain_items import read_items
from aggregator.parse.unseen import KEY_BYTES, cut, parse_unseen
from aggregator.text.outlets import OutletBook
from aggregator.update import plan_update
from tests.acceptance import documents, polls

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not documents.ARCHIVE.exists(), reason=documents.MISSING),
]
NOW = datetime(2020, 5, 1, tzinfo=UTC)
URL = "https://paper.example/feed"
MOST = 2000
STRIDE = int(os.environ.get("EVERY_POLL", "0")) or 6
"""Of the real sequences every sixth is played; EVERY_POLL=1 plays all of them in some minutes."""


def subsets(keys: list[bytes]) -> Iterator[list[bytes]]:
    """Known items: none, all but the first, every other one, all."""
    yield []
    yield keys[1:]
    yield keys[::2]
    yield keys


def test_what_is_left_of_a_document_is_read_as_in_the_whole() -> None:
    found = documents.documents()
    cuttable = fallen_back = items = plain = 0
    for path, body in found.bodies.items():
        pieces = cut(body)
        if pieces is None:
            continue
        cuttable += 1
        items += len(pieces.items)
        plain += sum(map(bool, read_items(pieces.between[0], pieces.items, found.content_type(path))))
        whole = parse(body, content_type=found.content_type(path), url=URL, now=NOW, max_entries=MOST)
        for known in subsets(pieces.keys):
            reading = parse_unseen(
                body, b"".join(known), content_type=found.content_type(path), url=URL, now=NOW, max_entries=MOST
            )
            fallen_back += bool(known) and not reading.seen
            assert isinstance(whole, ParsedFeed)
            assert isinstance(reading.parsed, ParsedFeed)
            left_out = set(known) if reading.seen else set()
            places = [place for place, key in enumerate(pieces.keys) if key not in left_out]
            expected = tuple(whole.entries[place] for place in places) if left_out else whole.entries
            assert reading.parsed.entries == expected, path
            assert replace(reading.parsed, entries=()) == replace(whole, entries=()), path
    print(f"{cuttable} of {len(found.bodies)} documents can be cut; {fallen_back} times the whole was parsed")
    print(f"{plain} of {items} items are plain")
    assert cuttable > 1000
    assert plain > items / 2


class Reader:
    """A feed's state as the store would hold it, with or without knowing items by their bytes."""

    def __init__(self, *, cutting: bool) -> None:
        self.cutting, self.feed = cutting, Feed(id=1, url=URL)
        self.entries: dict[str, Entry] = {}
        self.seen = self.items = 0

    def poll(self, body: bytes, now: datetime) -> tuple[list[str], list[tuple[str, str, bytes]]]:
        """(guids of new entries, guid, title and digest of changed ones)."""
        keys = self.feed.history.item_keys if self.cutting else b""
        reading = parse_unseen(body, keys, content_type=None, url=URL, now=now, max_entries=MOST)
        parsed = reading.parsed
        items = identify(parsed) if isinstance(parsed, ParsedFeed) else ()
        guids, urls = {guid for item in items for guid in item.guids}, {item.url for item in items if item.url}
        known = [entry for entry in self.entries.values() if entry.guid in guids or entry.url in urls]
        outcome = Fetched(url=URL, status=200, body=body)
        book = OutletBook(())
        plan = plan_update(self.feed, outcome, parsed, known, book=book, settings=Fetch(), now=now, seen=reading.seen)
        self.feed = replace(plan.feed, history=replace(plan.feed.history, item_keys=reading.keys))
        self.seen, self.items = self.seen + reading.seen, self.items + len(reading.keys) // KEY_BYTES
        new = [entry for entry in plan.new if entry.guid not in self.entries]
        for entry in (*new, *plan.changed):
            self.entries[entry.guid] = replace(entry, id=entry.id or len(self.entries) + 1)
        changed = [(entry.guid, entry.title, entry.digest) for entry in plan.changed]
        return [entry.guid for entry in new], sorted(changed)


@pytest.mark.skipif(not polls.ARCHIVE.exists(), reason="the measuring data is not there")
def test_real_sequences_of_polls_change_the_same_entries() -> None:
    by_feed = sorted(polls.read_polls(), key=lambda poll: (poll.feed, poll.at))
    seen = items = 0
    for number, (name, sequence) in enumerate(groupby(by_feed, key=lambda poll: poll.feed)):
        if number % STRIDE:
            continue
        whole, cutting = Reader(cutting=False), Reader(cutting=True)
        for poll in sequence:
            now = poll.at + timedelta(0)
            assert cutting.poll(poll.body, now) == whole.poll(poll.body, now), (name, poll.at)
        assert cutting.entries.keys() == whole.entries.keys()
        seen, items = seen + cutting.seen, items + cutting.items
    print(f"{seen} of {items} items were known by their bytes")
    assert seen > items / 3
