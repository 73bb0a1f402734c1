"""What stands in the documents: feedparser's own expectations, dates, bodies, encodings, and a second look at each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import pytest
from lxml import etree

from aggregator.config import Fetch
from aggregator.model import Feed, Fetched, ParsedEntry, ParsedFeed, Unreadable
from aggregator.parse import dates
from aggregator.parse import feed as feed_module
from aggregator.parse.feed import parse
from aggregator.text.html import clean, extract, plain
from aggregator.text.outlets import OutletBook
from aggregator.update import plan_update
from tests.acceptance.documents import ARCHIVE, EXPECTED, MISSING, documents
from tests.acceptance.reasons import DEVIATIONS
from tests.acceptance.tables import ShowTable, agree

pytestmark = [pytest.mark.acceptance, pytest.mark.skipif(not ARCHIVE.exists(), reason=MISSING)]

NOW = datetime(2026, 7, 10, tzinfo=UTC)
HOME = "http://127.0.0.1:8097/tests/"
"""Where feedparser's own test server has its documents; some expectations name it."""
MEDIA = "{http://search.yahoo.com/mrss/}"
ITEMS = {"item", "entry"}


def read(path: str) -> ParsedFeed | Unreadable:
    url = HOME + path.rpartition("/tests/")[2]
    body = documents().bodies[path]
    return parse(body, content_type=documents().content_type(path), url=url, now=NOW, max_entries=5000)


@cache
def all_read() -> dict[str, ParsedFeed]:
    found = ((row["path"], read(row["path"])) for row in documents().rows)
    return {path: parsed for path, parsed in found if isinstance(parsed, ParsedFeed)}


# ---------------------------------------------------------------- feedparser's expectations


@dataclass(frozen=True, kw_only=True)
class Check:
    """One value that feedparser's authors expect, and whether ours agrees."""

    path: str
    what: str
    holds: bool


def test_what_feedparsers_authors_expect_holds_but_for_explained_reasons(show_table: ShowTable) -> None:
    checks, elsewhere = [], 0
    for row in documents().expectations:
        parsed = read(row["path"])
        for key, _, value in row["checks"]:
            found = check(row["path"], parsed, key, value)
            elsewhere += found is None
            checks += [found] if found else []
    differing = {one.path for one in checks if not one.holds}
    assert differing == set(DEVIATIONS), "explain each deviation in reasons.py, and only those"
    counted = Counter((one.what, one.holds) for one in checks)
    kinds = sorted({what for what, _ in counted})
    rows = [(kind, counted[kind, True], counted[kind, False]) for kind in kinds]
    show_table("feedparser's expectations", ("of", "hold", "explained"), [*rows, ("what we do not keep", elsewhere, 0)])
    show_table(
        "feedparser's expectations: why some do not hold",
        ("documents", "reason"),
        [(number, reason) for reason, number in Counter(DEVIATIONS.values()).most_common()],
    )
    agree(EXPECTED, {"expectations": {kind: [held, other] for kind, held, other in rows}})


def check(path: str, parsed: ParsedFeed | Unreadable, key: list[Any], value: Any) -> Check | None:
    """None for what we do not keep: bozo, encodings, images, people of the feed and the like."""
    field = ".".join("N" if isinstance(part, int) else part for part in key)
    test = CHECKS.get(field)
    if test is None:
        return None
    what, holds = test
    if isinstance(parsed, Unreadable):
        return Check(path=path, what=what, holds=False)
    if field.startswith("feed."):
        return Check(path=path, what=what, holds=holds(parsed, value))
    missing = key[1] >= len(parsed.entries)
    return Check(path=path, what=what, holds=not missing and holds(parsed.entries[key[1]], value))


def _title(of: Any, value: str) -> bool:
    return of.title in (value, plain(value))


def _moment(entry: ParsedEntry, value: Any) -> bool:
    return (_standard(value) if isinstance(value, str) else _from_tuple(value)) in (
        entry.published,
        entry.updated,
    )


