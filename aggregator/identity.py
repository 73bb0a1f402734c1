"""Which entry is which: the key of each parsed item within its feed. Pure.

guid -> link -> hash of title and content; nothing else, and never the dates, which publishers bump.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from hashlib import blake2b

from aggregator.model import ParsedEntry, ParsedFeed
from aggregator.text.urls import canonical, shown

HASH_BYTES = 16
"""128 bits: no two items of one feed collide by chance."""

LONGEST_GUID = 1000
"""Characters of a guid that are kept; longer ones are replaced by their hash (one feed puts whole articles there)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A parsed entry with what it may be known by: ask the store for entries with any of `guids` or this `url`."""

    guid: str
    """Its key within its feed."""
    guids: tuple[str, ...]
    """`guid` first, then other spellings of it."""
    url: str | None
    """The canonical form of the link."""
    entry: ParsedEntry


def identify(parsed: ParsedFeed) -> tuple[Item, ...]:
    """Each entry with its key: guid, else link, else a hash of title and content; document order, no key twice.

    Entries that share a guid are told apart by link and title; of those the same in all three the first stands.
    """
    count = Counter(_own_key(entry) for entry in parsed.entries)
    shared = {key for key, times in count.items() if times > 1}
    items: dict[str, Item] = {}
    for entry in parsed.entries:
        item = _item(entry, shared, parsed.link)
        items.setdefault(item.guid, item)
    return tuple(items.values())


def _hash(*parts: str) -> str:
    return blake2b("\x00".join(parts).encode("utf-8", "replace"), digest_size=HASH_BYTES).hexdigest()


def _bounded(key: str) -> str:
    return key if len(key) <= LONGEST_GUID else f"hash:{_hash(key)}"


def _own_key(entry: ParsedEntry) -> str:
    """The entry's key by itself: guid, link, or a hash of what it says (dates left out: they are bumped)."""
    given = (entry.guid or "").strip() or (entry.link or "").strip()
    return _bounded(given) if given else f"hash:{_hash(entry.title, entry.html or entry.summary)}"


def _item(entry: ParsedEntry, shared: set[str], base: str | None) -> Item:
    own = _own_key(entry)
    address = shown(entry.link, base) if entry.link else None
    url = canonical(address) if address else None
    guid = own
    if own in shared:
        guid = f"{own}#{_hash(url or entry.html or entry.summary, entry.title)}"
    return Item(guid=guid, guids=(guid, *_spellings(guid)), url=url, entry=entry)


def _spellings(guid: str) -> tuple[str, ...]:
    """The same address under the other scheme: sites that move to https change every guid (feedbin/support#515)."""
    if guid.startswith("http://"):
        return ("https://" + guid[7:],)
    return ("http://" + guid[8:],) if guid.startswith("https://") else ()
