"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/). Values of the wrong type are passed over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import Any

from aggregator.model import Enclosure, ParsedEntry, ParsedFeed, Unreadable
from aggregator.parse import dates
from aggregator.parse.bounds import Allowance
from aggregator.parse.entries import MAX_AUTHORS, MAX_ENCLOSURES, MAX_GUID, MAX_TAGS
from aggregator.parse.json_members import LARGEST_VALUE, members
from aggregator.text.html import MAX_MARKUP, plain
from aggregator.text.urls import shown

_HEAD = frozenset({"version", "title", "home_page_url", "language", "authors", "author"})
_OWN_WORDS = frozenset({"content_html", "content_text", "external_url", "date_published"})
"""Keys that JSON Feed alone has: other programs' answers hold `items` with titles and addresses too."""


def parse_json(body: bytes, *, url: str, now: datetime, max_entries: int) -> ParsedFeed | Unreadable:
    """Read a JSON Feed; the newest `max_entries` are kept. Never raises."""
    allowance = Allowance(most=max_entries, newest=partial(_newest, most=max_entries))
    try:
        head, entries, own_words = _read(_decoded(body), url, now, allowance)
    except (ValueError, RecursionError):
        return Unreadable(reason=_damage(body))
    version = _text(head, "version")
    if "jsonfeed.org/version/" not in version and not _looks_alike(head, own_words=own_words):
        return Unreadable(reason="JSON, but no JSON Feed")
    return _feed(head, version, entries, url, allowance)


def _decoded(body: bytes) -> str:
    """The text, in whichever Unicode encoding. Raises ValueError."""
    body = body.strip(b"\x00")
    return body.decode(json.detect_encoding(body), "surrogatepass")


def _damage(body: bytes) -> str:
    if body.lstrip(b"\x00\xef\xbb\xbf \t\r\n").startswith(b"["):
        return "JSON, but no JSON Feed"
    values = f", or with a value of more than {LARGEST_VALUE:,} characters" if len(body) > LARGEST_VALUE else ""
    return f"JSON that is damaged or cut off{values}"


def _read(
    text: str, url: str, now: datetime, allowance: Allowance[ParsedEntry]
) -> tuple[dict[str, Any], list[ParsedEntry], bool]:
    """The feed's own members, its newest entries, and whether an item has words of JSON Feed's own. Raises as members.

    Each item becomes an entry at once: what else it holds is let go.
    """
    head: dict[str, Any] = {}
    entries: list[ParsedEntry] = []
    own_words = False
    for name, value in members(text, "items"):
        if name in _HEAD:
            head[name] = value
        elif name == "items" and isinstance(value, dict) and (entry := _entry(value, url, now)):
            own_words = own_words or not _OWN_WORDS.isdisjoint(value)
            allowance.make_room(entries)
            entries.append(entry)
    return head, entries, own_words


def _looks_alike(head: dict[str, Any], *, own_words: bool) -> bool:
    """Whether a document of no such version has a feed's title or home and an item that says something in its words."""
    return own_words and ("home_page_url" in head or "title" in head)


def _feed(
    head: dict[str, Any], version: str, entries: list[ParsedEntry], url: str, allowance: Allowance[ParsedEntry]
) -> ParsedFeed:
    language = _text(head, "language") or None
    shared = _authors(head)
    kept = _newest(entries, allowance.most)
    total, most = allowance.left + len(entries), allowance.most
    left = total - len(kept)
    notices = (f"left out {left} of {total} entries: max_entries keeps the newest {most}",) if left else ()
    return ParsedFeed(
        format=f"JSON Feed {version.rpartition('/')[2] or '1'}"[:20],
        title=plain(_text(head, "title")),
        link=_address(head, "home_page_url", url),
        language=language,
        entries=tuple(_within(entry, language, shared) for entry in kept),
        notices=notices,
    )


def _within(entry: ParsedEntry, language: str | None, shared: tuple[str, ...]) -> ParsedEntry:
    """The entry with its feed's authors where it has none, and a language only where that is another."""
    other = entry.language if entry.language != language else None
    return replace(entry, authors=entry.authors or shared, language=other)


def _entry(item: dict[str, Any], base: str, now: datetime) -> ParsedEntry | None:
    guid = _text(item, "id")[:MAX_GUID]
    html = (_text(item, "content_html") or escape(_text(item, "content_text")[:MAX_MARKUP], quote=False))[:MAX_MARKUP]
    link = _address(item, "url", base) or shown(guid, None)
    title = plain(_text(item, "title"))
    if not (guid or link or title or html):
        return None
    return ParsedEntry(
        guid=guid or None,
        link=link,
        title=title,
        authors=_authors(item),
        published=dates.repair(_text(item, "date_published"), None, now),
        updated=dates.repair(_text(item, "date_modified"), None, now),
        html=html,
        summary=_text(item, "summary")[:MAX_MARKUP],
        language=_text(item, "language") or None,
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