def _from_tuple(parts: Sequence[int]) -> datetime:
    year, month, day, hour, minute, second = parts[:6]
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _body(entry: ParsedEntry, value: str | None) -> bool:
    return any(_says_the_same(mine, value or "") for mine in (entry.html, entry.summary))


def _says_the_same(mine: str, other: str) -> bool:
    """To the letter, as shown, or in words and links: we keep what was written, they clean it at once."""
    if mine == other or clean(mine, HOME) == clean(other, HOME):
        return True
    ours, theirs = extract(mine, HOME), extract(other, HOME)
    return bool(theirs.text) and (ours.text, ours.links) == (theirs.text, theirs.links)


CHECKS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    **dict.fromkeys(("feed.title", "feed.title_detail.value"), ("titles", _title)),
    **dict.fromkeys(("entries.N.title", "entries.N.title_detail.value"), ("titles", _title)),
    "feed.link": ("links", lambda parsed, value: parsed.link == value),
    "entries.N.link": ("links", lambda entry, value: entry.link == value),
    "feed.language": ("languages", lambda parsed, value: (parsed.language or "") == value),
    "entries.N.content.N.language": ("languages", lambda entry, value: entry.language in (value, None)),
    **dict.fromkeys(("entries.N.id", "entries.N.guid"), ("ids", lambda entry, value: (entry.guid or "") == value)),
    **dict.fromkeys(
        [f"entries.N.{name}{form}" for name in ("published", "created", "updated") for form in ("", "_parsed")],
        ("dates", _moment),
    ),
    **dict.fromkeys(
        [
            f"entries.N.{name}"
            for name in ("description", "summary", "summary_detail.value", "content.N.value", "subtitle")
        ],
        ("bodies", _body),
    ),
    **dict.fromkeys(
        ("entries.N.tags.N.term", "entries.N.tags.N.label"), ("tags", lambda entry, value: plain(value) in entry.tags)
    ),
    **dict.fromkeys(
        ("entries.N.author", "entries.N.author_detail.name", "entries.N.authors.N.name"),
        ("authors", lambda entry, value: value in entry.authors),
    ),
    "entries.N.source.title": ("sources", lambda entry, value: entry.source_name == plain(value)),
    "entries.N.source.link": ("sources", lambda entry, value: entry.source_url == value),
}

# ---------------------------------------------------------------- dates


@dataclass(frozen=True, kw_only=True)
class Dated:
    """A date as written, as the standard library reads it, as feedparser does, and as we do."""

    raw: str
    standard: datetime | None
    feedparsers: datetime | None
    ours: datetime | None


def test_dates_are_read_as_the_standards_say_also_where_feedparser_errs(show_table: ShowTable) -> None:
    found = [one for one in dated() if one.standard and dates.FIRST_YEAR <= one.standard.year <= NOW.year]
    unbelievable = [one for one in dated() if one.standard and not dates.FIRST_YEAR <= one.standard.year <= NOW.year]
    assert [one for one in found if one.ours is None or _apart(one.ours, one.standard)] == []
    assert [one for one in unbelievable if one.ours is not None] == []
    repaired = [one for one in found if one.feedparsers is None or _apart(one.feedparsers, one.standard)]
    others = [one for one in dated() if one.standard is None]
    numbers = {
        "of a standard or common form, read": len(found),
        "of them wrong or none in feedparser": len(repaired),
        "before 1990 or ahead, not believed": len(unbelievable),
        "of other forms, read": sum(one.ours is not None for one in others),
        "of other forms, none": sum(one.ours is None for one in others),
    }
    show_table("Dates", ("dates", "number"), list(numbers.items()))
    agree(EXPECTED, {"dates": numbers})


def _apart(one: datetime, other: datetime | None) -> bool:
    return other is None or abs((one - other).total_seconds()) >= 1


@cache
def dated() -> tuple[Dated, ...]:
    return tuple(_dated())


