"""What an article page says of itself: canonical address, Open Graph, JSON-LD. Pure, over the page's first bytes.

Everything here is a claim: it is kept for provenance beside what the feed says, and never in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

SEARCHED = 1_000_000
"""Characters of a page that are searched: JSON-LD may stand at its end, past half a megabyte of styles."""
MOST_BLOCKS = 10
LARGEST_BLOCK = 200_000
"""JSON-LD blocks read of one page, and characters of one."""
DEEPEST = 6
"""How deep a JSON-LD graph is searched for the article."""
MOST_AUTHORS = 10
LONGEST_NAME = 200

ARTICLES = re.compile(r"(?:News|Reportage|Opinion|Analysis|Review|Blog|Satirical|Scholarly)?(?:Article|Posting)$")
"""schema.org types that are a text of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageClaims:
    """Claims of one page; addresses are absolute, times aware UTC."""

    canonical: str | None = None
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    publisher: str | None = None
    based_on: str | None = None
    """schema.org `isBasedOn`: the work that this one is made from."""


NO_CLAIMS = PageClaims()


@dataclass(slots=True)
class _Found:
    """What the reader meets on its way."""

    canonical: str | None = None
    meta: dict[str, str] = field(default_factory=dict)
    blocks: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects link, meta and JSON-LD elements of one page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found, self._in_block = _Found(), False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See each start tag."""
        values = {name: (value or "").strip() for name, value in attrs}
        if tag == "link" and "canonical" in values.get("rel", "").lower().split():
            self.found.canonical = self.found.canonical or values.get("href")
        elif tag == "meta":
            self.found.meta.setdefault(
                (values.get("property") or values.get("name", "")).lower(), values.get("content", "")
            )
        elif tag == "script" and values.get("type", "").lower() == "application/ld+json":
            self._in_block = len(self.found.blocks) < MOST_BLOCKS
            if self._in_block:
                self.found.blocks.append("")

    def handle_data(self, data: str) -> None:
        """Collect the text of a JSON-LD block."""
        if self._in_block and len(self.found.blocks[-1]) + len(data) <= LARGEST_BLOCK:
            self.found.blocks[-1] += data

    def handle_endtag(self, tag: str) -> None:
        """End a JSON-LD block."""
        if tag == "script":
            self._in_block = False


def page_claims(body: bytes, url: str) -> PageClaims:
    """The claims of the page at `url`; what cannot be read is left out. Never raises."""
    reader = _Reader()
    reader.feed(body.decode("utf-8", "replace")[:SEARCHED])
    found = reader.found
    claims = PageClaims(
        canonical=_address(found.canonical or found.meta.get("og:url"), url),
        published=_moment(found.meta.get("article:published_time")),
        authors=_names(found.meta.get("author")),
        publisher=_name(found.meta.get("og:site_name")),
    )
    for block in found.blocks:
        for node in _articles(_json(block), DEEPEST):
            return _with_node(claims, node, url)
    return claims


def _with_node(claims: PageClaims, node: dict[str, Any], url: str) -> PageClaims:
    """The claims with those of the page's JSON-LD article, which are the more exact ones."""
    based_on = node.get("isBasedOn") or node.get("isBasedOnUrl")
    return replace(
        claims,
        published=_moment(node.get("datePublished")) or claims.published,
        authors=_names(node.get("author")) or claims.authors,
        publisher=_name(node.get("publisher")) or claims.publisher,
        based_on=_address(_link(based_on), url),
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _articles(node: Any, depth: int) -> Iterator[dict[str, Any]]:
    """The article nodes of a JSON-LD value, outermost first."""
    if depth == 0:
        return
    if isinstance(node, list):
        for item in node[:100]:
            yield from _articles(item, depth - 1)
    elif isinstance(node, dict):
        kinds = node.get("@type")
        names = kinds if isinstance(kinds, list) else [kinds]
        if any(isinstance(name, str) and ARTICLES.search(name) for name in names):
            yield node
        yield from _articles(node.get("@graph"), depth - 1)


def _link(value: Any) -> str | None:
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        first = first.get("url") or first.get("@id")
    return first if isinstance(first, str) else None


def _address(text: str | None, base: str) -> str | None:
    """An absolute web address; words with blanks between them are none, however they could be joined to the page's."""
    written = (text or "").split()
    try:
        url = urljoin(base, written[0]) if len(written) == 1 else ""
        return url if urlsplit(url).scheme in {"http", "https"} else None
    except ValueError:
        return None


def _name(value: Any) -> str | None:
    named = value.get("name") if isinstance(value, dict) else value
    text = " ".join(named.split())[:LONGEST_NAME] if isinstance(named, str) else ""
    return text if text and not text.startswith(("http://", "https://")) else None


def _names(value: Any) -> tuple[str, ...]:
    found = (_name(item) for item in (value if isinstance(value, list) else [value])[:MOST_AUTHORS])
    return tuple(dict.fromkeys(name for name in found if name))


def _moment(value: Any) -> datetime | None:
    """An ISO 8601 time with a zone; one without could mean any of 38."""
    try:
        moment = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
