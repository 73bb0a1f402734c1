"""What one poll changes, from documents as the parser hands them over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config import Fetch, Outlet
from aggregator.identity import LONGEST_GUID, identify
from aggregator.model import (
    Enclosure,
    Entry,
    FailureKind,
    Feed,
    FeedPlan,
    Fetched,
    FetchFailed,
    ParsedEntry,
    ParsedFeed,
    ServerHints,
    Unchanged,
    Unreadable,
    Validators,
)
from aggregator.text.outlets import OutletBook
from aggregator.update import body_digest, plan_update

NOW = datetime(2020, 1, 6, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
FEED = Feed(id=7, url="https://paper.example/feed", validators=Validators(etag='"0"', last_modified="old"))
BODY = "<p>The harbour board met on Monday.</p><p>It decided nothing.</p>"


def item(number: int = 1, **values: Any) -> ParsedEntry:
    given: dict[str, Any] = {
        "guid": f"id-{number}",
        "link": f"https://paper.example/{number}",
        "title": f"Board meets {number}",
        "html": f"{BODY}<p>Note {number}.</p>",
        "published": NOW - timedelta(hours=2),
    }
    return ParsedEntry(**(given | values))


def document(*entries: ParsedEntry, **values: Any) -> ParsedFeed:
    return ParsedFeed(format="rss20", entries=entries, **values)


def fetched(**values: Any) -> Fetched:
    given: dict[str, Any] = {"url": FEED.url, "status": 200, "body": b"body", "validators": Validators(etag='"1"')}
    return Fetched(**(given | values))


def plan(
    parsed: ParsedFeed | Unreadable | None,
    known: tuple[Entry, ...] = (),
    *,
    outcome: Fetched | Unchanged | FetchFailed | None = None,
    feed: Feed = FEED,
    book: OutletBook | None = None,
    now: datetime = NOW,
) -> FeedPlan:
    return plan_update(
        feed, outcome or fetched(), parsed, known, book=book or OutletBook(()), settings=Fetch(), now=now
    )


def stored(*entries: ParsedEntry, **values: Any) -> tuple[Entry, ...]:
    """The entries as the store would hold them after a first poll: ids from 100."""
    new = plan(document(*entries, **values)).new
    return tuple(replace(entry, id=100 + place, piece_id=100) for place, entry in enumerate(new))


def poll_again(known: tuple[Entry, ...], *entries: ParsedEntry) -> tuple[list[str], list[int]]:
    """(titles of new entries, ids of changed ones) when `entries` come an hour later."""
    after = plan(document(*entries), known, now=LATER)
    return [entry.title for entry in after.new], [entry.id for entry in after.changed]


# ---------------------------------------------------------------- new entries


def test_a_new_entry_keeps_what_its_feed_says_and_when_we_saw_it() -> None:
    given = item(
        title="<b>Board</b> &amp; crane", authors=("Ada  Low",), tags=("port",), updated=NOW, source_name="Wire"
    )
    (entry,) = plan(document(given, language="en")).new
    assert (entry.id, entry.feed_id, entry.guid, entry.outlet) == (0, 7, "id-1", "paper.example")
    assert entry.title == "Board & crane"
    assert entry.text.split("\n") == ["The harbour board met on Monday.", "It decided nothing.", "Note 1."]
    assert (entry.first_seen, entry.published, entry.updated) == (NOW, given.published, NOW)
    assert (entry.authors, entry.tags, entry.source_name, entry.language) == (("Ada Low",), ("port",), "Wire", "en")
    assert entry.html == given.html
    assert len(entry.digest) == 16


def test_a_claimed_date_in_the_future_stays_claimed() -> None:
    (entry,) = plan(document(item(published=NOW + timedelta(days=400)))).new
    assert entry.published == NOW + timedelta(days=400)
    assert entry.first_seen == NOW


def test_a_summary_stands_in_for_a_missing_body() -> None:
    (entry,) = plan(document(item(html="", summary="<p>In short.</p>"))).new
    assert entry.text == "In short."


@pytest.mark.parametrize(
    ("feed_outlet", "link", "outlet"),
    [
        (None, "https://www.other.example/1", "other.example"),
        (None, "https://blog.harbour.example/1", "Harbour News"),
        (None, None, "paper.example"),
        (None, "/relative", "paper.example"),
        ("Paper", "https://other.example/1", "Paper"),
    ],
)
def test_the_outlet_is_the_configured_one_else_the_links_else_the_feeds(
    feed_outlet: str | None, link: str | None, outlet: str
) -> None:
    book = OutletBook((Outlet(name="Harbour News", domains=("harbour.example",)),))
    (entry,) = plan(document(item(link=link)), feed=replace(FEED, outlet=feed_outlet), book=book).new
    assert entry.outlet == outlet


# ---------------------------------------------------------------- known entries


def test_the_same_document_again_changes_nothing() -> None:
    assert poll_again(stored(item(1), item(2)), item(1), item(2)) == ([], [])


@pytest.mark.parametrize(
    "edit",
    [
        {"title": "Board meets twice"},
        {"html": BODY + "<p>Correction: it did decide.</p>"},
        {"link": "https://paper.example/moved"},
        {"authors": ("Ada Low",)},
        {"tags": ("port",)},
        {"enclosures": (Enclosure(url="https://paper.example/a.mp3"),)},
    ],
)
def test_an_edit_that_a_reader_can_see_makes_a_changed_entry(edit: dict[str, Any]) -> None:
    known = stored(item(1), item(2))
    after = plan(document(item(1, **edit), item(2)), known, now=LATER)
    assert after.new == ()
    (changed,) = after.changed
    old = known[0]
    assert (changed.id, changed.guid, changed.first_seen, changed.piece_id) == (100, old.guid, NOW, 100)
    assert changed.revisions == 1
    assert after.status == "changed"


@pytest.mark.parametrize(
    "edit",
    [
        {"updated": LATER},
        {"published": LATER},
        {"link": "https://www.paper.example/1?utm_source=rss"},
        {"html": f'<div class="x">{BODY}<p>Note 1.</p></div>'},
    ],
)
def test_new_dates_tracking_parameters_and_markup_are_no_edit(edit: dict[str, Any]) -> None:
    assert poll_again(stored(item(1)), item(1, **edit)) == ([], [])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (item(1, guid="a"), item(1, guid="b")),
        (item(1, guid="a"), item(1, guid="b", published=LATER)),
        (item(1, guid="http://paper.example/?p=1"), item(1, guid="https://paper.example/?p=1")),
        (item(1, guid=None, link="http://paper.example/1"), item(1, guid=None, link="https://paper.example/1")),
        (item(1, guid="a", link=None), item(1, guid="b", link=None)),
    ],
)
def test_a_guid_that_changes_does_not_make_a_new_entry(before: ParsedEntry, after: ParsedEntry) -> None:
    assert poll_again(stored(before), after) == ([], [])


def test_a_changed_guid_with_the_same_address_and_title_is_an_edit_of_the_text() -> None:
    known = stored(item(1, guid="a"))
    after = plan(document(item(1, guid="b", html="<p>All new.</p>")), known, now=LATER)
    assert [(entry.id, entry.guid, entry.text) for entry in after.changed] == [(100, "a", "All new.")]


def test_another_item_at_the_same_address_is_new() -> None:
    known = stored(item(1, link="https://paper.example/"))
    assert poll_again(known, item(2, link="https://paper.example/")) == (["Board meets 2"], [])


def test_a_purged_entry_is_known_by_its_digest_though_its_guid_changed() -> None:
    stub = replace(stored(item(1, guid="a"))[0], title="", text="", html="")
    assert poll_again((stub,), item(1, guid="b")) == ([], [])


def test_entries_without_title_and_text_are_not_taken_for_each_other() -> None:
    empty = {"title": "", "html": "", "link": None}
    assert len(poll_again(stored(item(1, **empty)), item(2, **empty))[0]) == 1


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        (item(guid=" id "), "id"),
        (item(guid=None, link="https://paper.example/1"), "https://paper.example/1"),
        (item(guid="", link="https://paper.example/1"), "https://paper.example/1"),
    ],
)
def test_the_key_is_the_guid_or_else_the_link(entry: ParsedEntry, key: str) -> None:
    assert [found.guid for found in identify(document(entry))] == [key]


def test_without_guid_and_link_the_words_make_the_key_and_the_date_does_not() -> None:
    (first,) = identify(document(item(guid=None, link=None)))
    (second,) = identify(document(item(guid=None, link=None, published=LATER)))
    (third,) = identify(document(item(2, guid=None, link=None)))
    assert first.guid == second.guid != third.guid


def test_an_endless_guid_is_replaced_by_its_hash() -> None:
    first, second = (identify(document(item(guid="x" * 9000 + end)))[0].guid for end in "ab")
    assert len(first) < LONGEST_GUID
    assert first != second


def test_one_guid_on_all_items_is_told_apart_by_the_links_and_stays_so() -> None:
    entries = [item(number, guid="same") for number in (1, 2, 3)]
    known = stored(*entries)
    assert len({entry.guid for entry in known}) == 3
    assert poll_again(known, *reversed(entries)) == ([], [])
    assert poll_again(known, item(4, guid="same"), *entries[:2]) == (["Board meets 4"], [])


def test_an_item_listed_twice_is_one_entry() -> None:
    assert len(identify(document(item(1), item(1)))) == 1


def test_a_known_entry_whose_guid_becomes_shared_is_still_known() -> None:
    assert poll_again(stored(item(1, guid="same")), item(2, guid="same"), item(1, guid="same")) == (
        ["Board meets 2"],
        [],
    )


words = st.one_of(st.none(), st.text(max_size=8))


@given(st.lists(st.tuples(words, words, st.text(max_size=4)), max_size=12))
def test_any_document_is_keyed_without_doubles_and_the_second_poll_brings_nothing(
    rows: list[tuple[str | None, str | None, str]],
) -> None:
    entries = [ParsedEntry(guid=guid, link=link, title=title) for guid, link, title in rows]
    keys = [found.guid for found in identify(document(*entries))]
    assert len(keys) == len(set(keys))
    assert poll_again(stored(*entries), *entries) == ([], []) or not entries


# ---------------------------------------------------------------- the feed's state


def test_a_200_replaces_both_validators_as_one_set() -> None:
    after = plan(document(item())).feed
    assert after.validators == Validators(etag='"1"', last_modified=None)
    assert after.body_hash == body_digest(b"body")


def test_success_clears_the_errors_and_counts_its_times() -> None:
    feed = replace(FEED, failures=3, last_error="timeout")
    after = plan(document(item()), feed=feed)
    assert (after.feed.failures, after.feed.last_error) == (0, None)
    assert (after.feed.last_success, after.feed.last_attempt, after.feed.last_new) == (NOW, NOW, NOW)
    assert (after.status, after.http_status, after.body_bytes) == ("new", 200, 4)
    assert after.feed.next_poll_at is not None
    assert after.feed.next_poll_why == "every 60 min"


def test_an_identical_body_keeps_the_entries_and_takes_the_new_validators() -> None:
    after = plan(None, outcome=fetched(validators=Validators(etag='"2"')), feed=replace(FEED, last_new=NOW), now=LATER)
    assert (after.status, after.new, after.changed) == ("unchanged", (), ())
    assert after.feed.validators == Validators(etag='"2"')
    assert (after.feed.last_new, after.feed.last_success) == (NOW, LATER)


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        (Validators(), Validators(etag='"0"', last_modified="old")),
        (Validators(etag='"2"'), Validators(etag='"2"', last_modified="old")),
        (Validators(last_modified="new"), Validators(etag='"0"', last_modified="new")),
    ],
)
def test_a_304_changes_only_the_validators_that_it_carries(carried: Validators, expected: Validators) -> None:
    outcome = Unchanged(validators=carried, hints=ServerHints(max_age=timedelta(hours=5)))
    after = plan(None, outcome=outcome, feed=replace(FEED, failures=2, body_hash=b"h"))
    assert after.feed.validators == expected
    assert (after.status, after.http_status, after.feed.failures) == ("not-modified", 304, 0)
    assert after.feed.body_hash == b"h"
    assert "max-age" in after.feed.next_poll_why


@pytest.mark.parametrize(
    ("outcome", "parsed", "status"),
    [
        (FetchFailed(kind=FailureKind.TIMEOUT, detail="too slow"), None, "timeout"),
        (fetched(), Unreadable(reason="too slow"), "unreadable"),
        (fetched(), document(), "empty"),
    ],
)
def test_a_failure_of_any_sort_leaves_validators_hash_and_successes_alone(
    outcome: Fetched | FetchFailed, parsed: ParsedFeed | Unreadable | None, status: str
) -> None:
    feed = replace(FEED, failures=2, body_hash=b"h", last_success=NOW, last_new=NOW)
    after = plan(parsed, outcome=outcome, feed=feed, now=LATER)
    assert after.status == status
    assert (after.feed.validators, after.feed.body_hash) == (FEED.validators, b"h")
    assert (after.feed.last_success, after.feed.last_new, after.feed.last_attempt) == (NOW, NOW, LATER)
    assert after.feed.failures == 3
    assert after.feed.last_error == after.detail != ""
    assert (after.new, after.changed) == ((), ())


def test_a_feed_that_never_had_entries_may_be_empty() -> None:
    assert plan(document()).status == "unchanged"


def test_410_stops_the_feed_and_404_does_not() -> None:
    gone = plan(None, outcome=FetchFailed(kind=FailureKind.GONE, detail="410", status=410)).feed
    assert (gone.gone, gone.next_poll_at) == (True, None)
    lost = plan(None, outcome=FetchFailed(kind=FailureKind.NOT_FOUND, detail="404", status=404)).feed
    assert not lost.gone
    assert lost.next_poll_at is not None
    assert lost.next_poll_at < NOW + timedelta(days=2)


def test_the_documents_words_on_the_feed_are_kept_but_a_configured_title_stands() -> None:
    parsed = document(item(), title="The <i>Paper</i>", link="https://paper.example/", ttl=timedelta(hours=3))
    after = plan(parsed).feed
    assert (after.title, after.site_url, after.publisher_interval) == (
        "The Paper",
        "https://paper.example/",
        timedelta(hours=3),
    )
    assert plan(parsed, feed=replace(FEED, title="Mine")).feed.title == "Mine"


def test_a_permanent_move_is_reported_and_not_followed_by_itself() -> None:
    after = plan(document(item()), outcome=fetched(permanent_url="https://new.example/feed"))
    assert "https://new.example/feed" in after.detail
    assert after.feed.url == FEED.url
