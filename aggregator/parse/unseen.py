"""Only what is new in a document is parsed: items whose bytes the last poll had already are cut out before.

feedparser takes 0.3 ms for an item, most polls that bring anything bring one or two of forty, and a well-formed item's
entry follows from its own bytes and the document's head alone. Of the new ones it gets those that `plain_items` cannot
read. Where anything is in doubt (markup that does not parse, other roots, entities, bases, items that name one
another's ids) the whole document is parsed. A differential test over every document that we have holds this to be
equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from html import escape
from itertools import chain
from xml.parsers import expat

from aggregator.model import ParsedEntry, ParsedFeed, Unreadable
from aggregator.parse.bounds import MOST_ENTRIES, refusal, shortened
from aggregator.parse.encoding import is_utf_8
from aggregator.parse.feed import parse
from aggregator.parse.plain_items import read_items
from aggregator.text.urls import canonical

KEY_BYTES = 8
"""64 bits an item: among the two thousand of one feed a chance meeting is less likely than 1 in 10^12."""
VERSION = b"1"
"""Part of every key: raise it when the parser reads items otherwise, and the next document is read whole."""

ROOTS = {b"rss": b"item", b"feed": b"entry"}
_HEAD = re.compile(
    rb"\A\xef?\xbb?\xbf?\s*(?:<\?xml\s[^>]{0,200}\?>)?\s*(?:<\?xml-stylesheet\s[^>]{0,500}\?>\s*|<!--(?:(?!--).){0,5000}-->\s*)*"
    rb"<(rss|feed)(?=[\s>])",
    re.DOTALL,
)
_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}encoding\s*=\s*["']([A-Za-z0-9._-]+)""")
_PLAIN_ENCODINGS = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})
_DOUBTFUL = (b"<!DOCTYPE", b"<!doctype", b"<!ENTITY", b"xml:base", b"srsName", b"\x00")
_PARTS = {
    name: re.compile(
        rb"<(?:!\[CDATA\[(?:[^\]]++|\](?!\]>))*+\]\]>|!--(?:[^-]++|-(?!->))*+-->"
        rb"|(?P<empty>" + name + rb"(?:\s[^>]*)?/>)|(?P<start>" + name + rb")(?=[\s>])|(?P<end>/" + name + rb"\s*>))",
        re.DOTALL,
    )
    for name in ROOTS.values()
}
"""One `<` before all that may follow it: what stands between is then passed over by a search for that byte alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A document as read: `seen` items of it were known by their bytes and are not among its entries."""

    parsed: ParsedFeed | Unreadable
    seen: int = 0
    keys: bytes = b""
    """What the next reading is to be given; empty where the document cannot be cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A document in pieces: `between` has one more piece than `items`. They are views of it, no copies."""

    items: tuple[memoryview, ...]
    between: tuple[memoryview, ...]

    @property
    def keys(self) -> list[bytes]:
        """The key of each item, in order."""
        return [blake2b(item, digest_size=KEY_BYTES, key=VERSION).digest() for item in self.items]


def parse_unseen(
    body: bytes, seen_keys: bytes, *, content_type: str | None, url: str, now: datetime, max_entries: int
) -> Reading:
    """Read a document without the items whose keys are in `seen_keys`. Never raises."""
    whole = cut(shortened(body), max_entries)
    if whole is None:
        return Reading(parsed=parse(body, content_type=content_type, url=url, now=now, max_entries=max_entries))
    keys, joined = whole.keys, b"".join(whole.keys)
    known = {seen_keys[place : place + KEY_BYTES] for place in range(0, len(seen_keys), KEY_BYTES)}
    fresh = [item for key, item in zip(keys, whole.items, strict=True) if key not in known]
    read = read_items(whole.between[0], fresh, content_type)
    rest = iter(read)
    kept = (b"" if key in known or next(rest) else item for key, item in zip(keys, whole.items, strict=True))
    shorter = b"".join(chain.from_iterable(zip(whole.between, (*kept, b""), strict=True)))
    if len(fresh) < len(whole.items) or any(read):
        kind = content_type if body.isascii() else "application/xml; charset=utf-8"
        parsed = parse(shorter, content_type=kind, url=url, now=now, max_entries=max_entries, read=read)
        left = [item for key, item in zip(keys, whole.items, strict=True) if key in known]
        if isinstance(parsed, ParsedFeed) and len(parsed.entries) == len(fresh) and apart(parsed, left):
            return Reading(parsed=parsed, seen=len(left), keys=joined)
    parsed = parse(body, content_type=content_type, url=url, now=now, max_entries=max_entries)
    return Reading(parsed=parsed, keys=joined)


def cut(body: bytes, most: int = MOST_ENTRIES) -> Cut | None:
    """The document's items and what stands between them.

    None where it is not plain, well-formed RSS 2.0 or Atom, or has more than `most` items.
    """
    head = _HEAD.match(body)
    if head is None or refusal(body) is not None or any(doubt in body for doubt in _DOUBTFUL):
        return None
    if not _is_plain_text(body) or not _is_sound(body):
        return None
    items: list[memoryview] = []
    between: list[memoryview] = []
    view, start, last = memoryview(body), -1, 0
    for part in _PARTS[ROOTS[head[1]]].finditer(body, head.end()):
        if part["empty"] or (part["start"] and (start >= 0 or len(items) == most)):
            return None  # an item without content, within another, or one too many
        if part["start"]:
            start = part.start()
        elif part["end"]:
            between.append(view[last:start])
            items.append(view[start : part.end()])
            start, last = -1, part.end()
    return Cut(items=tuple(items), between=(*between, view[last:])) if items and start < 0 else None


def _is_plain_text(body: bytes) -> bool:
    """Whether the document is UTF-8 and says nothing else of itself."""
    declared = _ENCODING.match(body.lstrip(b"\xef\xbb\xbf\r\n\t "))
    if declared is not None and declared[1].lower() not in _PLAIN_ENCODINGS:
        return False
    return is_utf_8(body)


def _is_sound(body: bytes) -> bool:
    """Whether the whole document is well-formed, as feedparser's strict parser wants it."""
    try:
        expat.ParserCreate(namespace_separator=" ").Parse(body, True)
    except (expat.ExpatError, ValueError):
        return False
    return True


def apart(parsed: ParsedFeed, left: list[memoryview]) -> bool:
    """Whether no entry has to do with an item that was left out: same id, same address, or neither of its own."""
    if not left:
        return True
    others = b"\n".join(left).lower()
    return all(_is_apart(entry, others) for entry in parsed.entries)


def _is_apart(entry: ParsedEntry, others: bytes) -> bool:
    if not entry.guid and not entry.link:
        return False
    address = canonical(entry.link) if entry.link else None
    names = [entry.guid or "", entry.link or "", _last_step(address or "")]
    spelled = [spelling for name in names if name for spelling in (name, escape(name))]
    return not any(name.lower().encode("utf-8", "replace") in others for name in spelled)


def _last_step(address: str) -> str:
    """What tells an address from its site's others: the last step of its path with its query, else all of it."""
    step = address.rstrip("/").rpartition("/")[2]
    return step if len(step) >= len("a.html") else address.partition("://")[2]