def _dated() -> Iterator[Dated]:
    for path, body in documents().bodies.items():
        document = None if path.endswith(".json") else feed_module._read(body, None)
        for entry in document["entries"] if document else ():
            for name in ("published", "updated", "created"):
                raw, parsed = dict.get(entry, name), dict.get(entry, f"{name}_parsed")
                if raw:
                    theirs = _from_tuple(parsed) if parsed and parsed[0] > 0 else None
                    ours = dates.repair(raw, parsed, NOW)
                    yield Dated(raw=raw, standard=_standard(raw), feedparsers=theirs, ours=ours)


def _reader(form: str) -> Callable[[str], datetime]:
    return lambda text: datetime.strptime(text, form).replace(tzinfo=UTC)


FORMS = ("%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%a, %b %d %Y %I:%M:%S %p", "%A, %B %d, %Y %I:%M %p")
SAID_OTHERWISE = re.compile(r"\b(?:bst|cest)$|[ap]m$|\+3000$|\D0001 ", re.IGNORECASE)
"""What email.utils misreads: zones that RFC 2822 does not name, halves of the day, no offset of this world, year 1."""


def _standard(raw: str) -> datetime | None:
    """The moment by the standard library alone; None for what it does not read, or not rightly."""
    readers: list[Callable[[str], datetime]] = [datetime.fromisoformat, *map(_reader, FORMS)]
    if not SAID_OTHERWISE.search(raw.strip()):
        readers.insert(0, parsedate_to_datetime)
    for reader in readers:
        try:
            moment = reader(raw.strip())
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


# ---------------------------------------------------------------- bodies and encodings


def test_no_caption_is_taken_for_a_body(show_table: ShowTable) -> None:
    captioned = bodiless = 0
    for path, parsed in all_read().items():
        elements = _items(documents().bodies[path])
        if len(elements) != len(parsed.entries):
            continue
        for element, entry in zip(elements, parsed.entries, strict=True):
            captions = {text for one in element.iter(f"{MEDIA}description") if (text := (one.text or "").strip())}
            own = {(child.text or "").strip() for child in element if child.tag != f"{MEDIA}description"}
            captioned += bool(captions)
            bodiless += bool(captions) and not entry.html
            assert entry.html == "" or entry.html not in captions - own, path
    numbers = {"entries with captions": captioned, "of them without a body": bodiless}
    show_table("Captions", ("entries", "number"), list(numbers.items()))
    agree(EXPECTED, {"captions": numbers})


def _items(body: bytes) -> list[Any]:
    if MEDIA[1:-1].encode() not in body:
        return []
    root = etree.fromstring(body, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    tagged = [one for one in (root.iter() if root is not None else ()) if isinstance(one.tag, str)]
    return [one for one in tagged if etree.QName(one).localname in ITEMS]


def test_one_document_in_many_encodings_is_one_feed(show_table: ShowTable) -> None:
    derived = [row for row in documents().rows if "derived_from" in row]
    assert len(derived) == 15
    for row in derived:
        assert read_plainly(row["path"]) == read_plainly(row["derived_from"]), row["path"]
    counted = Counter(row["declared_encoding"] for row in derived)
    show_table("Documents in other encodings, equal to their sources", ("encoding", "number"), sorted(counted.items()))


def read_plainly(path: str) -> ParsedFeed | Unreadable:
    """Read as if both stood at one address and nobody named their type."""
    return parse(documents().bodies[path], content_type=None, url=HOME, now=NOW, max_entries=5000)


# ---------------------------------------------------------------- again


def test_a_second_look_at_the_same_document_finds_nothing_new_and_nothing_changed() -> None:
    book = OutletBook((), {})
    for path, parsed in all_read().items():
        feed = Feed(id=1, url=HOME)
        answer = Fetched(url=HOME, status=200, body=b"")
        first = plan_update(feed, answer, parsed, (), book=book, settings=Fetch(), now=NOW)
        known = tuple(replace(entry, id=number) for number, entry in enumerate(first.new, start=1))
        again = plan_update(first.feed, answer, parsed, known, book=book, settings=Fetch(), now=NOW)
        assert (again.new, again.changed) == ((), ()), path
