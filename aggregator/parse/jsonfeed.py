"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/). Values of the wrong type are passed over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any

from aggregator.model import Enclosure, ParsedEntry, ParsedFeed, Unreadable
from aggregator.parse import dates
from aggregator.parse.entries import MAX_AUTHORS, MAX_ENCLOSURES, MAX_GUID, MAX_TAGS
from aggregator.text.html import MAX_MARKUP, plain
from aggregator.text.urls import shown

_OWN_WORDS = frozenset({"content_html", "content_text", "external_url", "date_published"})
"""Keys that JSON Feed alone has: other programs' answers hold `items` with titles and addresses too."""


def parse_json(body: bytes, *, url: str, now: datetime, max_entries: int) -> ParsedFeed | Unreadable:
    """Read a JSON Feed; the newest `max_entries` are kept. Never raises."""
    try:
        document = json.loads(body.strip(b"\x00"))
    except (ValueError, RecursionError):
        return Unreadable(reason="JSON that is damaged or cut off")
    if not isinstance(document, dict):
        return Unreadable(reason="JSON, but no JSON Feed")
    items = [item for item in _list(document, "items") if isinstance(item, dict)]
    version = _text(document, "version")
    if "jsonfeed.org/version/" not in version and not _looks_alike(document, items):
        return Unreadable(reason="JSON, but no JSON Feed")
    return _feed(document, version, items, url, now, max_entries)


def _looks_alike(document: dict[str, Any], items: list[dict[str, Any]]) -> bool:
    """Whether a document of no such version has a feed's title or home and an item that says something in its words."""
    named = "home_page_url" in document or "title" in document
    return named and any(not _OWN_WORDS.isdisjoint(item) for item in items)


def _feed(
    document: dict[str, Any], version: str, items: list[dict[str, Any]], url: str, now: datetime, most: int
) -> ParsedFeed:
    language = _text(document, "language") or None
    shared = _authors(document)
    entries = [entry for item in items if (entry := _entry(item, url, now, language, shared))]
    kept = _newest(entries, most)
    left = len(entries) - len(kept)
    notices = (f"left out {left} of {len(entries)} entries: max_entries keeps the newest {most}",) if left else ()
    return ParsedFeed(
        format=f"JSON Feed {version.rpartition('/')[2] or '1'}"[:20],
        title=plain(_text(document, "title")),
        link=_address(document, "home_page_url", url),
        language=language,
        entries=tuple(kept),
        notices=notices,
    )


def _entry(
    item: dict[str, Any], base: str, now: datetime, language: str | None, shared: tuple[str, ...]
) -> ParsedEntry | None:
    guid = _text(item, "id")[:MAX_GUID]
    html = (_text(item, "content_html") or escape(_text(item, "content_text"), quote=False))[:MAX_MARKUP]
    link = _address(item, "url", base) or shown(guid, None)
    title = plain(_text(item, "title"))
    if not (guid or link or title or html):
        return None
    own = _text(item, "language") or None
    return ParsedEntry(
        guid=guid or None,
        link=link,
        title=title,
        authors=_authors(item) or shared,
        published=dates.repair(_text(item, "date_published"), None, now),
        updated=dates.repair(_text(item, "date_modified"), None, now),
        html=html,
        summary=_text(item, "summary")[:MAX_MARKUP],
        language=own if own != language else None,
        tags=tuple(dict.fromkeys(tag for raw in _list(item, "tags") if (tag := plain(_scalar(raw)))))[:MAX_TAGS],
        enclosures=tuple(_enclosures(item, base)),
        source_url=_address(item, "external_url", base),
    )


def _authors(holder: dict[str, Any]) -> tuple[str, ...]:
    """`authors` of version 1.1, `author` of 1.0."""
    people = [*_list(holder, "authors"), holder.get("author")]
    names = (plain(_text(person, "name") if isinstance(person, dict) else _scalar(person)) for person in people)
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_AUTHORS]


def _enclosures(item: dict[str, Any], base: str) -> Iterator[Enclosure]:
    for file in _list(item, "attachments")[:MAX_ENCLOSURES]:
        address = _address(file, "url", base) if isinstance(file, dict) else None
        if address:
            size = file.get("size_in_bytes")
            length = size if isinstance(size, int) and 0 <= size < 2**53 else None
            yield Enclosure(url=address, type=plain(_text(file, "mime_type")) or None, length=length)


def _newest(entries: list[ParsedEntry], most: int) -> list[ParsedEntry]:
    if len(entries) <= most:
        return entries
    oldest = datetime.min.replace(tzinfo=UTC)
    ranked = sorted(enumerate(entries), key=lambda pair: (pair[1].published or pair[1].updated or oldest, -pair[0]))
    return [entries[place] for place in sorted(place for place, _ in ranked[-most:])]


def _list(holder: dict[str, Any], key: str) -> list[Any]:
    value = holder.get(key)
    return value if isinstance(value, list) else []


def _address(holder: dict[str, Any], key: str, base: str) -> str | None:
    value = holder.get(key)
    return shown(value, base) if isinstance(value, str) else None


def _text(holder: dict[str, Any], key: str) -> str:
    return _scalar(holder.get(key))


def _scalar(value: Any) -> str:
    """A string or a number as text; lone surrogates, which JSON can spell, become U+FFFD."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    try:
        return str(value).strip().encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else str(value)
    except ValueError:  # an integer of more than 4300 digits
        return ""
