"""Which items of a document are new, and which are edits of entries already known. Pure.

An item is the entry that `identity` says it is, else one at the same address that says the same; what a reader cannot
see (bumped dates, tracking parameters) is no edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from itertools import chain

from aggregator.identity import Item, identify
from aggregator.model import Enclosure, Entry, Feed, ParsedEntry, ParsedFeed
from aggregator.text import html, labels
from aggregator.text.outlets import OutletBook, outlet_domain
from aggregator.text.urls import shown

DIGEST_BYTES = 16
"""128 bits: no two versions of one feed's entries collide by chance; forging one only hides the forger's own edit."""


def compare(
    feed: Feed,
    parsed: ParsedFeed,
    known: Sequence[Entry],
    book: OutletBook,
    now: datetime,
    items: Sequence[Item] = (),
) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """(new entries, changed entries with their ids), in document order. `items`: what `identify` makes of `parsed`."""
    shelf = _Shelf(known)
    new: list[Entry] = []
    changed: list[Entry] = []
    for item in items or identify(parsed):
        made = _entry(feed, parsed, item, shelf.by_guid.get(item.guid), book, now)
        old = shelf.take(item, made)
        if old is None:
            new.append(made)
        elif old.digest != made.digest:
            changed.append(_revised(old, made))
    return tuple(new), tuple(changed)


class _Shelf:
    """The known entries of the feed, each to be taken once."""

    def __init__(self, known: Sequence[Entry]) -> None:
        self.by_guid = {entry.guid: entry for entry in known}
        self._by_url: dict[str, list[Entry]] = {}
        for entry in known:
            self._by_url.setdefault(entry.url or "", []).append(entry)
        self._taken: set[str] = set()

    def take(self, item: Item, made: Entry) -> Entry | None:
        """The entry that `item` is: by guid in any spelling, else the same address with the same title or text.

        Without an address the claimed time must be the same, too: an alarm says the same words each time that it rings.
        """
        named = (self.by_guid.get(guid) for guid in item.guids)
        placed = (
            old
            for old in self._by_url.get(item.url or "", ())
            if (item.url or old.published == made.published) and _says_the_same(old, made)
        )
        found = next((old for old in chain(named, placed) if old is not None and old.guid not in self._taken), None)
        if found is not None:
            self._taken.add(found.guid)
        return found


def own_text(entry: Entry) -> str:
    """The text that the feed gave, also where the article's page gave a fuller one."""
    return entry.text if entry.feed_text is None else entry.feed_text


def _says_the_same(old: Entry, made: Entry) -> bool:
    """The same title or the same text; without an address both. A purged entry only has its digest left."""
    title = bool(made.title) and old.title == made.title
    text = bool(made.text) and own_text(old) == made.text
    words = (title or text) if made.url else (title or not made.title) and text
    return words or (bool(made.title or made.text) and old.digest == made.digest)


def _entry(feed: Feed, parsed: ParsedFeed, item: Item, old: Entry | None, book: OutletBook, now: datetime) -> Entry:
    """The item as an entry not stored yet."""
    given = item.entry
    address = shown(given.link, parsed.link or feed.url) if given.link else None
    read = _words(given, address or feed.url, old)
    title, authors = html.plain(given.title), tuple(html.plain(author) for author in given.authors)
    files = _enclosures(given)
    named = [part for file in files for part in (file.url, file.type or "")]
    source = (given.source_name or "", given.source_url or "")
    return Entry(
        feed_id=feed.id,
        outlet=_outlet(feed, address, parsed.link, book),
        guid=item.guid,
        link=given.link,
        url=item.url,
        title=title,
        authors=authors,
        published=given.published or given.updated,
        updated=given.updated,
        first_seen=now,
        language=given.language or read.language or parsed.language or feed.language,
        tags=read.tags,
        enclosures=files,
        html=given.html,
        summary=given.summary,
        text=read.text,
        source_name=given.source_name,
        source_url=given.source_url,
        digest=_digest((title,), (read.text,), (item.url or given.link or "",), authors, read.tags, named, source),
    )


def _outlet(feed: Feed, address: str | None, home: str | None, book: OutletBook) -> str:
    """Who publishes the entry: the outlet that the config gives the feed, by its name there, else the link's."""
    if feed.outlet is not None:
        return book.resolve(feed.outlet) or feed.outlet
    return book.outlet_of(address, outlet_domain(feed.url) or feed.url, home)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What an item's body says."""

    text: str
    language: str | None
    tags: tuple[str, ...]


def _words(given: ParsedEntry, base: str, old: Entry | None) -> _Words:
    """Text and tags of an item; those of an unchanged body are taken over, not extracted again."""
    tags = tuple(html.plain(tag) for tag in given.tags)
    if old is not None and (old.html, old.summary, old.link) == (given.html, given.summary, given.link):
        known = old.tags if set(tags) <= set(old.tags) else labels.distinct((*tags, *old.tags))
        return _Words(text=own_text(old), language=old.language, tags=known)
    found = html.extract(given.html or given.summary, base)
    links = [(link.start, link.end) for link in found.links]
    said = labels.labelled_tags(found.text, links)
    return _Words(text=found.text, language=found.language, tags=labels.distinct((*tags, *said)))


def _enclosures(given: ParsedEntry) -> tuple[Enclosure, ...]:
    """The declared files, then audio and video that the body names."""
    declared = {file.url for file in given.enclosures}
    named = labels.media_addresses(given.html or given.summary)
    more = tuple(Enclosure(url=url, type=kind) for url, kind in named if url not in declared)
    return (*given.enclosures, *more)


def _digest(*seen: Sequence[str]) -> bytes:
    """A hash of what a reader can see.

    A bumped date is no edit, and the address counts in its canonical form: tracking parameters turn with every poll.
    """
    written = "\x01".join(map("\x00".join, seen))
    return blake2b(written.encode("utf-8", "replace"), digest_size=DIGEST_BYTES).digest()


def _first_claim(old: Entry, made: Entry) -> datetime | None:
    """The claimed time of an edited entry: an Atom entry that only has `updated` keeps the claim that it came with."""
    return old.published if made.published in (None, made.updated) and old.published else made.published


def _revised(old: Entry, made: Entry) -> Entry:
    """The known entry with its new words: identity, first sighting and piece stay.

    So does the page's text while the feed's is the same: its page was asked for this text already.
    """
    if old.feed_text is not None and old.feed_text == made.text:
        made = replace(made, text=old.text, feed_text=old.feed_text, authors=made.authors or old.authors)
        named, address = made.source_name or old.source_name, made.source_url or old.source_url
        made = replace(made, source_name=named, source_url=address, publisher=old.publisher)
    return replace(
        made,
        id=old.id,
        guid=old.guid,
        first_seen=old.first_seen,
        published=_first_claim(old, made),
        revisions=old.revisions + 1,
        piece_id=old.piece_id,
    )
