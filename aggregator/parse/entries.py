"""feedparser's dictionaries into ParsedEntry. Knows their keys, not feedparser itself.

They are read through `dict.get`, since their own `get` maps keys onto one another and warns about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.model import Enclosure, ParsedEntry
from aggregator.parse import body, dates
from aggregator.text.html import plain
from aggregator.text.urls import shown

MAX_GUID = 2000
"""Characters of a guid that are kept; real ones are addresses."""

MAX_AUTHORS = 20
MAX_TAGS = 50
MAX_ENCLOSURES = 20
"""Most in 9,103 real entries: 2 authors, 34 tags, a few list dozens of sizes of one picture, of which 20 do."""

MAX_WRONG_DATES = 100
"""Unreadable dates of one document after which only the usual forms are tried: each other one takes 4 ms."""

_DATES = ("published", "created", "updated")
_MARK_OF_ADDRESS = re.compile(r"[/.?#]")
_EMAIL = re.compile(r"[^\s@()<>,;:\"]{1,64}@[^\s@()<>,;:\"]{1,255}")
_EMPTY_BRACKETS = re.compile(r"[(<\[]\s*(?:mailto:\s*)?[)>\]]")
_IN_BRACKETS = re.compile(r"\((.+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an entry takes from its feed: the address to resolve against, its format, its language, the time."""

    base: str
    atom: bool
    language: str | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When an entry claims to have been published and updated."""

    published: datetime | None
    updated: datetime | None


def entry_from(found: dict[str, Any], times: Times, around: Surroundings) -> ParsedEntry:
    """One entry as the feed gives it. Links are absolute; names, titles and tags one line of plain text each."""
    html, summary = body.choose(found, around.base)
    guid = str(dict.get(found, "verbatim_id") or dict.get(found, "id") or "").strip()[:MAX_GUID]
    source_name, source_url = _source(found, around.base)
    language = body.declared_language(found)
    return ParsedEntry(
        guid=guid or None,
        link=_link(found, guid, around.base),
        title=plain(str(dict.get(found, "title") or "")),
        authors=tuple(_authors(found)),
        published=times.published,
        updated=times.updated,
        html=html,
        summary=summary,
        language=language if language != around.language else None,
        tags=tuple(_tags(dict.get(found, "tags") or ())),
        enclosures=tuple(_enclosures(found, around.base)),
        source_name=source_name,
        source_url=source_url,
    )


def times_of(entries: Iterable[dict[str, Any]], around: Surroundings) -> Iterator[Times]:
    """The times of each entry; after `MAX_WRONG_DATES` unreadable ones no more foreign languages are tried."""
    wrong = 0
    for found in entries:
        times = _times(found, around, thorough=wrong < MAX_WRONG_DATES)
        wrong += times.published is None and times.updated is None and any(dict.get(found, name) for name in _DATES)
        yield times


def _times(found: dict[str, Any], around: Surroundings, *, thorough: bool) -> Times:
    """In RSS a lone dc:date is when it was published; in Atom a lone `updated` stays what it is."""
    published, created, updated = (
        dates.repair(dict.get(found, name), dict.get(found, f"{name}_parsed"), around.now, thorough=thorough)
        for name in _DATES
    )
    published = published or created
    if published is None and not around.atom:
        return Times(published=updated, updated=None)
    return Times(published=published, updated=updated)


def _link(found: dict[str, Any], guid: str, base: str) -> str | None:
    """The entry's page: FeedBurner's original, else the link, any alternate link, a guid that is an address.

    RSS takes a guid for an address unless it says that it is none; what has no sign of one is a name all the same.
    """
    alternates = [
        link.get("href") for link in dict.get(found, "links") or () if link.get("rel", "alternate") == "alternate"
    ]
    permanent = guid if dict.get(found, "guidislink") or guid.lower().startswith(("http://", "https://")) else None
    for candidate in (dict.get(found, "feedburner_origlink"), dict.get(found, "link"), *alternates, permanent):
        if not isinstance(candidate, str) or (candidate.strip() == guid and not _MARK_OF_ADDRESS.search(guid)):
            continue
        if address := shown(candidate, base):
            return address
    return None


def _authors(found: dict[str, Any]) -> Iterator[str]:
    """Names without e-mail addresses; an author who gave only an address has no name."""
    people = dict.get(found, "authors") or [{"name": dict.get(found, "author")}]
    return _unique((_name(str(person.get("written") or person.get("name") or "")) for person in people), MAX_AUTHORS)


def _name(author: str) -> str:
    """`jo@example.org (Jo Doe)` and `Jo Doe <jo@example.org>` are "Jo Doe"."""
    if not _EMAIL.search(author):
        return plain(author)
    without = _EMPTY_BRACKETS.sub(" ", _EMAIL.sub(" ", author)).strip()
    inside = _IN_BRACKETS.fullmatch(without)
    return plain(inside[1] if inside else without)


def _tags(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    return _unique((plain(str(tag.get("label") or tag.get("term") or "")) for tag in found), MAX_TAGS)


def _unique(values: Iterable[str], most: int) -> Iterator[str]:
    """The values that say something, each once in whatever case, `most` at most."""
    seen: set[str] = set()
    for value in values:
        if value and value.casefold() not in seen and len(seen) < most:
            seen.add(value.casefold())
            yield value


def _enclosures(found: dict[str, Any], base: str) -> Iterator[Enclosure]:
    """Enclosures, Atom enclosure links and Media RSS contents, each address once."""
    files = [link for link in dict.get(found, "links") or () if link.get("rel") == "enclosure"]
    seen: set[str] = set()
    for file in (*files, *(dict.get(found, "media_content") or ())):
        address = shown(str(file.get("href") or file.get("url") or ""), base)
        if address and address not in seen and len(seen) < MAX_ENCLOSURES:
            seen.add(address)
            length = str(file.get("length") or file.get("filesize") or "")
            yield Enclosure(
                url=address,
                type=plain(str(file.get("type") or "")) or None,
                length=int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None,
            )


def _source(found: dict[str, Any], base: str) -> tuple[str | None, str | None]:
    """Name and address of the declared source: RSS source, atom:source, dc:source."""
    source = dict.get(found, "source")
    if isinstance(source, dict) and source:
        address = dict.get(source, "link") or dict.get(source, "href") or ""
        return plain(str(dict.get(source, "title") or "")) or None, shown(str(address), base)
    declared = str(dict.get(found, "dc_source") or "").strip()
    address = shown(declared, None)
    return (None, address) if address else (plain(declared) or None, None)
